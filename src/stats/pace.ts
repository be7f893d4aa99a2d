// SPDX-License-Identifier: Apache-2.0
// Whether a paced case kept the pace that was asked for. Totals of the measured window decide, never a rate between two samples: at low
// rates a sample is as coarse as a burst.
import type { Measurement } from '../model/result.ts';
import { sumOf } from './sum.ts';

/** Packets of the intended ones from which on a pace is kept. */
export const RATE_KEPT_RATIO = 0.99;

type PaceCounts = Pick<
  Measurement,
  | 'rawPps'
  | 'intendedPackets'
  | 'offeredPackets'
  | 'receivedPackets'
  | 'steadyOfferedPackets'
  | 'steadyReceivedPackets'
  | 'steadyGivenUpPackets'
>;

/**
 * Packets offered, or received, of those that the schedule asked for within the windows of all trials together. Records from before
 * packets that were given up were counted in the window have totals of the whole run instead. 1 where nothing was asked for.
 */
export function keptRatio(measured: readonly PaceCounts[], what: 'offered' | 'received'): number {
  const windowed = measured.every(({ rawPps }) => rawPps !== null);
  const intended = sumOf(measured, (one) =>
    windowed ? one.steadyOfferedPackets + one.steadyGivenUpPackets : one.intendedPackets,
  );
  const kept = sumOf(measured, (one) => {
    if (what === 'received') return windowed ? one.steadyReceivedPackets : one.receivedPackets;
    return windowed ? one.steadyOfferedPackets : one.offeredPackets;
  });
  return intended === 0 ? 1 : kept / intended;
}
