// SPDX-License-Identifier: Apache-2.0
// Hugepages of 2 MiB: reserved as far as none are free, and given back.
import { type Host, HostError, type UndoStack } from './host.ts';

export const HUGEPAGE_BYTES = 2 * 1024 * 1024;

/** What one process is going to take. */
export interface HugepageNeed {
  /** NUMA node of the CPU that it runs on. */
  node: number;
  bytes: number;
}

/**
 * Makes sure that so many hugepages are free on their nodes. What has to be added is journaled first and taken away again by its
 * undo; pages that the host had reserved stay. Throws HostError where the kernel has none, no room, or forbids it.
 */
export async function reserveHugepages(host: Host, undo: UndoStack, needs: readonly HugepageNeed[]): Promise<void> {
  for (const [node, group] of Map.groupBy(needs, (need) => need.node)) {
    const pages = group.reduce((sum, { bytes }) => sum + Math.ceil(bytes / HUGEPAGE_BYTES), 0);
    if (pages > 0) await reserve(host, undo, await folderOf(host, node), pages);
  }
}

/** Of the node; of the whole machine where the kernel knows no nodes. */
async function folderOf(host: Host, node: number): Promise<string> {
  const ofNode = `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB`;
  if ((await host.read(`${ofNode}/nr_hugepages`)) !== null) return ofNode;
  const whole = '/sys/kernel/mm/hugepages/hugepages-2048kB';
  if ((await host.read(`${whole}/nr_hugepages`)) !== null) return whole;
  throw new HostError('the kernel has no hugepages of 2 MiB: use one with CONFIG_HUGETLBFS');
}

async function reserve(host: Host, undo: UndoStack, folder: string, pages: number): Promise<void> {
  const count = async (name: string) => Number((await host.read(`${folder}/${name}`)) ?? 0);
  const missing = pages - (await count('free_hugepages'));
  if (missing <= 0) return;
  const had = await count('nr_hugepages');
  await undo.push({ kind: 'restore-knob', path: `${folder}/nr_hugepages`, value: String(had) });
  await host.write(`${folder}/nr_hugepages`, String(had + missing)).catch((error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(
      `${pages} free hugepages of 2 MiB are needed and may not be reserved here (${error.message}): have the host reserve them (sysctl vm.nr_hugepages=${had + missing})`,
    );
  });
  // The kernel takes as many as it finds memory for, and says nothing.
  const got = await count('nr_hugepages');
  if (got < had + missing) {
    throw new HostError(
      `there is room for ${got - had} of ${missing} more hugepages of 2 MiB: free memory, or reserve them at boot (hugepages=${had + missing} on the kernel's command line)`,
    );
  }
}
