// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command } from 'commander';
import { declare, type RunOptions } from './commands/run.ts';
import { EXIT } from './errors.ts';
import { namedBy } from './shard.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/engines.md', root), 'utf8');

/** What the engines put in place of their variables. */
function filled(line: string): string {
  return line
    .replace(/\$SHARD|\$CI_NODE_INDEX|\$SLURM_ARRAY_TASK_ID|\$\{\{ matrix\.shard \}\}/g, '2')
    .replace('$CI_NODE_TOTAL', '3')
    .replace(/\$\{\{ github\.\w+ \}\}|\$(SLURM_ARRAY_JOB_ID|CI_PIPELINE_ID|BUILD_NUMBER)/g, '4711');
}

test('each engine of the page runs a shard of a campaign that there is, under the number of its run', () => {
  const lines = [...page.matchAll(/vswbench run (campaigns.*?)'?$/gm)].map(([, line = '']) => filled(line));
  assert.equal(lines.length, 5);
  for (const line of lines) {
    const command = new Command('run');
    declare(command);
    const { operands, unknown } = command.parseOptions(line.split(' '));
    assert.deepEqual(unknown, [], line);
    assert.equal(operands.length, 1, line);
    assert.equal(existsSync(new URL(operands[0] ?? '', root)), true, line);
    const { id, shard } = namedBy(command.opts<RunOptions>(), { seed: null, precision: null });
    assert.deepEqual(shard, { index: 2, count: 3 }, line);
    assert.match(id ?? '', /^[a-z]+-\d+/);
  }
});

test('the page has the exit codes that there are', () => {
  const told = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(
    told,
    Object.values(EXIT).sort((a, b) => a - b),
  );
});
