// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host.ts';

/** The kernel's own id of this boot of it, which all namespaces of a machine share; null where it is not to be read. */
export async function bootIdOf(host: Host): Promise<string | null> {
  return (await host.read('/proc/sys/kernel/random/boot_id'))?.trim() ?? null;
}
