// SPDX-License-Identifier: Apache-2.0
// The clocks of a trial. Those of two hosts are compared only to line samples up, which are taken every 20 to 100 ms: no delay is ever
// measured from one host to the other. The counter by which packets are timed was calibrated when an application started; whether it
// still is right is looked at again when the trial has ended.
import type { Host } from '../host/host.ts';
import type { FinalLine, SampleLine } from '../model/dataplane.ts';
import { COUNTER_CLOCKSOURCES } from '../model/inventory.ts';

const EXCHANGES = 5;

/**
 * How far the far host's clock is ahead of the near one's, each since its own epoch, in nanoseconds. Two hosts on one machine have
 * one clock, and only their epochs differ. Else the far clock is read between two readings of the near one, and of several exchanges
 * the quickest counts (as NTP does, RFC 5905). The error is at most half of its duration.
 */
export async function clockOffsetNs(near: Host, far: Host, sameMachine: boolean): Promise<number> {
  if (sameMachine) return Number(near.epochNs - far.epochNs);
  let best = { spanNs: Number.POSITIVE_INFINITY, offsetNs: 0 };
  for (let exchange = 0; exchange < EXCHANGES; exchange += 1) {
    const before = await near.monotonicNs();
    const between = await far.monotonicNs();
    const after = await near.monotonicNs();
    const spanNs = after - before;
    if (spanNs < best.spanNs) best = { spanNs, offsetNs: between - (before + after) / 2 };
  }
  return best.offsetNs;
}

/** Samples of the far host, at the times of the near host's clock. */
export function toNearClock(samples: readonly SampleLine[], farAheadNs: number): SampleLine[] {
  return samples.map((sample) => ({ ...sample, t_ns: sample.t_ns - farAheadNs }));
}

/**
 * A counter and the kernel's clock that run further apart than this, in millionths, are not two readings of one quartz: NTP slews by 500
 * at most, but CLOCK_MONOTONIC_RAW is not slewed, and a calibration over milliseconds is right to a few.
 */
export const CLOCK_DRIFT_PPM_MAX = 50;

/** What the kernel of one host told the time by; null where it does not say. */
export interface Clocksources {
  /** When the host was prepared for the campaign. */
  before: string | null;
  /** When the trial had ended. */
  after: string | null;
}

/** The drift that is furthest from none, of the applications that know theirs; null where none does. */
export function worstDriftPpm(finals: readonly Pick<FinalLine, 'clock_drift_ppm'>[]): number | null {
  return finals.reduce<number | null>((worst, { clock_drift_ppm: ppm }) => {
    if (ppm === null) return worst;
    return worst === null || Math.abs(ppm) > Math.abs(worst) ? ppm : worst;
  }, null);
}

/** Whether a trial's times are in doubt: a counter that drifts, or a kernel that does not trust it, or not any more. */
export function clockDrifts(driftPpm: number | null, hosts: readonly Clocksources[]): boolean {
  const isLeft = ({ before, after }: Clocksources) =>
    after !== null && (!COUNTER_CLOCKSOURCES.includes(after) || after !== before);
  return Math.abs(driftPpm ?? 0) > CLOCK_DRIFT_PPM_MAX || hosts.some(isLeft);
}
