// SPDX-License-Identifier: Apache-2.0
// What else the machines did while a trial was measured, and the rule that tells quiet trials from disturbed ones. It looks at
// that alone and never at what was measured: a trial is not called disturbed for a figure that nobody likes. Told in
// docs/method.md, "Quiet and disturbed trials".
import { type CpuSnapshot, interruptsBetween } from '../host/cpu.ts';
import type { Noise } from '../model/result.ts';
import type { Evidence, MachineEvidence } from './evaluate.ts';
import { lackOf, type Occupancy, occupancyOf, percent, percentBeside, wallS } from './occupancy.ts';

/** A share of the measured CPUs' time that the hypervisor gave to others: differences between switches of 2 % are then theirs. */
export const STEAL_RATIO_MAX = 0.02;

/** A polling framework's throughput follows the clock of its CPU: 5 % more clock are 5 % more packets. */
export const FREQUENCY_CHANGE_RATIO_MAX = 0.05;

/** Why a trial counts as disturbed, one sentence a reason; empty for a quiet one. */
export function disturbances(
  noise: Pick<Noise, 'stealRatio' | 'frequencyChangeRatio'>,
  occupancies: readonly Occupancy[],
  machines: readonly Pick<MachineEvidence, 'before' | 'after'>[],
): string[] {
  const reasons: string[] = [];
  if (noise.stealRatio > STEAL_RATIO_MAX) {
    reasons.push(
      `the hypervisor took ${percentBeside(noise.stealRatio, STEAL_RATIO_MAX)} of the measured CPUs (more than ${percent(STEAL_RATIO_MAX)})`,
    );
  }
  reasons.push(...occupancies.flatMap((occupancy) => lackOf(occupancy) ?? []));
  if ((noise.frequencyChangeRatio ?? 0) > FREQUENCY_CHANGE_RATIO_MAX) {
    const change = percent(noise.frequencyChangeRatio ?? 0);
    reasons.push(`a CPU's frequency changed by ${change} (more than ${percent(FREQUENCY_CHANGE_RATIO_MAX)})`);
  }
  return [...reasons, ...machines.flatMap(limitReasons)];
}

/** Quotas that held something back, clocks that are capped, and CPUs that were slowed down by their heat. */
function limitReasons(machine: Pick<MachineEvidence, 'before' | 'after'>): string[] {
  const { limits } = machine.after;
  const held = throttles(machine).map(
    ({ group, cpus, throttledS }) =>
      `a quota of ${round(cpus)} CPUs (${group}) held it back for ${throttledS.toFixed(2)} s of ${wallS(machine).toFixed(2)} s`,
  );
  const capped = [...limits.clockCaps].map(
    ([cpu, ratio]) => `the clock of CPU ${cpu} is capped at ${percent(ratio)} of its own`,
  );
  const hot = [...limits.hotCounts]
    .filter(([cpu, count]) => count > (machine.before.limits.hotCounts.get(cpu) ?? count))
    .map(([cpu]) => `CPU ${cpu} was slowed down by its heat`);
  return [...held, ...capped, ...hot];
}

/** The quotas that held something back within the window, and for how long. */
function throttles({ before, after }: Pick<MachineEvidence, 'before' | 'after'>) {
  return after.limits.quotas.flatMap((quota) => {
    const earlier = before.limits.quotas.find(({ group }) => group === quota.group);
    const throttledS = quota.throttledS - (earlier?.throttledS ?? quota.throttledS);
    return throttledS > 0 ? [{ ...quota, throttledS }] : [];
  });
}

/** One place behind the point, where it says something. */
function round(value: number): string {
  return String(Number(value.toFixed(value < 1 ? 2 : 1)));
}

