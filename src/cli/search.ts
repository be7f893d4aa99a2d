// SPDX-License-Identifier: Apache-2.0
import type { RunOptions } from './commands/run.ts';
import { CliError, EXIT } from './errors.ts';
import { run } from './run.ts';

/** Trials as FD.io's CSIT has them, of which one search needs many: one search is an answer with bounds. */
const DEFAULTS = { warmup: '100ms', duration: '1s', trials: '1' } as const;

/** Searches for the highest rates: a run with that dimension. Throws CliError. */
export async function searchCapacity(options: RunOptions): Promise<void> {
  await run(undefined, searchOptions(options));
}

/** The options of the run that a search is. Throws CliError for what contradicts it. */
export function searchOptions<Options extends Record<string, unknown>>(
  options: Options,
): Options & typeof DEFAULTS & { dimension: string } {
  const { dimension } = options;
  if (dimension !== undefined && dimension !== 'capacity') {
    throw new CliError(EXIT.usage, "search measures capacity: leave out -D, or call 'vswbench run'");
  }
  return { ...DEFAULTS, ...options, dimension: 'capacity' };
}
