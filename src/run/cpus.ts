// SPDX-License-Identifier: Apache-2.0
// Which CPUs of a host a campaign has to itself: those that were named, or all that may be used.
import { type Host, HostError } from '../host/host.ts';
import { cpusOf } from '../host/topology.ts';
import { ALL_CPUS, formatCpuList, parseCpuNames } from '../model/cpu-list.ts';
import type { Cpu } from '../model/inventory.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';

/** Throws HostError where one that was named is not there, or may not be used. */
export async function usableCpus(host: Host, named: string | undefined): Promise<Cpu[]> {
  const cpus = await cpusOf(host);
  const allowed = cpus.filter((cpu) => cpu.allowed);
  if (named === undefined) return allowed;
  if (named === ALL_CPUS) return allowed;
  const last = Math.max(...cpus.map(({ id }) => id));
  const parsed = parseCpuNames(named, last);
  const where = host.name === LOCAL_TESTBED ? '' : ` of ${host.name}`;
  if (!parsed.ok) {
    throw new HostError(`cpus (--cpus): '${named}' names no CPU${where}: the last one, N, is ${last}`);
  }
  const asked = parsed.value;
  const refuse = (ids: readonly number[], why: string, those: readonly Cpu[]) => {
    const which = `CPU${ids.length === 1 ? '' : 's'} ${formatCpuList(ids)}${where}`;
    return new HostError(`cpus (--cpus): ${which} ${why}; give some of ${formatCpuList(those.map(({ id }) => id))}`);
  };
  const absent = asked.filter((id) => !cpus.some((cpu) => cpu.id === id));
  if (absent.length > 0) throw refuse(absent, absent.length === 1 ? 'is not online' : 'are not online', allowed);
  const forbidden = asked.filter((id) => !allowed.some((cpu) => cpu.id === id));
  if (forbidden.length > 0) throw refuse(forbidden, 'may not be used (affinity or cpuset)', allowed);
  return allowed.filter(({ id }) => asked.includes(id));
}
