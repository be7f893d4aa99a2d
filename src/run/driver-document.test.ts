// SPDX-License-Identifier: Apache-2.0
// What docs/adding-a-switch.md says of the guard and of the kit is what there is.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { CALL_LIMITS_MS } from './driver-call.ts';

const root = resolve(import.meta.dirname, '../..');
const document = readFileSync(resolve(root, 'docs/adding-a-switch.md'), 'utf8');

describe('the document on adding a switch', () => {
  it('tells how long each call may take', () => {
    const { start, probe, connect, ...others } = CALL_LIMITS_MS;
    assert.equal(probe, connect);
    const [other, ...different] = new Set<number>(Object.values(others));
    assert.deepEqual(different, []);
    const limits = [start, probe, other ?? 0].map((ms) => `${ms / 1000} s`);
    const told = /`start` after (\d+ s),\s+`probe` and `connect` after (\d+ s), all others after (\d+ s)/.exec(
      document,
    );
    assert.deepEqual(told?.slice(1), limits);
  });
  it('tells what each file of the kit is for, and of none that is not there', () => {
    const files = readdirSync(resolve(root, 'src/switches/kit')).filter((name) => !name.endsWith('.test.ts'));
    const rows = document.split('\n').filter((line) => line.startsWith('| `'));
    const told = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+\.ts)`/g)].map(([, name]) => name),
    );
    assert.deepEqual(told.sort(), files.sort());
  });
});
