// SPDX-License-Identifier: Apache-2.0
// The machines that take part in a trial, and what their CPUs did within the measured window.
import { type CpuSnapshot, frequencies, takeCpuSnapshot } from '../host/cpu.ts';
import type { Host } from '../host/host.ts';
import type { Placement } from '../model/placement.ts';
import type { MachineEvidence } from './evaluate.ts';
import type { RunningSide } from './trial.ts';

/** A machine that takes part, with the threads of its switch and the CPUs whose work is measured. */
export interface Machine {
  host: Host;
  threads: number[];
  cpus: number[];
}

/** The machines of a trial's hosts; hosts that share one are one. */
export async function machinesOf(
  sides: readonly RunningSide[],
  sameMachine: boolean,
  placement: Placement,
): Promise<Machine[]> {
  const machines = await Promise.all(
    sides.map(async ({ side, running }): Promise<Machine> => {
      const isFar = side.role === 'far';
      const ends = sides.length === 1 ? (['source', 'sink'] as const) : ([isFar ? 'sink' : 'source'] as const);
      const applications = placement.pairs.flatMap((pair) => ends.map((end) => pair[end]));
      const own = isFar ? (placement.far?.switch ?? []) : placement.switch;
      return { host: side.host, threads: await running.threads(), cpus: [...new Set([...applications, ...own])] };
    }),
  );
  const [near, far] = machines;
  if (!sameMachine || near === undefined || far === undefined) return machines;
  const threads = [...new Set([...near.threads, ...far.threads])];
  return [{ host: near.host, threads, cpus: [...new Set([...near.cpus, ...far.cpus])] }];
}

/** The clocks of each machine's CPUs, in MHz by CPU number. */
export function lookAtFrequencies(machines: readonly Machine[]): Promise<Map<number, number>[]> {
  return Promise.all(machines.map(({ host, cpus }) => frequencies(host, cpus)));
}

/** One look at each machine, at about the same instant. */
export function lookAt(machines: readonly Machine[]): Promise<CpuSnapshot[]> {
  return Promise.all(machines.map((machine) => takeCpuSnapshot(machine.host, machine.threads, machine.cpus)));
}

/** Each machine between two looks, with its clocks in the middle of the warm-up. */
export function windowsOf(
  machines: readonly Machine[],
  warmup: readonly Map<number, number>[],
  before: readonly CpuSnapshot[],
  after: readonly CpuSnapshot[],
): MachineEvidence[] {
  return machines.map(({ cpus }, index) => {
    const [warmupMhz, begin, end] = [warmup[index], before[index], after[index]];
    if (warmupMhz === undefined || begin === undefined || end === undefined) {
      throw new RangeError('a snapshot of each machine');
    }
    return { cpus, warmupMhz, before: begin, after: end };
  });
}
