// SPDX-License-Identifier: Apache-2.0
import type { SweepOptions } from './commands/sweep.ts';
import { CliError, EXIT } from './errors.ts';
import { run } from './run.ts';

/** Measures throughput over the number of flows: a run with that grid, whose summary names the steps. Throws CliError. */
export async function sweepFlows({ from, to, step, ...options }: SweepOptions): Promise<void> {
  await run(undefined, { ...options, ...gridOf(from, to, step, options) });
}

/** The options of the run that a sweep is. Throws CliError for what contradicts it. */
export function gridOf(
  from: string,
  to: string,
  step: string,
  { dimension, flows }: Record<string, unknown>,
): { dimension: string; flows: string } {
  if (flows !== undefined) {
    throw new CliError(EXIT.usage, "sweep flows has a grid of its own: leave out --flows, or call 'vswbench run'");
  }
  if (dimension !== undefined && dimension !== 'throughput') {
    throw new CliError(EXIT.usage, "sweep flows measures throughput: leave out -D, or call 'vswbench run -D latency'");
  }
  if (!step.startsWith('x')) {
    throw new CliError(EXIT.usage, `--step ${step} is not a factor above 1, as x2 or x1.41`);
  }
  return { dimension: 'throughput', flows: `${from}..${to}/${step}` };
}
