// SPDX-License-Identifier: Apache-2.0
// Where the control groups of processes are (cgroups(7)), in either version.
import type { Host } from './host.ts';

/** A controller of either version, as the kernel calls it. */
export type Controller = 'cpu' | 'hugetlb';

/** The folders of the groups of some processes under a controller, and of all above them up to what is mounted. */
export async function groupsOf(host: Host, processes: readonly number[], controller: Controller): Promise<string[]> {
  const mounts = await mountsOf(host, controller);
  const memberships = await Promise.all(processes.map((pid) => host.read(`/proc/${pid}/cgroup`)));
  return [...new Set(memberships.flatMap((text) => foldersOf(text ?? '', mounts, controller)))];
}

/** The folders that are above all groups of this host: where it is a container itself, its own. */
export async function topGroups(host: Host, controller: Controller): Promise<string[]> {
  const { v1, v2 } = await mountsOf(host, controller);
  return [v1, v2].filter((path) => path !== null);
}

/** Where the hierarchies are mounted that may have a controller; null where there is none. */
interface Mounts {
  v1: string | null;
  v2: string | null;
}

async function mountsOf(host: Host, controller: Controller): Promise<Mounts> {
  const rows = ((await host.read('/proc/mounts')) ?? '').split('\n').map((line) => line.split(' '));
  const has = (type: string, option: string | null) =>
    rows.find(
      ([, , kind, options]) => kind === type && (option === null || options?.split(',').includes(option)),
    )?.[1] ?? null;
  return { v1: has('cgroup', controller), v2: has('cgroup2', null) };
}

/** The folders of a process's groups, from its own up to the root, of /proc/PID/cgroup. */
function foldersOf(membership: string, { v1, v2 }: Mounts, controller: Controller): string[] {
  return membership.split('\n').flatMap((line) => {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const mount = controllers === '' ? v2 : controllers.split(',').includes(controller) ? v1 : null;
    if (path === undefined || mount === null) return [];
    const names = path.split('/').filter((name) => name !== '');
    return names.map((_, index) => [mount, ...names.slice(0, index + 1)].join('/')).concat(mount);
  });
}
