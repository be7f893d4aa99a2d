// SPDX-License-Identifier: Apache-2.0
// A call of a switch driver, which may be anybody's: it ends within a time, or when the user wants to stop, whatever the driver does,
// and what it throws is the driver's own failure.
import { HostLostError } from '../host/host.ts';
import { reasonOf, TrialFailure } from './failure.ts';

/** Longest that each call of a driver may take, in ms. Told in docs/adding-a-switch.md, which a test compares. */
export const CALL_LIMITS_MS = {
  probe: 30_000,
  start: 110_000,
  nextPorts: 10_000,
  plug: 10_000,
  unplug: 10_000,
  connect: 30_000,
  settled: 10_000,
  served: 10_000,
  counters: 10_000,
  uplinkCounters: 10_000,
  threads: 10_000,
  health: 10_000,
  observe: 10_000,
  caches: 10_000,
  hugepageBytes: 10_000,
  frameLimit: 10_000,
} as const;

/** What is asked, at once and without waiting, before a switch is started. */
export type BeforeStart = 'hugepageBytes' | 'frameLimit';

/** A call and who is called. */
export interface DriverCall {
  /** What a failure of it is called, as `counters() of my-switch`. */
  step: string;
  limitMs: number;
  /** Each ends the call at once, with its reason. */
  signals: readonly AbortSignal[];
}

/**
 * What the call answers. Throws TrialFailure for whatever the driver throws, or where it takes too long; HostLostError; and a signal's
 * reason. A call that is given up may go on in the dark: what comes of it is ignored.
 */
export async function callDriver<T>(
  { step, limitMs, signals }: DriverCall,
  call: () => T | PromiseLike<T>,
): Promise<T> {
  for (const signal of signals) signal.throwIfAborted();
  const givenUp = Promise.withResolvers<never>();
  const listening = new AbortController();
  for (const signal of signals) {
    signal.addEventListener('abort', () => givenUp.reject(signal.reason), { once: true, signal: listening.signal });
  }
  const late = () => givenUp.reject(new TrialFailure(step, `no answer within ${limitMs / 1000} s`));
  const timer = setTimeout(late, limitMs);
  // On a stack of its own: a loop in it that has to be ended (watchdog.ts) takes all with it that waits on the same stack.
  const called = new Promise<T>((resolve) => process.nextTick(() => resolve(Promise.try(call))));
  const answer = called.catch((error: unknown): never => {
    throw isOurs(error, signals) ? error : new TrialFailure(step, thrown(error));
  });
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, givenUp.promise]);
  } finally {
    clearTimeout(timer);
    listening.abort();
  }
}

/** What was thrown; that it was is said where it is no error by itself. */
function thrown(error: unknown): string {
  return isOfKind(error, Error) ? reasonOf(error) : `throws ${reasonOf(error)}`;
}

/** What a driver passes on, and is not its own: the wish to stop, and that its host is gone. */
function isOurs(error: unknown, signals: readonly AbortSignal[]): boolean {
  if (signals.some((signal) => signal.aborted && signal.reason === error)) return true;
  return isOfKind(error, TrialFailure) || isOfKind(error, HostLostError);
}

/** A proxy may not even want to be looked at. */
function isOfKind(error: unknown, kind: abstract new (...args: never[]) => Error): boolean {
  try {
    return error instanceof kind;
  } catch {
    return false;
  }
}
