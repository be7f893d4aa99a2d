// SPDX-License-Identifier: Apache-2.0
// A call of a switch driver, which may be anybody's: it ends within a time, or when the user wants to stop, whatever the driver does,
// and what it throws is the driver's own failure.
import { HostLostError } from '../host/host.ts';
import { reasonOf, TrialFailure } from './failure.ts';

/** Longest that each call of a driver may take, in ms. Told in docs/adding-a-switch.md, which a test compares. */
export const CALL_LIMITS_MS = {
  probe: 30_000,
  start: 120_000,
  nextPorts: 10_000,
  connect: 60_000,
  settled: 20_000,
  counters: 20_000,
  uplinkCounters: 20_000,
  threads: 20_000,
  health: 20_000,
  observe: 20_000,
} as const;

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
  const answer = Promise.try(call).catch((error: unknown): never => {
    throw isOurs(error, signals) ? error : new TrialFailure(step, reasonOf(error));
  });
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, givenUp.promise]);
  } finally {
    clearTimeout(timer);
    listening.abort();
  }
}

/** What a driver passes on, and is not its own: the wish to stop, and that its host is gone. */
function isOurs(error: unknown, signals: readonly AbortSignal[]): boolean {
  if (signals.some((signal) => signal.aborted && signal.reason === error)) return true;
  try {
    return error instanceof TrialFailure || error instanceof HostLostError;
  } catch {
    // A proxy that does not even want to be looked at.
    return false;
  }
}
