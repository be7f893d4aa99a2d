// SPDX-License-Identifier: Apache-2.0
// Hugepages of 2 MiB: reserved as far as none are free, and given back. Those of other sizes are somebody else's, and stay.
import { groupsOf, topGroups } from './control-groups.ts';
import { type Host, HostError, type UndoStack } from './host.ts';

export const HUGEPAGE_BYTES = 2 * 1024 * 1024;
const MIB = 1024 * 1024;

const MACHINE = '/sys/kernel/mm/hugepages';
const OURS = 'hugepages-2048kB';

/** What one process is going to take. */
export interface HugepageNeed {
  /** NUMA node of the CPU that it runs on. */
  node: number;
  bytes: number;
  /** It runs in a container, and not in the control group that we are in. */
  inContainer: boolean;
}

/**
 * Makes sure that so many hugepages are free on their nodes, and that control groups let us have them. What has to be added is journaled first and
 * taken away again by its undo; pages that the host had reserved stay. Throws HostError where the kernel has none, no room, or forbids it.
 */
export async function reserveHugepages(host: Host, undo: UndoStack, needs: readonly HugepageNeed[]): Promise<void> {
  const taking = needs.filter(({ bytes }) => bytes > 0);
  if (taking.length === 0) return;
  await requireAllowed(host, taking);
  for (const [node, group] of Map.groupBy(taking, (need) => need.node)) {
    const pages = group.reduce((sum, { bytes }) => sum + Math.ceil(bytes / HUGEPAGE_BYTES), 0);
    await reserve(host, undo, await folderOf(host, node), pages);
  }
}

/** Of the node; of the whole machine where the kernel knows no nodes, or the node has no memory. */
async function folderOf(host: Host, node: number): Promise<string> {
  const ofNode = `/sys/devices/system/node/node${node}/hugepages/${OURS}`;
  if ((await host.read(`${ofNode}/nr_hugepages`)) !== null) return ofNode;
  const whole = `${MACHINE}/${OURS}`;
  if ((await host.read(`${whole}/nr_hugepages`)) !== null) return whole;
  throw new HostError('the kernel has no hugepages of 2 MiB: use one with CONFIG_HUGETLBFS');
}

async function reserve(host: Host, undo: UndoStack, folder: string, pages: number): Promise<void> {
  const count = (name: string) => countIn(host, folder, name);
  // Of the free ones some are promised to who has not touched them yet, as a virtual machine's memory; the kernel does not say on which node.
  const promised = await countIn(host, `${MACHINE}/${OURS}`, 'resv_hugepages');
  const missing = pages - Math.max(0, (await count('free_hugepages')) - promised);
  if (missing <= 0) return;
  const had = await count('nr_hugepages');
  // What was lent beyond what is reserved counts among the pages, and becomes reserved by writing (Documentation/admin-guide/mm/hugetlbpage.rst).
  const lent = await count('surplus_hugepages');
  const path = `${folder}/nr_hugepages`;
  await undo.push({ kind: 'restore-knob', path, value: String(had - lent) });
  await host.write(path, String(had + missing)).catch((error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(
      `${pages} free hugepages of 2 MiB are needed and may not be reserved here (${error.message}): have the host reserve them (echo ${had + missing} >${path})`,
    );
  });
  // The kernel takes as many as it finds memory for, and says nothing.
  const got = await count('nr_hugepages');
  if (got < had + missing) {
    throw new HostError(
      `there is room for ${got - had} of ${missing} more hugepages of 2 MiB${await othersFree(host)}: free memory, or reserve them at boot (hugepagesz=2M hugepages=${had + missing} on the kernel's command line)`,
    );
  }
}

async function countIn(host: Host, folder: string, name: string): Promise<number> {
  return Number((await host.read(`${folder}/${name}`)) ?? 0);
}

/** Who has reserved large pages for this reads why they do not do; nothing where there are none. */
async function othersFree(host: Host): Promise<string> {
  const sizes = (await host.list(MACHINE)).filter((name) => name !== OURS && /^hugepages-\d+kB$/.test(name));
  const free = await Promise.all(
    sizes.map(async (name) => ({
      mib: Number.parseInt(name.slice('hugepages-'.length), 10) / 1024,
      pages: await countIn(host, `${MACHINE}/${name}`, 'free_hugepages'),
    })),
  );
  const told = free.filter(({ pages }) => pages > 0).map(({ mib, pages }) => `${pages} of ${mib} MiB`);
  return told.length === 0 ? '' : ` (${told.join(', ')} are free, and no part of such a page can be had)`;
}

/** What a control group still lets its processes have. */
export interface HugepageLimit {
  group: string;
  /** The file that says so. */
  file: string;
  leftBytes: number;
}

/** In both versions of control groups, what is taken and what is only promised to a process (Documentation/admin-guide/cgroup-v2.rst, HugeTLB). */
const LIMITS = [
  { limit: 'hugetlb.2MB.max', used: 'hugetlb.2MB.current' },
  { limit: 'hugetlb.2MB.rsvd.max', used: 'hugetlb.2MB.rsvd.current' },
  { limit: 'hugetlb.2MB.limit_in_bytes', used: 'hugetlb.2MB.usage_in_bytes' },
  { limit: 'hugetlb.2MB.rsvd.limit_in_bytes', used: 'hugetlb.2MB.rsvd.usage_in_bytes' },
];

/** The least that the groups of our own processes still let us have, and that of those which containers are made in; null where nothing limits it. */
export async function hugepageLimits(host: Host): Promise<Record<'own' | 'containers', HugepageLimit | null>> {
  const [own, containers] = [await groupsOf(host, [host.ownerPid], 'hugetlb'), await topGroups(host, 'hugetlb')];
  return { own: await leastOf(host, own), containers: await leastOf(host, containers) };
}

async function leastOf(host: Host, groups: readonly string[]): Promise<HugepageLimit | null> {
  const limits = groups.flatMap((group) => LIMITS.map((files) => ({ group, ...files })));
  const found = await Promise.all(
    limits.map(async ({ group, limit, used }): Promise<HugepageLimit> => {
      const most = Number.parseInt((await host.read(`${group}/${limit}`)) ?? '', 10);
      // Without a limit there is no number, or one of more bytes than there are.
      const leftBytes = most >= 0 ? most - (await countIn(host, group, used)) : Number.POSITIVE_INFINITY;
      return { group, file: limit, leftBytes };
    }),
  );
  const [least] = found.toSorted((a, b) => a.leftBytes - b.leftBytes);
  return least === undefined || least.leftBytes > Number.MAX_SAFE_INTEGER ? null : least;
}

/** A process that takes more than its group lets it have is killed when it touches the page (SIGBUS), and says nothing. */
async function requireAllowed(host: Host, needs: readonly HugepageNeed[]): Promise<void> {
  const { own, containers } = await hugepageLimits(host);
  const sum = (of: readonly HugepageNeed[]) => of.reduce((bytes, need) => bytes + need.bytes, 0);
  const checks = [
    { limit: own, bytes: sum(needs.filter(({ inContainer }) => !inContainer)) },
    { limit: containers, bytes: sum(needs) },
  ];
  for (const { limit, bytes } of checks) {
    if (limit === null || bytes <= limit.leftBytes) continue;
    const [needed, left] = [bytes, limit.leftBytes].map((amount) => Math.ceil(amount / MIB));
    throw new HostError(
      `${needed} MiB of hugepages are needed, and the control group ${limit.group} leaves ${left} MiB: raise its ${limit.file}`,
    );
  }
}
