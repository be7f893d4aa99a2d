// SPDX-License-Identifier: Apache-2.0
import timers from 'node:timers/promises';
import { type HostProcess, lastLine } from '../host/host.ts';
import {
  type DataplaneLine,
  DataplaneLineSchema,
  type FinalLine,
  type ReadyLine,
  type SampleLine,
} from '../model/dataplane.ts';
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey } from '../model/parameters.ts';
import { macOf, UDP_PORT } from '../model/station.ts';
import type { TestCase } from '../model/testcase.ts';
import { bothSend, rolesOf } from '../model/testcase.ts';
import { TrialFailure } from './failure.ts';

export type End = 'source' | 'sink';

/** What an application needs to know beyond its test case. */
export interface ApplicationPlan {
  testCase: TestCase;
  pair: number;
  end: End;
  /** Interface, or device argument of its I/O framework, as the container sees it. */
  device: string;
  cpu: number;
  warmupMs: number;
  durationMs: number;
  cooldownMs: number;
  /** Of the host that it runs on: its times are told since then. */
  epochNs: bigint;
  /** How often it samples, where that is not as the window's length has it, ms. */
  intervalMs?: number;
  /** Of who receives: where packets are missing is told in stretches that are so many packets apart. */
  gapPackets?: number;
  /** It does not say where it is: that would be everybody's packet, amid traffic that is counted. */
  isQuiet?: boolean;
  /** Tells its packets from those of the trial before (0 to `RUN_TAGS` - 1). */
  runTag: number;
}

/** The packet has seven bits for it. */
export const RUN_TAGS = 128;

/**
 * Time that a source goes on after the measured window, so that the window ends before anything slows down. Trials of a search have less:
 * there are many of them, and nothing ends behind them.
 */
export const COOLDOWN_MS = 100;
export const COOLDOWN_KEPT_MS = 20;
/** Both ends of all pairs sample at the same multiples of this; short windows need more samples than long ones. */
export function sampleIntervalMs(durationMs: number): number {
  return durationMs >= 1000 ? 100 : 20;
}
/** How long a sink listens on without a packet after its source has ended, and a client for late echoes. */
const DRAIN_MS = 50;

/**
 * An address of the ranges that RFC 2544 (appendix C.2.2) and RFC 5180 (section 8) set aside for benchmarks. Within the second half of an
 * IPv6 address flows count up and down (dataplane/frame/flows.h): it has room for both.
 */
export function ipOf(pair: number, end: End, version: TestCase['ip'] = '4'): string {
  const host = end === 'source' ? 1 : 2;
  return version === '4' ? `198.18.${pair}.${host}` : `2001:2:0:${pair.toString(16)}:4000::${host}`;
}

/** The command line of an application inside its container (dataplane/PROTOCOL.md). */
export function applicationCommand(plan: ApplicationPlan): string[] {
  return [
    '/bin/vswload',
    rolesOf(plan.testCase)[plan.end],
    ...words(optionsFor(plan)),
    // What it sent last may still wait in a ring for the switch, which also loses its counters of a port that closes.
    '--hold',
    ...(plan.isQuiet === true ? ['--quiet-announce'] : []),
  ];
}

/** What may differ between trials of an application that stays on its port. */
const NEXT_OPTIONS = ['rate', 'arrivals', 'run', 'peer-run', 'warmup-ms', 'duration-ms', 'interval-ms'];

/** The command by which an application that has ended a trial begins another. */
export function nextCommand(plan: ApplicationPlan): string {
  const options = Object.entries(optionsFor(plan)).filter(([name]) => NEXT_OPTIONS.includes(name));
  return ['next', ...words(Object.fromEntries(options))].join(' ');
}

