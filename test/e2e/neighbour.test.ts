// SPDX-License-Identifier: Apache-2.0
// The tests look at what is ours: a neighbour's interfaces, namespaces and processes come and go meanwhile.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { cannotMeasure, root, suite, traces, until } from './machine.ts';

suite('what the tests compare', cannotMeasure, () => {
  it('is the same while a neighbour adds and removes things of its own', { timeout: 60_000 }, async () => {
    const before = traces();
    const disturber = spawn(join(root, 'test/fixtures/disturber.sh'), ['cat'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const theirs = () => readdirSync('/sys/class/net').some((name) => name.startsWith('str'));
    for (let round = 0; round < 3; round += 1) {
      await until(theirs);
      assert.deepEqual(traces(), before);
      await until(() => !theirs());
      assert.deepEqual(traces(), before);
    }
    disturber.stdin.end();
    await once(disturber, 'close');
    assert.ok(!theirs(), 'and the neighbour is gone');
  });
  it('tells what is ours', () => {
    const before = traces();
    execFileSync('ip', ['netns', 'add', 'vswt-trace']);
    try {
      assert.notDeepEqual(traces(), before);
    } finally {
      execFileSync('ip', ['netns', 'delete', 'vswt-trace']);
    }
    assert.deepEqual(traces(), before);
  });
});
