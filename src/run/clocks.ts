// SPDX-License-Identifier: Apache-2.0
// The clocks of two hosts. They are compared only to line samples up, which are taken every 20 to 100 ms: no delay is ever
// measured from one host to the other.
import type { Host } from '../host/host.ts';
import type { SampleLine } from '../model/dataplane.ts';

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
