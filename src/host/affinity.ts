// SPDX-License-Identifier: Apache-2.0
// Which CPUs we may run on. Two things limit that: the affinity that we were given, which a process may change by itself, and the
// cpuset of our control group, beyond which sched_setaffinity(2) does not reach.
import { parseCpuList } from '../model/cpu-list.ts';
import type { Host } from './host.ts';

/** The CPUs that threads of ours run on unless they are told otherwise: a container or `taskset` may have left fewer than are online. */
export async function allowedCpus(host: Host): Promise<number[]> {
  const status = (await host.read('/proc/self/status')) ?? '';
  return parseCpuList(/^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? '0');
}

/**
 * The CPUs that may be used. Where the affinity lacks isolated CPUs only, nobody took them away: the kernel leaves them out from the first
 * process on, and a thread has to ask for them. Where it lacks others, somebody chose, and what was chosen is kept to.
 */
export async function usableCpuIds(
  host: Host,
  online: readonly number[],
  isolated: readonly number[],
): Promise<number[]> {
  const affinity = await allowedCpus(host);
  const within = (await cpusetOf(host)) ?? online;
  const reachable = online.filter((id) => within.includes(id));
  const chosen = reachable.some((id) => !affinity.includes(id) && !isolated.includes(id));
  return chosen ? reachable.filter((id) => affinity.includes(id)) : reachable;
}

/** The CPUs that the cpuset of our control group leaves us; null where there is none that says so. */
async function cpusetOf(host: Host): Promise<number[] | null> {
  const [mounts, groups] = [(await host.read('/proc/mounts')) ?? '', (await host.read('/proc/self/cgroup')) ?? ''];
  for (const folder of cpusetFolders(mounts, groups)) {
    for (const file of ['cpuset.cpus.effective', 'cpuset.effective_cpus']) {
      const cpus = parseCpuList((await host.read(`${folder}/${file}`)) ?? '');
      if (cpus.length > 0) return cpus;
    }
  }
  return null;
}

/** The folders that may tell, the nearest first: cgroup v2 has the file only where the controller is enabled, else the group above counts. */
function cpusetFolders(mounts: string, groups: string): string[] {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  return groups.split('\n').flatMap((line) => {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers !== '' && !controllers.split(',').includes('cpuset'))) return [];
    const mount = rows.find(([, , type, options = '']) =>
      controllers === '' ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes('cpuset'),
    )?.[1];
    if (mount === undefined) return [];
    const names = path.split('/').filter((name) => name !== '');
    return [...names.keys()].map((index) => [mount, ...names.slice(0, names.length - index)].join('/')).concat(mount);
  });
}
