// SPDX-License-Identifier: Apache-2.0
// What else the machines did while a trial was measured, and the rule that tells quiet trials from disturbed ones. It looks at
// that alone and never at what was measured: a trial is not called disturbed for a figure that nobody likes. Told in
// docs/method.md, "Quiet and disturbed trials".
import { type CpuSnapshot, interruptsBetween } from '../host/cpu.ts';
import type { Placement } from '../model/placement.ts';
import type { Noise } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { type Evidence, type MachineEvidence, wallS } from './evaluate.ts';

/** A share of the measured CPUs' time that others took: differences between switches of 2 % are then theirs. */
export const STEAL_RATIO_MAX = 0.02;

/**
 * Of one thread. A scheduler that shares a CPU between two busy threads changes at its tick, which comes 100 times a second
 * or more often: 50 changes a second are what one such neighbour makes. The kernel's own threads take a few.
 */
export const INVOLUNTARY_SWITCHES_PER_S_MAX = 50;

/** A polling framework's throughput follows the clock of its CPU: 5 % more clock are 5 % more packets. */
export const FREQUENCY_CHANGE_RATIO_MAX = 0.05;

export interface MeasuredThread {
  name: string;
  involuntarySwitchesPerS: number;
}

/** Why a trial counts as disturbed, one sentence a reason; empty for a quiet one. */
export function disturbances(
  noise: Pick<Noise, 'stealRatio' | 'frequencyChangeRatio'>,
  threads: readonly MeasuredThread[],
  placement: Placement,
  wait: TestCase['wait'],
): string[] {
  const reasons: string[] = [];
  if (noise.stealRatio > STEAL_RATIO_MAX) {
    reasons.push(`the hypervisor took ${percent(noise.stealRatio)} of the measured CPUs (more than 2 %)`);
  }
  // Where CPUs are shared on purpose, to be interrupted is the rule; and to yield counts as being interrupted.
  if (!placement.sharedCpu && !placement.sharedHousekeeping && wait !== 'yield') {
    const worst = Math.max(0, ...threads.map((thread) => thread.involuntarySwitchesPerS));
    const thread = threads.find((one) => one.involuntarySwitchesPerS === worst);
    if (thread !== undefined && worst > INVOLUNTARY_SWITCHES_PER_S_MAX) {
      reasons.push(`${thread.name} lost its CPU ${worst.toFixed(0)} times a second (more than 50)`);
    }
  }
  if ((noise.frequencyChangeRatio ?? 0) > FREQUENCY_CHANGE_RATIO_MAX) {
    reasons.push(`a CPU's frequency changed by ${percent(noise.frequencyChangeRatio ?? 0)} (more than 5 %)`);
  }
  return reasons;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}

/** The noise of a trial, with the reasons for which it counts as disturbed. */
export function noiseOf(evidence: Evidence): Noise {
  const { testCase, placement, machines } = evidence;
  const measured = machines.reduce((sum, { cpus }) => sum + cpus.length, 0);
  const perS = (machine: MachineEvidence, value: (snapshot: CpuSnapshot, cpu: number) => number) =>
    machine.cpus.reduce((sum, cpu) => sum + value(machine.after, cpu) - value(machine.before, cpu), 0) / wallS(machine);
  const total = (value: (snapshot: CpuSnapshot, cpu: number) => number) =>
    machines.reduce((sum, machine) => sum + perS(machine, value), 0);
  const threads = measuredThreads(evidence);
  const pressures = machines.flatMap(({ before, after }) =>
    after.pressureS === null || before.pressureS === null ? [] : [after.pressureS - before.pressureS],
  );
  const noise = {
    stealRatio: total(({ cpus }, cpu) => cpus.get(cpu)?.stealS ?? 0) / measured,
    involuntarySwitchesPerS: threads.reduce((sum, thread) => sum + thread.involuntarySwitchesPerS, 0),
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
  };
  return { ...noise, reasons: disturbances(noise, threads, placement, testCase.wait) };
}

/** Served by the measured CPUs of a machine within the window. */
function interruptsOf({ cpus, before, after }: MachineEvidence): number {
  const served = (cpu: number) => interruptsBetween(before.interrupts.get(cpu) ?? 0, after.interrupts.get(cpu) ?? 0);
  return cpus.reduce((sum, cpu) => sum + served(cpu), 0);
}

function measuredThreads({ sources, sinks }: Evidence): MeasuredThread[] {
  return [...sources, ...sinks].map(({ pair, final }) => ({
    name: `the ${final.role} of pair ${pair}`,
    involuntarySwitchesPerS: final.involuntary_switches / ((final.ended_ns - final.started_ns) / 1e9),
  }));
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
