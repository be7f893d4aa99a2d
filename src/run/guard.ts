// SPDX-License-Identifier: Apache-2.0
// A switch driver behind a guard: each call ends in time, each answer is looked at, and what is wrong with one is that driver's own failure,
// with the call named.
import { HostError } from '../host/host.ts';
import type { Port, RunningSwitch, SwitchContext, SwitchDriver, SwitchFigures } from '../switches/driver.ts';
import { portDifferences, type SwitchCounters, uplinkDifferences } from './counters.ts';
import { ANSWERS, checkAnswer, checkEnds } from './driver-answers.ts';
import { CALL_LIMITS_MS, callDriver } from './driver-call.ts';
import { TrialFailure } from './failure.ts';
import { type PortOwner, strangePort } from './port-owner.ts';

/** A switch that is up, as trials see it. */
export interface GuardedSwitch extends Omit<RunningSwitch, 'nextPorts' | 'counters'> {
  nextPorts(): Port[] | Promise<Port[]>;
  counters(): Promise<SwitchCounters['ports']> | null;
  /** Aborted, with a TrialFailure, where its driver fails outside of all calls. */
  trouble?: AbortSignal;
}

interface Guard {
  owner: PortOwner;
  /** Each ends every call at once. */
  signals: readonly AbortSignal[];
  trouble: AbortSignal;
}

type CallName = Exclude<keyof typeof CALL_LIMITS_MS, 'probe'>;

/** Starts a switch and puts it behind the guard. Throws TrialFailure, HostLostError and a signal's reason. */
export async function startGuarded(driver: SwitchDriver, context: SwitchContext, guard: Guard): Promise<GuardedSwitch> {
  const step = `start ${driver.id}`;
  const { signals } = guard;
  const running = await callDriver({ step, limitMs: CALL_LIMITS_MS.start, signals }, () => driver.start(context));
  checkAnswer(step, ANSWERS.start, running);
  return guarded(driver.id, running, context, guard);
}

function guarded(id: string, running: RunningSwitch, context: SwitchContext, guard: Guard): GuardedSwitch {
  const stepOf = (call: CallName) => `${call}() of ${id}`;
  const ask = <T>(call: CallName, answer: () => T | PromiseLike<T>, more: readonly AbortSignal[] = []) =>
    callDriver({ step: stepOf(call), limitMs: CALL_LIMITS_MS[call], signals: [...guard.signals, ...more] }, answer);
  const seen = new FirstReading();
  const portCheck = new PortCheck(context, guard.owner);
  const { uplinkCounters, connect, observe } = running;
  return {
    flags: [...running.flags],
    trouble: guard.trouble,
    nextPorts: async () => {
      seen.forget();
      const ports = await ask('nextPorts', () => running.nextPorts());
      await portCheck.check(stepOf('nextPorts'), ports);
      return ports;
    },
    counters: async () => {
      const answer = await ask('counters', () => running.counters());
      const ports = checkAnswer(stepOf('counters'), ANSWERS.counters, answer);
      if (ports !== null) checkEnds(stepOf('counters'), context.ports, ports);
      return seen.ports(stepOf('counters'), ports);
    },
    settled: async (stations) =>
      checkAnswer(stepOf('settled'), ANSWERS.settled, await ask('settled', () => running.settled(stations))),
    threads: async () => checkAnswer(stepOf('threads'), ANSWERS.threads, await ask('threads', () => running.threads())),
    health: async () => checkAnswer(stepOf('health'), ANSWERS.health, await ask('health', () => running.health())),
    ...(uplinkCounters === undefined
      ? {}
      : {
          uplinkCounters: async () => {
            const answer = await ask('uplinkCounters', () => uplinkCounters.call(running));
            return seen.uplink(
              stepOf('uplinkCounters'),
              checkAnswer(stepOf('uplinkCounters'), ANSWERS.uplinkCounters, answer),
            );
          },
        }),
    ...(connect === undefined
      ? {}
      : { connect: (signal) => ask('connect', () => connect.call(running, signal), [signal]) }),
    ...(observe === undefined
      ? {}
      : {
          observe: async () => {
            const end = await ask('observe', () => observe.call(running));
            checkAnswer(stepOf('observe'), ANSWERS.observe, end);
            return async (): Promise<SwitchFigures> =>
              checkAnswer(`the end of observe() of ${id}`, ANSWERS.figures, await ask('observe', end));
          },
        }),
  };
}

/** What of its ports a driver gives away. The same ports, trial after trial, are asked about once. */
class PortCheck {
  private readonly context: SwitchContext;
  private readonly owner: PortOwner;
  /** Those that were found to be the driver's own; text, for a driver may change its own list. */
  private fit = '';

  constructor(context: SwitchContext, owner: PortOwner) {
    this.context = context;
    this.owner = owner;
  }

  /** Throws TrialFailure. */
  async check(step: string, ports: Port[]): Promise<void> {
    checkAnswer(step, ANSWERS.nextPorts, ports);
    checkEnds(step, this.context.ports, ports);
    const { portKind } = this.context;
    const other = ports.find(({ kind }) => kind !== portKind);
    if (other !== undefined) throw new TrialFailure(step, `gives a port of kind ${other.kind}, not ${portKind}`);
    const given = JSON.stringify(ANSWERS.nextPorts.parse(ports));
    if (given === this.fit) return;
    const strange = await strangePort(this.owner, ports);
    if (strange !== null) throw new TrialFailure(step, strange);
    this.fit = given;
  }
}

/** The first reading of a trial, below which no later one may fall. */
class FirstReading {
  private first: SwitchCounters = { ports: null, uplinks: null };

  /** A fresh program may stand behind the ports of the next trial, and counts from 0. */
  forget(): void {
    this.first = { ports: null, uplinks: null };
  }

  ports(step: string, ports: SwitchCounters['ports']): SwitchCounters['ports'] {
    attributed(step, () => portDifferences(this.first.ports, ports));
    this.first.ports ??= ports;
    return ports;
  }

  uplink<Reading extends NonNullable<SwitchCounters['uplinks']>[number]>(step: string, reading: Reading): Reading {
    const { uplinks } = this.first;
    attributed(step, () => uplinkDifferences(uplinks, [reading, reading]));
    this.first.uplinks ??= [reading, reading];
    return reading;
  }
}

function attributed(step: string, compare: () => unknown): void {
  try {
    compare();
  } catch (error) {
    throw error instanceof HostError ? new TrialFailure(step, error.message) : error;
  }
}
