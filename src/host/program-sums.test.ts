// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { localHost } from './local.ts';
import { programSums } from './program-sums.ts';

it('programs are told by their bytes, and one that is not there is left out', async () => {
  const own = process.execPath;
  const sum = createHash('sha256').update(readFileSync(own)).digest('hex');
  assert.deepEqual([...(await programSums(localHost, ['/nowhere/program', own]))], [[own, sum]]);
  assert.equal((await programSums(localHost, [])).size, 0);
});
