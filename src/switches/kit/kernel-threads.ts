// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../host/host.ts';

/** Kernel threads that forward where softirq work is too much to be done at once. */
export async function ksoftirqds(host: Host): Promise<number[]> {
  const found = await host.run(['pgrep', '-x', 'ksoftirqd/[0-9]+']);
  return found.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