/** The noise of a trial, with the reasons for which it counts as disturbed. */
export function noiseOf(evidence: Evidence): Noise {
  const { machines } = evidence;
  const measured = machines.reduce((sum, { cpus }) => sum + cpus.length, 0);
  const perS = (machine: MachineEvidence, value: (snapshot: CpuSnapshot, cpu: number) => number) =>
    machine.cpus.reduce((sum, cpu) => sum + value(machine.after, cpu) - value(machine.before, cpu), 0) / wallS(machine);
  const total = (value: (snapshot: CpuSnapshot, cpu: number) => number) =>
    machines.reduce((sum, machine) => sum + perS(machine, value), 0);
  const pressures = machines.flatMap(({ before, after }) =>
    after.pressureS === null || before.pressureS === null ? [] : [after.pressureS - before.pressureS],
  );
  const apart = newcomersOn(evidence);
  const occupancies = occupancyOf(evidence).filter(({ cpu }) => !apart.includes(cpu));
  const quotas = machines.flatMap(({ after }) => after.limits.quotas.map(({ cpus }) => cpus));
  const noise = {
    stealRatio: total(({ cpus }, cpu) => cpus.get(cpu)?.stealS ?? 0) / measured,
    involuntarySwitchesPerS: switchesPerS(evidence),
    softirqCpus: total(({ cpus }, cpu) => cpus.get(cpu)?.softirqS ?? 0),
    interruptsPerS: machines.some(({ after }) => after.interrupts.size === 0)
      ? null
      : machines.reduce((sum, machine) => sum + interruptsOf(machine) / wallS(machine), 0),
    ...frequencyOf(machines),
    // Of two machines the one on which more had to wait.
    cpuPressureRatio:
      pressures.length < machines.length || machines[0] === undefined
        ? null
        : Math.max(...pressures) / wallS(machines[0]),
    strangersRatio: occupancies.length === 0 ? null : Math.max(...occupancies.map(({ strangers }) => strangers)),
    quotaCpus: quotas.length === 0 ? null : Math.min(...quotas),
    throttledS: machines.flatMap(throttles).reduce((sum, { throttledS }) => sum + throttledS, 0),
  };
  return { ...noise, reasons: disturbances(noise, occupancies, machines) };
}

/** CPUs of who comes and goes: what it takes of them is what is looked at, and nobody tells how much that was. */
function newcomersOn({ churn, placement, testCase }: Evidence): number[] {
  if (churn === null) return [];
  return placement.pairs.slice(testCase.pairs).flatMap(({ source, sink }) => [source, sink]);
}

/** Served by the measured CPUs of a machine within the window. */
function interruptsOf({ cpus, before, after }: MachineEvidence): number {
  const served = (cpu: number) => interruptsBetween(before.interrupts.get(cpu) ?? 0, after.interrupts.get(cpu) ?? 0);
  return cpus.reduce((sum, cpu) => sum + served(cpu), 0);
}

/** How often the applications were interrupted: told, and no reason, as to yield counts as being interrupted. */
function switchesPerS({ sources, sinks }: Evidence): number {
  return [...sources, ...sinks].reduce(
    (sum, { final }) => sum + final.involuntary_switches / ((final.ended_ns - final.started_ns) / 1e9),
    0,
  );
}

function frequencyOf(machines: readonly MachineEvidence[]): Pick<Noise, 'frequencyMhz' | 'frequencyChangeRatio'> {
  const known = machines.flatMap(({ cpus, before, after }) =>
    cpus.flatMap((cpu) => {
      const [begin, end] = [before.frequencyMhz.get(cpu), after.frequencyMhz.get(cpu)];
      return begin === undefined || end === undefined ? [] : [{ begin, end }];
    }),
  );
  if (known.length === 0) return { frequencyMhz: null, frequencyChangeRatio: null };
  return {
    frequencyMhz: known.reduce((sum, { begin, end }) => sum + (begin + end) / 2, 0) / known.length,
    frequencyChangeRatio: Math.max(...known.map(({ begin, end }) => Math.abs(end - begin) / begin)),
  };
}
