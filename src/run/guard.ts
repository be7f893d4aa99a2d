// SPDX-License-Identifier: Apache-2.0
// A switch driver behind a guard: each call ends in time, each answer is looked at, and what is wrong with one is that driver's own failure,
// with the call named.
import type { z } from 'zod';
import { HostError } from '../host/host.ts';
import type {
  Port,
  PortHotplug,
  PortRequest,
  RunningSwitch,
  SwitchContext,
  SwitchDriver,
  SwitchFigures,
} from '../switches/driver.ts';
import { portDifferences, type SwitchCounters, uplinkDifferences } from './counters.ts';
import { ANSWERS, checkAnswer, checkEnds } from './driver-answers.ts';
import { type BeforeStart, CALL_LIMITS_MS, callDriver } from './driver-call.ts';
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

type CallName = Exclude<keyof typeof CALL_LIMITS_MS, 'probe' | BeforeStart>;

/** Starts a switch and puts it behind the guard. Throws TrialFailure, HostLostError and a signal's reason. */
export async function startGuarded(driver: SwitchDriver, context: SwitchContext, guard: Guard): Promise<GuardedSwitch> {
  const step = `start ${driver.id}`;
  const call = { step, limitMs: CALL_LIMITS_MS.start, signals: guard.signals };
  const running = await callDriver(call, async () => partsOf(step, await driver.start(context)));
  if (driver.hotplug === 'port' && running.hotplug === undefined)
    throw new TrialFailure(step, 'has no hotplug, though its ports are said to come and go');
  return guarded(driver.id, running, context, guard);
}

/** The parts of a running switch, each read once, as functions that know what they are of. */
function partsOf(step: string, running: RunningSwitch): RunningSwitch {
  const parts = checkAnswer(step, ANSWERS.start, running);
  const { uplinkCounters, connect, served, observe, caches, hotplug } = parts;
  return {
    flags: parts.flags,
    nextPorts: parts.nextPorts.bind(running),
    counters: parts.counters.bind(running),
    settled: parts.settled.bind(running),
    threads: parts.threads.bind(running),
    health: parts.health.bind(running),
    ...(uplinkCounters === undefined ? {} : { uplinkCounters: uplinkCounters.bind(running) }),
    ...(connect === undefined ? {} : { connect: connect.bind(running) }),
    ...(served === undefined ? {} : { served: served.bind(running) }),
    ...(observe === undefined ? {} : { observe: observe.bind(running) }),
    ...(caches === undefined ? {} : { caches: caches.bind(running) }),
    ...(hotplug === undefined ? {} : { hotplug: boundHotplug(hotplug, running.hotplug) }),
  };
}

function boundHotplug({ unplug, plug, connect }: Answered, of: unknown): PortHotplug {
  return {
    unplug: unplug.bind(of),
    plug: plug.bind(of),
    ...(connect === undefined ? {} : { connect: connect.bind(of) }),
  };
}

type Answered = NonNullable<z.infer<typeof ANSWERS.start>['hotplug']>;

