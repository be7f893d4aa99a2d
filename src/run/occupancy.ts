// SPDX-License-Identifier: Apache-2.0
// Who had the measured CPUs within the window: the trial's own threads, or strangers. Pure.
import type { ThreadTime } from '../host/cpu.ts';
import type { ApplicationRole } from '../model/testcase.ts';
import { percentOf } from '../model/units.ts';
import { steadyUse } from '../stats/steady.ts';
import { sumOf } from '../stats/sum.ts';
import type { ApplicationEvidence, Evidence, MachineEvidence } from './evaluate.ts';
import type { ApplicationName } from './machines.ts';

/** An application that polls has its CPU for all of the window, but for the kernel's own moments: 5 % less are somebody else's. */
export const POLLING_SHARE_MIN = 0.95;

/**
 * A share of a measured CPU that went to nobody of the trial. Below it lie the kernel's own threads, the samples of the
 * applications, and what the resolution of a kernel that counts in ticks leaves open.
 */
export const STRANGERS_RATIO_MAX = 0.04;

/** What the kernel counts idle and stolen time in, seconds (USER_HZ). */
const TICK_S = 0.01;

/** A measured CPU within the window. Shares are of the window's length. */
export interface Occupancy {
  cpu: number;
  /** The machine's place among several; null for the only one. */
  machine: number | null;
  /** Applications on it. */
  applications: Occupant[];
  /** Threads of the switch had this share. */
  ofSwitch: number;
  /** Interrupts, and what they leave to be done, where the kernel does not count them as time of the threads. */
  ofKernel: number;
  /** The applications are all that was put on it, and never sleep. */
  polled: boolean;
  /** Applications on it sleep until there is something to do, and no thread of a switch is kept on it. */
  slept: boolean;
  /** Went to nobody of the trial. */
  strangers: number;
}

/** An application on a CPU. Shares are of the window's length. */
export interface Occupant {
  /** Such as `the sender of pair 0`. */
  name: string;
  /** Of the CPU. */
  share: number;
  /** In which it was ready and had to wait while nobody else of the trial had the CPU; null where the kernel does not tell waits. */
  kept: number | null;
}

/** Each measured CPU of each machine. */
export function occupancyOf(evidence: Evidence): Occupancy[] {
  const apart = evidence.machines.map(
    (machine, index) => machine.interruptsApart ?? fitsBeside(evidence, machine, index),
  );
  return evidence.machines.flatMap((machine, index) =>
    machine.cpus.map((cpu) => {
      const { applications, ofSwitch, own } = ownOn(evidence, machine, index, cpu, apart[index] ?? false);
      const { idle, stolen, interrupts } = kernelOn(machine, cpu);
      const blocks = evidence.testCase.wait === 'block';
      const hasSwitch = switchCpus(evidence, index).includes(cpu);
      // Idle and stolen time are counted in ticks: of a CPU that knows either, one more may be missing.
      const ofKernel = apart[index] ? interrupts : 0;
      const unsure = idle + stolen > 0 ? TICK_S / wallS(machine) : 0;
      return {
        cpu,
        machine: evidence.machines.length === 1 ? null : index,
        applications,
        ofSwitch,
        ofKernel,
        polled: !blocks && applications.length === 1 && !hasSwitch,
        slept: blocks && applications.length > 0 && !hasSwitch,
        strangers: Math.max(0, 1 - own - idle - stolen - unsure - ofKernel),
      };
    }),
  );
}

/** What a CPU lacked for the trial, in a sentence with the limit; null where it lacked nothing. */
export function lackOf(occupancy: Occupancy): string | null {
  const { cpu, machine, applications, ofKernel, polled, slept, strangers } = occupancy;
  const where = `CPU ${cpu}${machine === null ? '' : ` of the ${machine === 0 ? 'near' : 'far'} host`}`;
  const [only] = applications;
  if (polled && only !== undefined) {
    const share = only.share + ofKernel;
    if (share >= POLLING_SHARE_MIN) return null;
    return `${only.name} got ${percentBeside(share, POLLING_SHARE_MIN)} of ${where}, which it polls on (less than ${percent(POLLING_SHARE_MIN)})`;
  }
  // To fall asleep and to wake up are work of the kernel's that it counts as nobody's, a fifth of the time of a busy receiver.
  const waiting = slept ? mostKept(applications) : null;
  if (waiting !== null) {
    if (waiting.kept <= STRANGERS_RATIO_MAX) return null;
    return `others kept ${waiting.name} from ${where} for ${percentBeside(waiting.kept, STRANGERS_RATIO_MAX)} of the time (more than ${percent(STRANGERS_RATIO_MAX)})`;
  }
  if (strangers <= STRANGERS_RATIO_MAX) return null;
  return `others took ${percentBeside(strangers, STRANGERS_RATIO_MAX)} of ${where} (more than ${percent(STRANGERS_RATIO_MAX)})`;
}

/** Who was kept from the CPU for longest; null where that is not known of each. */
function mostKept(applications: readonly Occupant[]): { name: string; kept: number } | null {
  const known = applications.flatMap(({ name, kept }) => (kept === null ? [] : [{ name, kept }]));
  return known.length < applications.length ? null : (known.toSorted((a, b) => b.kept - a.kept)[0] ?? null);
}