function words(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function optionsFor(plan: ApplicationPlan): Record<string, string | number> {
  const { testCase, pair, end } = plan;
  const other: End = end === 'source' ? 'sink' : 'source';
  return {
    device: plan.device,
    'local-mac': macOf(pair, end),
    'peer-mac': macOf(pair, other),
    'local-ip': ipOf(pair, end, testCase.ip),
    'peer-ip': ipOf(pair, other, testCase.ip),
    'local-port': UDP_PORT,
    'peer-port': UDP_PORT,
    pair,
    ...Object.fromEntries(PARAMETER_KEYS.flatMap((key) => optionOf(key, testCase))),
    'warmup-ms': plan.warmupMs,
    'duration-ms': plan.durationMs,
    'cooldown-ms': plan.cooldownMs,
    'interval-ms': plan.intervalMs ?? sampleIntervalMs(plan.durationMs),
    ...(plan.gapPackets === undefined ? {} : { 'gap-packets': plan.gapPackets }),
    'drain-ms': DRAIN_MS,
    cpu: plan.cpu,
    'epoch-ns': String(plan.epochNs),
    ...tagsOf(plan),
  };
}

/** Where both ends send, each tells what it gets from what it sent itself by another tag: a switch may send back what came from there. */
function tagsOf({ testCase, end, runTag }: ApplicationPlan): Record<string, number> {
  if (!bothSend(testCase)) return { run: runTag };
  const other = (runTag + RUN_TAGS / 2) % RUN_TAGS;
  return end === 'source' ? { run: runTag, 'peer-run': other } : { run: other, 'peer-run': runTag };
}

/** How an application is told of a parameter, where it is. */
function optionOf<Key extends ParameterKey>(key: Key, testCase: TestCase): [string, string | number][] {
  const { dataplane } = PARAMETERS[key];
  if (dataplane === null) return [];
  const { option } = dataplane;
  const value = testCase[key];
  return [[typeof option === 'string' ? option : option(value), dataplane.value(value)]];
}

/** What an application tells of one trial, as far as it has. */
class Lines {
  readonly samples: SampleLine[] = [];
  sampled: (() => void) | null = null;
  readonly ready = Promise.withResolvers<ReadyLine>();
  readonly firstSample = Promise.withResolvers<void>();
  readonly announced = Promise.withResolvers<number>();
  readonly sent = Promise.withResolvers<void>();
  readonly final = Promise.withResolvers<FinalLine>();

  constructor() {
    // Whoever awaits these sees the failure; nobody has to.
    for (const { promise } of this.all) promise.catch(() => undefined);
  }

  reject(failure: TrialFailure): void {
    for (const { reject } of this.all) reject(failure);
  }

  private get all() {
    return [this.ready, this.firstSample, this.announced, this.sent, this.final];
  }
}

/** A traffic application that runs: its lines are checked and kept as they come. */
export class Application {
  readonly name: string;
  private readonly process: HostProcess;
  private present: { plan: ApplicationPlan; lines: Lines };
  private failure: TrialFailure | null = null;

  constructor(name: string, plan: ApplicationPlan, process: HostProcess) {
    this.name = name;
    this.process = process;
    this.present = { plan, lines: new Lines() };
    void this.follow();
  }

  /** Of the present trial. */
  get plan(): ApplicationPlan {
    return this.present.plan;
  }

  /** Of the present trial; a list of its own. */
  get samples(): readonly SampleLine[] {
    return this.present.lines.samples;
  }

  /** Calls when another sample of the present trial has come; one listener at a time. */
  onSample(sampled: () => void): void {
    this.lines.sampled = sampled;
  }

  private get lines(): Lines {
    return this.present.lines;
  }

  /** Begins another trial, once the one before has told its result; it is to be ready, started and so on anew. */
  next(plan: ApplicationPlan): void {
    this.present = { plan, lines: new Lines() };
    if (this.failure === null) this.process.send(nextCommand(plan));
    else this.lines.reject(this.failure);
  }

  /** Its port is up and its MAC address announced. Fails with TrialFailure where it ends first or takes too long. */
  ready(timeoutMs: number, signal: AbortSignal): Promise<ReadyLine> {
    return this.within(this.lines.ready.promise, timeoutMs, signal, 'start application', 'is not ready');
  }

  /** It is at work: it has taken its first sample. */
  started(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.within(this.lines.firstSample.promise, timeoutMs, signal, 'start traffic', 'has not started');
  }

  /** A peer has sent all that it had to. */
  sent(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.within(this.lines.sent.promise, timeoutMs, signal, 'finish sending', 'has not sent everything');
  }

  /** It has ended by itself or as told. */
  final(timeoutMs: number, signal: AbortSignal): Promise<FinalLine> {
    return this.within(this.lines.final.promise, timeoutMs, signal, 'finish application', 'has not finished');
  }

  /** Rejects with TrialFailure when the application ends without a result; never resolves. */
  async failed(): Promise<never> {
    await this.lines.final.promise;
    return new Promise(() => undefined);
  }

  /** Tells the switch once more where its MAC address is. */
  announce(): void {
    this.process.send('announce');
  }

  /** Tells the switch where all of its addresses are, one by one: how long that took, ns. */
  announceAll(timeoutMs: number, signal: AbortSignal): Promise<number> {
    this.process.send('announce all');
    return this.within(this.lines.announced.promise, timeoutMs, signal, 'announce addresses', 'has not announced all');
  }

  /** Begins at the given time of its host's clock, in nanoseconds since that host's epoch; at once where it is past, as 0 is. */
  startAt(atNs: number): void {
    this.process.send(`start ${Math.round(atNs)}`);
  }

  /** A peer that is at work sends from the given time on, as for `startAt`. */
  sendAt(atNs: number): void {
    this.process.send(`send ${Math.round(atNs)}`);
  }

  /** Ends a source's warm-up at the given time, as for `startAt`, where it is not over by then. */
  measureAt(atNs: number): void {
    this.process.send(`measure ${Math.round(atNs)}`);
  }

  /** What arrives from now on is of an event, until that ends. */
  beginEvent(): void {
    this.process.send('event begin');
  }

  endEvent(): void {
    this.process.send('event end');
  }

  /** Told once, it ends its traffic; told again, or after traffic that ended by itself, it closes its port and ends. */
  stop(): void {
    this.process.send('stop');
  }

  /** Its container is gone. */
  async ended(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.within(this.process.ended, timeoutMs, signal, 'end container', 'has told its result but not ended');
  }

  private async follow(): Promise<void> {
    let complaint = '';
    try {
      for await (const text of this.process.lines) complaint = this.take(text) ?? complaint;
    } catch (error) {
      complaint ||= error instanceof Error ? error.message : String(error);
    }
    const result = await this.process.ended;
    this.fail(complaint || explain(result.stderr) || `it ended with exit code ${result.exitCode ?? 'none'}`);
  }

  private fail(why: string): void {
    this.failure ??= new TrialFailure('run application', `${this.name}: ${why}`);
    this.lines.reject(this.failure);
  }

  /** Returns what the application complains of, if it does. */
  private take(text: string): string | null {
    const line = parseLine(text);
    if (line === null) {
      // Who does not keep to the protocol is not believed in the rest either, and need not be waited for.
      this.fail(`it printed a line that is not of the protocol: ${text.slice(0, 120)}`);
      return null;
    }
    switch (line.type) {
      case 'ready':
        this.lines.ready.resolve(line);
        return null;
      case 'sample':
        this.lines.samples.push(line);
        this.lines.sampled?.();
        this.lines.firstSample.resolve();
        return null;
      case 'announced':
        this.lines.announced.resolve(line.after_ns);
        return null;
      case 'sent':
        this.lines.sent.resolve();
        return null;
      case 'final':
        this.lines.final.resolve(line);
        return null;
      case 'error':
        return line.message;
      default:
        return line satisfies never;
    }
  }

  /** Waits for an event; fails with TrialFailure where it takes too long, and with AbortError where nobody wants it any more. */
  private async within<T>(
    event: Promise<T>,
    timeoutMs: number,
    signal: AbortSignal,
    step: string,
    what: string,
  ): Promise<T> {
    const timer = new AbortController();
    const either = AbortSignal.any([timer.signal, signal]);
    const late = timers.setTimeout(timeoutMs, undefined, { signal: either }).then(() => {
      throw new TrialFailure(step, `${this.name} ${what} after ${timeoutMs / 1000} s`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([event, late]);
    } finally {
      timer.abort();
    }
  }
}

function parseLine(text: string): DataplaneLine | null {
  try {
    return DataplaneLineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** LXC prefixes its lines with where in its source they were printed; only what they say helps a user. */
function explain(stderr: string): string {
  const first = stderr.split('\n').find((line) => line.trim() !== '') ?? '';
  return lastLine(first.replace(/^lxc-execute: \S+ \S+: \S+ \d+ /, ''));
}
