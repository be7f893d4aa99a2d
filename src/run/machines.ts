// SPDX-License-Identifier: Apache-2.0
// The machines that take part in a trial, and what their CPUs did within the measured window.
import { type CpuSnapshot, frequencies, type ThreadTime, takeCpuSnapshot, threadTimes } from '../host/cpu.ts';
import type { Host } from '../host/host.ts';
import { type Limits, readLimits } from '../host/limits.ts';
import { commandPid } from '../host/lxc.ts';
import type { Deployment } from './deployments.ts';
import type { MachineEvidence } from './evaluate.ts';
import type { RunningSide, TrialPlan } from './trial.ts';

/** A machine that takes part, with the threads of its switch and the CPUs whose work is measured. */
export interface Machine {
  host: Host;
  threads: number[];
  cpus: number[];
  /** Its kernel counts interrupts beside the time of threads; null where it does not say. */
  interruptsApart: boolean | null;
  /** The processes that send and receive, where they sleep in between. */
  applications: { name: ApplicationName; pid: number }[];
  /** Processes whose limits are the trial's: those of the applications, of the switch, and whoever started them. */
  limited: number[];
}

/** What a machine has counted until now. */
export interface MachineSnapshot extends CpuSnapshot {
  limits: Limits;
  /** Of each application that sleeps its threads, by thread id. */
  applications: ReadonlyMap<ApplicationName, ReadonlyMap<number, ThreadTime>>;
}

/** An application of a trial: `source 0` is that of pair 0. */
export type ApplicationName = `${'source' | 'sink'} ${number}`;

/** The machines of a trial's hosts; hosts that share one are one. The deployments' processes must be known. */
export async function machinesOf(
  sides: readonly RunningSide[],
  deployments: readonly Deployment[],
  sameMachine: boolean,
  { placement, testCase }: Pick<TrialPlan, 'placement' | 'testCase'>,
): Promise<Machine[]> {
  const machines = await Promise.all(
    sides.map(async ({ side, running }): Promise<Machine> => {
      const isFar = side.role === 'far';
      const ends = sides.length === 1 ? (['source', 'sink'] as const) : ([isFar ? 'sink' : 'source'] as const);
      const ofApplications = placement.pairs.flatMap((pair) => ends.map((end) => pair[end]));
      const ofSwitch = isFar ? (placement.far?.switch ?? []) : placement.switch;
      const threads = await running.threads();
      const own = deployments.filter((deployment) => deployment.side === side);
      // Only of those that sleep it matters for how long they waited (occupancy.ts).
      const sleepers = testCase.wait === 'block' ? own : [];
      return {
        ...{ host: side.host, threads, cpus: [...new Set([...ofApplications, ...ofSwitch])] },
        interruptsApart: side.interruptsApart,
        applications: await Promise.all(
          sleepers.map(async ({ port: { pair, end }, pid }) => {
            return { name: `${end} ${pair}` as const, pid: await commandPid(side.host, pid) };
          }),
        ),
        limited: [side.host.ownerPid, ...threads, ...own.map(({ pid }) => pid)],
      };
    }),
  );
  const [near, far] = machines;
  if (!sameMachine || near === undefined || far === undefined) return machines;
  const both = (of: (machine: Machine) => number[]) => [...new Set([...of(near), ...of(far)])];
  return [
    {
      host: near.host,
      interruptsApart: near.interruptsApart,
      threads: both(({ threads }) => threads),
      cpus: both(({ cpus }) => cpus),
      applications: [...near.applications, ...far.applications],
      limited: both(({ limited }) => limited),
    },
  ];
}

/** The clocks of each machine's CPUs, in MHz by CPU number. */
export function lookAtFrequencies(machines: readonly Machine[]): Promise<Map<number, number>[]> {
  return Promise.all(machines.map(({ host, cpus }) => frequencies(host, cpus)));
}

/** One look at each machine, at about the same instant. */
export function lookAt(machines: readonly Machine[]): Promise<MachineSnapshot[]> {
  return Promise.all(
    machines.map(async ({ host, threads, cpus, applications, limited }) => {
      const snapshot = await takeCpuSnapshot(host, threads, cpus);
      const threadsOf = await Promise.all(
        applications.map(async ({ name, pid }) => [name, await threadTimes(host, [pid])] as const),
      );
      return { ...snapshot, limits: await readLimits(host, limited, cpus), applications: new Map(threadsOf) };
    }),
  );
}

/** Each machine between two looks, with its clocks in the middle of the warm-up. */
export function windowsOf(
  machines: readonly Machine[],
  warmup: readonly Map<number, number>[],
  before: readonly MachineSnapshot[],
  after: readonly MachineSnapshot[],
): MachineEvidence[] {
  return machines.map(({ cpus, interruptsApart }, index) => {
    const [warmupMhz, begin, end] = [warmup[index], before[index], after[index]];
    if (warmupMhz === undefined || begin === undefined || end === undefined) {
      throw new RangeError('a snapshot of each machine');
    }
    return { cpus, warmupMhz, interruptsApart, before: begin, after: end };
  });
}