/**
 * The trial's own on a CPU, and its share in all. Where interrupts are told `apart`, what the kernel's threads for softirqs ran is told with
 * them, and is no part of this (`irqtime_account_process_tick` in the kernel's sched/cputime.c).
 */
function ownOn(evidence: Evidence, machine: MachineEvidence, index: number, cpu: number, apart: boolean) {
  const { sources, sinks, placement, machines } = evidence;
  const sinkMachine = machines.length - 1;
  const of = (ends: readonly ApplicationEvidence[], end: 'source' | 'sink') =>
    ends
      .filter(({ pair }) => placement.pairs[pair]?.[end] === cpu && index === (end === 'source' ? 0 : sinkMachine))
      .map((one) => ({
        name: applicationName(one.final.role, end, one.pair),
        share: shareOf(one, evidence),
        waited: waitedOf(machine, `${end} ${one.pair}`),
      }));
  const threads = [...machine.after.threads].filter(([, thread]) => thread.cpu === cpu && !(apart && thread.ksoftirqd));
  const ranS = sumOf(threads, ([id, { runS }]) => runS - (machine.before.threads.get(id)?.runS ?? 0));
  const there = [...of(sources, 'source'), ...of(sinks, 'sink')];
  const ofSwitch = ranS / wallS(machine);
  const own = ofSwitch + sumOf(there, ({ share }) => share);
  const applications = there.map(({ name, share, waited }): Occupant => {
    // Others of the trial that share its CPU keep it waiting by design.
    return { name, share, kept: waited === null ? null : Math.max(0, waited - (own - share)) };
  });
  return { applications, ofSwitch, own };
}

/**
 * The share of the window in which an application was ready and had no CPU, by its thread that ran most, which is the one that sends or
 * receives; null where the kernel does not tell.
 */
function waitedOf(machine: MachineEvidence, name: ApplicationName): number | null {
  const earlier = machine.before.applications.get(name);
  const ranS = (id: number, { runS }: ThreadTime) => runS - (earlier?.get(id)?.runS ?? 0);
  const threads = [...(machine.after.applications.get(name) ?? [])];
  const [busiest] = threads.sort(([idA, a], [idB, b]) => ranS(idB, b) - ranS(idA, a));
  if (busiest === undefined) return null;
  const [id, { waitedS }] = busiest;
  const before = earlier?.get(id)?.waitedS ?? null;
  return waitedS === null || before === null ? null : (waitedS - before) / wallS(machine);
}

/** An application's CPU time over the window of its pair. */
function shareOf({ pair, samples }: ApplicationEvidence, { sources }: Evidence): number {
  const tx = sources.find((source) => source.pair === pair)?.final.tx ?? null;
  if (tx === null) return 0;
  const use = steadyUse(samples, { beginNs: tx.steady_begin_ns, endNs: tx.steady_end_ns });
  return use.state === 'steady' ? use.cpus : 0;
}

function kernelOn(machine: MachineEvidence, cpu: number): { idle: number; stolen: number; interrupts: number } {
  const [before, after] = [machine.before.cpus.get(cpu), machine.after.cpus.get(cpu)];
  if (before === undefined || after === undefined) return { idle: 1, stolen: 0, interrupts: 0 };
  const share = (seconds: number) => seconds / wallS(machine);
  return {
    idle: share(after.idleS - before.idleS),
    stolen: share(after.stealS - before.stealS),
    interrupts: share(after.irqS - before.irqS + after.softirqS - before.softirqS),
  };
}

/**
 * Whether interrupts fit beside the time of the threads. Where they are counted within it a CPU would often have had more time than there was; a
 * neighbour hides that, so this is for kernels that do not say.
 */
function fitsBeside(evidence: Evidence, machine: MachineEvidence, index: number): boolean {
  return machine.cpus.every((cpu) => {
    const { own } = ownOn(evidence, machine, index, cpu, true);
    const { idle, stolen, interrupts } = kernelOn(machine, cpu);
    return own + idle + stolen + interrupts <= 1 + STRANGERS_RATIO_MAX;
  });
}

function switchCpus({ placement, machines }: Evidence, index: number): readonly number[] {
  const far = placement.far?.switch ?? [];
  if (machines.length === 1) return [...placement.switch, ...far];
  return index === 0 ? placement.switch : far;
}

/** Seconds between the two looks at a machine. */
export function wallS({ before, after }: Pick<MachineEvidence, 'before' | 'after'>): number {
  return (after.atNs - before.atNs) / 1e9;
}

/** An application as people are told of it; of peers, which of the two. */
export function applicationName(role: ApplicationRole, end: 'source' | 'sink', pair: number): string {
  return role === 'peer' ? `the ${role} at the ${end} of pair ${pair}` : `the ${role} of pair ${pair}`;
}

/** A share of something that was measured, as people are told it. */
export function percent(ratio: number): string {
  return percentOf(ratio, 1);
}

/** A percentage that stands beside its limit, with so many places that it is not taken for that. */
export function percentBeside(ratio: number, limit: number): string {
  const texts = [percent(ratio), percentOf(ratio, 3), percentOf(ratio, 5)];
  return texts.find((text) => text !== percent(limit)) ?? percent(ratio);
}
