// SPDX-License-Identifier: Apache-2.0
// What doctor says of CPUs: how many may be used, which are kept from the scheduler, and whether they are alike.
import { formatCpuList } from '../model/cpu-list.ts';
import type { Cpu, Inventory } from '../model/inventory.ts';
import type { Finding } from './doctor.ts';

/** Findings of the CPUs of a host. */
export function cpuFindings({ cpus, cpuModel }: Pick<Inventory, 'cpus' | 'cpuModel'>): Finding[] {
  return [count(cpus, cpuModel), ...isolated(cpus), ...kinds(cpus)];
}

function count(cpus: readonly Cpu[], model: string): Finding {
  const subject = 'CPUs';
  const usable = cpus.filter(({ allowed }) => allowed);
  const have = `${usable.length} × ${model}`;
  const fewer =
    usable.length === cpus.length
      ? ''
      : `, of ${cpus.length} that are online: affinity (taskset) or a cpuset leaves CPU ${formatCpuList(usable.map(({ id }) => id))}`;
  return usable.length >= 3
    ? { state: fewer === '' ? 'ok' : 'warning', subject, text: `${have}${fewer}` }
    : {
        state: 'warning',
        subject,
        text: `${have}${fewer}: with fewer than 3 the framework itself shares a CPU with what it measures; results say so`,
      };
}

function isolated(cpus: readonly Cpu[]): Finding[] {
  const subject = 'isolated CPUs';
  const of = (test: (cpu: Cpu) => boolean) => formatCpuList(cpus.filter(test).map(({ id }) => id));
  const [usable, forbidden] = [of((cpu) => cpu.isolated && cpu.allowed), of((cpu) => cpu.isolated && !cpu.allowed)];
  return [
    ...(usable === ''
      ? []
      : [
          {
            state: 'ok' as const,
            subject,
            text: `CPU ${usable}: used before others wherever there is a core for each thread of a trial`,
            mend: `to use no others: --cpus ${usable}`,
          },
        ]),
    ...(forbidden === ''
      ? []
      : [
          {
            state: 'warning' as const,
            subject,
            text: `CPU ${forbidden}: not used, as affinity or a cpuset forbids it`,
            mend: `start vswbench with all that it may use, as with taskset --cpu-list ${of(() => true)}`,
          },
        ]),
  ];
}

function kinds(cpus: readonly Cpu[]): Finding[] {
  const groups = [...Map.groupBy(cpus, ({ kind }) => kind)].sort(([a], [b]) => a - b).map(([, members]) => members);
  const [fast] = groups;
  if (groups.length < 2 || fast === undefined) return [];
  const most = Math.max(...cpus.map(({ capacity }) => capacity ?? 0));
  const told = groups.map((members) => {
    const capacity = Math.max(...members.map((cpu) => cpu.capacity ?? 0));
    const share = most > 0 && capacity > 0 ? ` (${Math.round((100 * capacity) / most)} %)` : '';
    return `${formatCpuList(members.map(({ id }) => id))}${share}`;
  });
  return [
    {
      state: 'warning',
      subject: 'kinds of CPUs',
      text: `they are not alike: ${told.join(', ')}; the fastest are used first, and results say where kinds were mixed`,
      mend: `to use alike ones only: --cpus ${formatCpuList(fast.map(({ id }) => id))}`,
    },
  ];
}
