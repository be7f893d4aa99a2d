// SPDX-License-Identifier: Apache-2.0
import type { Sample } from '../model/result.ts';

/** What was sent and received in the time that ends at `tS`, seconds since the traffic started, in packets/s. */
export interface RatesAt {
  tS: number;
  offeredPps: number;
  receivedPps: number;
  steady: boolean;
}

/** A trial over time: what went and came between two samples, as rates. Counters start at 0 with the traffic. */
export function ratesOverTime(samples: readonly Sample[]): RatesAt[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1] ?? { tS: 0, offeredPackets: 0, receivedPackets: 0 };
    const seconds = sample.tS - before.tS;
    if (seconds <= 0) return [];
    return [
      {
        tS: sample.tS,
        offeredPps: (sample.offeredPackets - before.offeredPackets) / seconds,
        receivedPps: (sample.receivedPackets - before.receivedPackets) / seconds,
        steady: sample.steady,
      },
    ];
  });
}
