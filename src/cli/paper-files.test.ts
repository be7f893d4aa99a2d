// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pointsOf } from '../stats/panel-points.ts';
import { readPaper } from './paper-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'vswbench-papers-'));
after(() => rmSync(folder, { recursive: true }));

/** The error of a claims file, without the folder. */
function refusal(text: string): string {
  const path = join(folder, 'claims.yaml');
  writeFileSync(path, text);
  try {
    readPaper('ara2021', path);
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : '';
  }
  return 'taken';
}

const HEAD = 'citation: A paper\nclaims:\n';
const VALUE = '  - { id: a, says: b, from: c, kind: value, figure: packets, between: [0, 1] }\n';

describe('the papers that come with it', () => {
  it('have claims of which each names its place', () => {
    const ara = readPaper('ara2021', undefined);
    assert.ok(ara.claims.claims.length >= 15);
    for (const { id, from } of ara.claims.claims) assert.match(from, /^section 4\.\d/, id);
    assert.ok(readPaper('zhang2019', undefined).claims.claims.length >= 8);
  });
  it('have panels that are campaigns, as published and quick', () => {
    const { paper } = readPaper('ara2021', undefined);
    for (const panel of paper?.panels ?? []) assert.equal(pointsOf(panel).ok, true, panel.id);
    const figures = paper?.panels.map(({ id }) => id).filter((id) => id !== 'bursts');
    assert.deepEqual(figures, [
      'table-2',
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `figure-4${letter}`),
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `figure-5${letter}`),
      'figure-6',
    ]);
  });
  it('are named where another one is asked for', () => {
    assert.throws(
      () => readPaper('smith1999', undefined),
      /no paper 'smith1999': give one of ara2021, zhang2019, or a folder/,
    );
  });
});

describe('claims of one’s own', () => {
  it('are taken', () => assert.equal(refusal(HEAD + VALUE), 'taken'));
  it('an unknown key is named with its line', () => {
    assert.match(
      refusal(`${HEAD}${VALUE}  - { id: d, says: b, from: c, kind: beyond, needs: x, nedds: y }\n`),
      /^claims\.yaml:4: claims\.1: unknown key 'nedds'; docs\/claims\.md/,
    );
  });
  it('so is a parameter that there is not', () => {
    assert.match(
      refusal(`${HEAD}${VALUE.replace('between', 'cases: { size: 64 }, between')}`),
      /^claims\.yaml:3: claims\.0\.cases: unknown key 'size'/,
    );
  });
  it('a value that is missing, a kind that there is not, and bounds the wrong way round', () => {
    assert.match(
      refusal(`${HEAD}  - id: a\n    kind: beyond\n    says: b\n    needs: c\n`),
      /^claims\.yaml:3: claims\.0\.from: give a string/,
    );
    assert.match(
      refusal(`${HEAD}  - id: a\n    kind: bigger\n`),
      /^claims\.yaml:4: claims\.0\.kind: there is no such kind/,
    );
    assert.match(
      refusal(HEAD + VALUE.replace('[0, 1]', '[1, 0]')),
      /claims\.0\.between: the first bound is the lower one/,
    );
  });
  it('an id that is there twice', () => {
    assert.match(refusal(HEAD + VALUE + VALUE), /^claims\.yaml:4: claims\.1\.id: 'a' is there twice/);
  });
  it('what is no YAML', () => assert.match(refusal('claims: [\n'), /^claims\.yaml:2: not YAML: /));
  it('a file that is not there', () => {
    assert.throws(() => readPaper('ara2021', join(folder, 'none.yaml')), /cannot read the claims .*none\.yaml: ENOENT/);
  });
});
