// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../host/host.ts';

/** Asks for the kernel threads that forward where softirq work is too much to be done at once: once, for they live as long as their CPUs. */
export function ksoftirqds(host: Host): () => Promise<number[]> {
  let known: Promise<number[]> | undefined;
  return () => {
    known ??= look(host);
    return known;
  };
}

async function look(host: Host): Promise<number[]> {
  const found = await host.run(['pgrep', '-x', 'ksoftirqd/[0-9]+']);
  return found.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
