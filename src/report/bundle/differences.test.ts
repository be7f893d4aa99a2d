// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvDifferences, jsonDifferences, textDifferences } from './differences.ts';

const same = { sameProgram: true };
const other = { sameProgram: false };

describe('what differs is named', () => {
  it('in JSON by its path, with old value and new', () => {
    const told = JSON.stringify({ results: [{ summary: { median: 2 } }], a: 1 });
    const derived = JSON.stringify({ results: [{ summary: { median: 3 } }], a: 1 });
    assert.deepEqual(jsonDifferences('d', told, derived, same), [
      { file: 'd', where: 'results[0].summary.median', told: '2', derived: '3' },
    ]);
    assert.deepEqual(jsonDifferences('d', told, told, same), []);
    assert.equal(jsonDifferences('d', '{', '{}', same)[0]?.told, 'not JSON');
    assert.equal(jsonDifferences('d', '{"a":1}', '{"a": 1}', same)[0]?.where, 'spaces or order');
  });

  it('of another program without what only one of them has, and without the last bit', () => {
    const told = JSON.stringify({ a: 0.1 + 0.2, old: 1, count: 10 });
    const derived = JSON.stringify({ a: 0.3, added: 2, count: 10 });
    assert.deepEqual(jsonDifferences('d', told, derived, other), []);
    assert.equal(jsonDifferences('d', told, derived, same).length, 3);
    assert.equal(jsonDifferences('d', '{"n":9007199254740000}', '{"n":9007199254740001}', other).length, 1);
    assert.equal(jsonDifferences('d', '[1]', '[1,2]', other).length, 1);
  });

  it('in CSV by case, round and column', () => {
    const head = 'case_index,round,reason,pps\r\n';
    const told = `${head}0,1,"a, ""b""",1.5\r\n0,2,,2\r\n`;
    assert.deepEqual(csvDifferences('t', told, `${head}0,1,"a, ""b""",1.5\r\n0,2,,3\r\n`, same), [
      { file: 't', where: 'case 0, round 2, row 2: pps', told: '2', derived: '3' },
    ]);
    assert.equal(
      csvDifferences('t', told, `${head}0,1,"a, b",1.5\r\n0,2,,2\r\n`, same)[0]?.where,
      'case 0, round 1, row 1: reason',
    );
    assert.equal(csvDifferences('t', told, `${head}0,1,"a, ""b""",1.5\r\n`, same)[0]?.derived, null);
    assert.equal(csvDifferences('t', told, told.replaceAll('\r', ''), same)[0]?.where, 'how it is written');
    const more = 'case_index,pps,added\r\n0,1.5,x\r\n0,2,y\r\n';
    assert.deepEqual(csvDifferences('t', told, more, other), []);
  });

  it('on a page by its piece', () => {
    assert.deepEqual(textDifferences('p', '<b>1</b><i>2</i>', '<b>1</b><i>3</i>'), [
      { file: 'p', where: 'piece 5', told: '2', derived: '3' },
    ]);
    assert.equal(textDifferences('p', 'a', 'a\nb').length, 1);
  });
});
