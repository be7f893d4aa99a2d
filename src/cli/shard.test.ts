// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CliError } from './errors.ts';
import { namedBy } from './shard.ts';

const FREE = { seed: null, precision: null };

it('a name is one that every command finds the campaign by', () => {
  for (const as of ['nightly-217', 'v1.2_a', 'db', 'zip.1']) assert.equal(namedBy({ as }, FREE).id, as);
  for (const as of ['', 'latest', 'a/b', '-x', 'run.db', 'run.zip', 'a'.repeat(65)]) {
    assert.throws(() => namedBy({ as }, FREE), CliError, as);
  }
});
