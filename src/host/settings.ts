// SPDX-License-Identifier: Apache-2.0
// What is set of each CPU that may be used and of each network card: what alike ones have in common is told once, the worst first.
import { formatCpuList, parseCpuList } from '../model/cpu-list.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Host } from './host.ts';
import { tracingOf } from './tracing.ts';

const CPUS = '/sys/devices/system/cpu';
const HUGEPAGES = '/sys/kernel/mm/hugepages';

/** Settings by the name under which a report shows them; what the host does not tell is left out. */
export async function settingsOf(host: Host, cpus: readonly Cpu[]): Promise<Record<string, string>> {
  const usable = cpus.filter(({ allowed }) => allowed).map(({ id }) => id);
  const all = {
    ...(await ofCpus(host, usable)),
    ...(await ofHugepages(host)),
    ...(await ofCards(host)),
    'kernel tracing': await tracingOf(host),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

async function ofCpus(host: Host, cpus: readonly number[]): Promise<Record<string, string>> {
  const each = (file: string) => byValue(cpus, async (cpu) => text(host, `${CPUS}/cpu${cpu}/${file}`));
  return {
    'cpufreq.scaling_driver': await each('cpufreq/scaling_driver'),
    'cpufreq.scaling_governor': await each('cpufreq/scaling_governor'),
    'cpufreq.energy_performance_preference': await each('cpufreq/energy_performance_preference'),
    'cpufreq.capped': await byValue(cpus, async (cpu) => cappedAt(host, `${CPUS}/cpu${cpu}/cpufreq`)),
    'cpuidle.driver': await text(host, `${CPUS}/cpuidle/current_driver`),
    'cpuidle.governor': await text(host, `${CPUS}/cpuidle/current_governor`),
    'cpuidle.states': await byValue(cpus, async (cpu) => idleStates(host, `${CPUS}/cpu${cpu}/cpuidle`)),
  };
}

/** `at most 2400 of 3000 MHz`; empty where nothing holds the clock below what the CPU can do. */
async function cappedAt(host: Host, folder: string): Promise<string> {
  const [cap, most] = [
    Number(await text(host, `${folder}/scaling_max_freq`)),
    Number(await text(host, `${folder}/cpuinfo_max_freq`)),
  ];
  return cap > 0 && cap < most ? `at most ${Math.round(cap / 1000)} of ${Math.round(most / 1000)} MHz` : '';
}

/** `POLL C1 C6(off)`. */
async function idleStates(host: Host, folder: string): Promise<string> {
  const states = await Promise.all(
    (await host.list(folder)).map(async (state) => {
      const [name, disabled] = [
        await text(host, `${folder}/${state}/name`),
        await text(host, `${folder}/${state}/disable`),
      ];
      return disabled === '1' ? `${name}(off)` : name;
    }),
  );
  return states.filter((state) => state !== '').join(' ');
}

/** The best that a governor or a preference can be: it is told last. */
const BEST = 'performance';

/** The value that all CPUs have, or each value with its CPUs: `powersave (CPU 1), performance (CPU 0)`. */
async function byValue(cpus: readonly number[], read: (cpu: number) => Promise<string>): Promise<string> {
  const values = await Promise.all(cpus.map(async (cpu) => ({ cpu, value: await read(cpu) })));
  const groups = [...Map.groupBy(values, ({ value }) => value)].filter(([value]) => value !== '');
  const [first] = groups;
  if (first === undefined || first[1].length === values.length) return first?.[0] ?? '';
  return groups
    .toSorted(([a], [b]) => Number(a === BEST) - Number(b === BEST))
    .map(([value, members]) => `${value} (CPU ${formatCpuList(members.map(({ cpu }) => cpu))})`)
    .join(', ');
}

async function ofHugepages(host: Host): Promise<Record<string, string>> {
  const sizes = (await host.list(HUGEPAGES)).filter((name) => /^hugepages-\d+kB$/.test(name));
  const counts = await Promise.all(
    sizes.map(async (size) => [`${size}.nr`, await text(host, `${HUGEPAGES}/${size}/nr_hugepages`)] as const),
  );
  const mounts = ((await host.read('/proc/mounts')) ?? '').split('\n').flatMap((line) => {
    const [, path, type, options = ''] = line.split(' ');
    const size = /(?:^|,)pagesize=(\w+)/.exec(options)?.[1];
    return type !== 'hugetlbfs' || path === undefined ? [] : [size === undefined ? path : `${path} (${size})`];
  });
  return { ...Object.fromEntries(counts), 'hugetlbfs.mounts': mounts.join(', ') };
}

/** What moves the work of packets from one CPU to another, and which CPUs serve the interrupts of each card. */
async function ofCards(host: Host): Promise<Record<string, string>> {
  const settings: Record<string, string> = {
    'net.core.rps_default_mask': masked(await text(host, '/proc/sys/net/core/rps_default_mask')),
    'net.core.rps_sock_flow_entries': unlessZero(await text(host, '/proc/sys/net/core/rps_sock_flow_entries')),
  };
  for (const name of await host.list('/sys/class/net')) {
    const folder = `/sys/class/net/${name}`;
    if ((await host.read(`${folder}/device/uevent`)) === null) continue;
    const queues = await host.list(`${folder}/queues`);
    const each = async (kind: 'rx' | 'tx', file: string, of: (value: string) => string) => {
      const values = await Promise.all(
        queues
          .filter((queue) => queue.startsWith(`${kind}-`))
          .map((queue) => text(host, `${folder}/queues/${queue}/${file}`)),
      );
      return [...new Set(values.map(of))].filter((value) => value !== '').join(', ');
    };
    settings[`NIC ${name} RPS`] = await each('rx', 'rps_cpus', masked);
    settings[`NIC ${name} RFS flows`] = await each('rx', 'rps_flow_cnt', unlessZero);
    settings[`NIC ${name} XPS`] = await each('tx', 'xps_cpus', masked);
    settings[`NIC ${name} threaded NAPI`] = unlessZero(await text(host, `${folder}/threaded`));
    settings[`NIC ${name} interrupts on`] = await interruptCpus(host, folder);
  }
  return settings;
}

async function interruptCpus(host: Host, folder: string): Promise<string> {
  // Devices of virtio are not on the bus themselves: their interrupts are those of the device above.
  const own = await host.list(`${folder}/device/msi_irqs`);
  const irqs = own.length > 0 ? own : await host.list(`${folder}/device/../msi_irqs`);
  const lists = await Promise.all(irqs.map((irq) => text(host, `/proc/irq/${irq}/effective_affinity_list`)));
  const cpus = formatCpuList(lists.flatMap(parseCpuList));
  return cpus === '' ? '' : `CPU ${cpus}`;
}

async function text(host: Host, path: string): Promise<string> {
  return ((await host.read(path)) ?? '').trim();
}

/** A mask of CPUs, `00000000,0000000f`; empty where it names none. */
function masked(mask: string): string {
  return /[1-9a-f]/.test(mask) ? mask.replace(/^[0,]+/, '') : '';
}

function unlessZero(value: string): string {
  return value === '0' ? '' : value;
}
