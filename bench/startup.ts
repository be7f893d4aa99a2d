// SPDX-License-Identifier: Apache-2.0
// How long what measures nothing takes, as a multiple of Node.js itself with an empty program.
//
//     node bench/startup.ts
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const LIMIT = 3;
const REPETITIONS = 21;
const vswbench = resolve(import.meta.dirname, '../bin/vswbench');
const COMMANDS = [['--version'], ['--help'], ['run', '--nosuch'], ['run', '--help']];

/** Side by side in each repetition, so that a machine that becomes slower does so for both. */
function repetition(): number[] {
  const bareMs = timeMs(process.execPath, ['-e', '0']);
  return COMMANDS.map((args) => timeMs(vswbench, args) / bareMs);
}

function timeMs(program: string, args: readonly string[]): number {
  const beganMs = performance.now();
  spawnSync(program, args, { stdio: 'ignore' });
  return performance.now() - beganMs;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

// The first start compiles, and is not what a user waits for each time.
repetition();
const ratios = Array.from({ length: REPETITIONS }, repetition);
for (const [index, args] of COMMANDS.entries()) {
  const ratio = medianOf(ratios.map((row) => row[index] ?? Number.NaN));
  const verdict = ratio <= LIMIT ? 'kept' : 'BROKEN';
  console.log(`vswbench ${args.join(' ')}: ${ratio.toFixed(1)} times node -e 0 (at most ${LIMIT}): ${verdict}`);
  if (ratio > LIMIT) process.exitCode = 1;
}