function guarded(id: string, running: RunningSwitch, context: SwitchContext, guard: Guard): GuardedSwitch {
  const stepOf = (call: CallName) => `${call}() of ${id}`;
  const call = <T>(name: CallName, answer: () => T | PromiseLike<T>, more: readonly AbortSignal[] = []) =>
    callDriver({ step: stepOf(name), limitMs: CALL_LIMITS_MS[name], signals: [...guard.signals, ...more] }, answer);
  // An answer is looked at within its call: it may have getters, and what they do is the driver's.
  const ask = <T>(name: CallName, schema: z.ZodType<T>, answer: () => unknown, step = stepOf(name)) =>
    call(name, async () => checkAnswer(step, schema, await answer()));
  const seen = new FirstReading();
  const portCheck = new PortCheck(context, guard.owner);
  const { uplinkCounters, connect, served, observe, caches, hotplug } = running;
  return {
    flags: running.flags,
    trouble: guard.trouble,
    nextPorts: async () => {
      seen.forget();
      const ports = await ask('nextPorts', ANSWERS.nextPorts, () => running.nextPorts());
      await portCheck.check(stepOf('nextPorts'), ports);
      return ports;
    },
    counters: async () => {
      const ports = await ask('counters', ANSWERS.counters, () => running.counters());
      if (ports !== null) checkEnds(stepOf('counters'), context.ports, ports);
      return seen.ports(stepOf('counters'), ports);
    },
    settled: (stations) => ask('settled', ANSWERS.settled, () => running.settled(stations)),
    threads: () => ask('threads', ANSWERS.threads, () => running.threads()),
    health: () => ask('health', ANSWERS.health, () => running.health()),
    ...(uplinkCounters === undefined
      ? {}
      : {
          uplinkCounters: async () => {
            const reading = await ask('uplinkCounters', ANSWERS.uplinkCounters, () => uplinkCounters());
            return seen.uplink(stepOf('uplinkCounters'), reading);
          },
        }),
    ...(connect === undefined ? {} : { connect: (signal) => call('connect', () => connect(signal), [signal]) }),
    ...(served === undefined ? {} : { served: () => ask('served', ANSWERS.served, () => served()) }),
    ...(observe === undefined
      ? {}
      : {
          observe: async () => {
            const end = await ask('observe', ANSWERS.observe, () => observe());
            return (): Promise<SwitchFigures> =>
              ask('observe', ANSWERS.figures, () => end(), `the end of observe() of ${id}`);
          },
        }),
    ...(caches === undefined ? {} : { caches: () => ask('caches', ANSWERS.caches, () => caches()) }),
    ...(hotplug === undefined
      ? {}
      : {
          hotplug: {
            unplug: (request) => call('unplug', () => hotplug.unplug(request)),
            plug: async (request) => {
              const port = await ask('plug', ANSWERS.plug, () => hotplug.plug(request));
              seen.forgetPort(request);
              await portCheck.checkOne(stepOf('plug'), request, port);
              return port;
            },
            connect: (request, signal) => call('connect', () => hotplug.connect?.(request, signal), [signal]),
          },
        }),
  };
}

/** What of its ports a driver gives away. The same ports, trial after trial, are asked about once. */
class PortCheck {
  private readonly context: SwitchContext;
  private readonly owner: PortOwner;
  /** Those that were found to be the driver's own. */
  private fit = '';

  constructor(context: SwitchContext, owner: PortOwner) {
    this.context = context;
    this.owner = owner;
  }

  /** Throws TrialFailure. */
  async check(step: string, ports: readonly Port[]): Promise<void> {
    checkEnds(step, this.context.ports, ports);
    const { portKind } = this.context;
    const other = ports.find(({ kind }) => kind !== portKind);
    if (other !== undefined) throw new TrialFailure(step, `gives a port of kind ${other.kind}, not ${portKind}`);
    const given = JSON.stringify(ports);
    if (given === this.fit) return;
    const strange = await strangePort(this.owner, ports);
    if (strange !== null) throw new TrialFailure(step, strange);
    this.fit = given;
  }

  /** The same of a port that was made anew. */
  async checkOne(step: string, request: PortRequest, port: Port): Promise<void> {
    checkEnds(step, [request], [port]);
    const { portKind } = this.context;
    if (port.kind !== portKind) throw new TrialFailure(step, `gives a port of kind ${port.kind}, not ${portKind}`);
    const strange = await strangePort(this.owner, [port]);
    if (strange !== null) throw new TrialFailure(step, strange);
  }
}

/** The first reading of a trial, below which no later one may fall. */
class FirstReading {
  private first: SwitchCounters = { ports: null, uplinks: null };

  /** A fresh program may stand behind the ports of the next trial, and counts from 0. */
  forget(): void {
    this.first = { ports: null, uplinks: null };
  }

  /** It may count from 0 as well. */
  forgetPort({ pair, end }: PortRequest): void {
    this.first.ports = this.first.ports?.filter((port) => port.pair !== pair || port.end !== end) ?? null;
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
