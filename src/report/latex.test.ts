// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeLatex, latexComment, paged } from './latex.ts';

test('each character that means something to LaTeX stands for itself', () => {
  const told: Record<string, string> = {
    '\\%': '\\textbackslash{}\\%',
    'a_b & c #1 {x} $y^2$ ~': 'a\\_b \\& c \\#1 \\{x\\} \\$y\\textasciicircum{}2\\$ \\textasciitilde{}',
    '99 %': '99\\,\\%',
    '[1]*': '{[}1{]}{*}',
    'udp--x - y': 'udp-{}-x - y',
    '994.5 – 997.7 ± 1 ≥ 2 µs −3': '994.5 -- 997.7 $\\pm$ 1 $\\geq$ 2 $\\mu$s $-$3',
    'Zürich, Škoda, façade, Æ': 'Z\\"{u}rich, \\v{S}koda, fa\\c{c}ade, \\AE{}',
    'e\u0301': "\\'{e}",
    // No font of LaTeX's own has these.
    '日本 ☃': '{[}U+65E5{]}{[}U+672C{]} {[}U+2603{]}',
    'x\u0000\ny': 'x y',
  };
  for (const [text, escaped] of Object.entries(told)) assert.equal(escapeLatex(text), escaped);
});

test('a comment is one line, whatever is in it', () => {
  assert.equal(latexComment('a\nb\r\\input{c}'), '% a b \\input{c}');
});

test('rows fill a page, and a body goes over to the next where that lets it stay whole', () => {
  const bodyOf = (rows: number) => Array.from({ length: rows }, (_, row) => row);
  const told = (...rows: number[]) => paged(rows.map(bodyOf)).map((page) => page.map(({ length }) => length));
  assert.deepEqual(told(20, 20, 20), [[20, 20], [20]]);
  assert.deepEqual(told(100), [[42], [42], [16]]);
  assert.deepEqual(told(30, 44, 1), [[30], [42], [2, 1]]);
});
