// SPDX-License-Identifier: Apache-2.0
// Where the program of a switch is that no distribution packages: built by hand, it may lie anywhere.
import type { Host } from '../../host/host.ts';

export interface ProgramName {
  /** As it is found on the PATH. */
  name: string;
  /** Environment variable that gives its path where it is not on the PATH. */
  variable: string;
}

/**
 * Path of a program on a host; null where there is none. The variable of that host's own environment goes before the PATH,
 * and its path is returned as it is: whether that can be run shows when it is asked for its version.
 */
export async function findProgram(host: Host, { name, variable }: ProgramName): Promise<string | null> {
  const named = (await host.run(['printenv', variable])).stdout.trim();
  if (named !== '') return named;
  // POSIX has no program for it: `which` is missing on some distributions.
  const found = await host.run(['sh', '-c', 'command -v "$0"', name]);
  const path = found.stdout.trim();
  return found.exitCode === 0 && path.startsWith('/') ? path : null;
}
