// SPDX-License-Identifier: Apache-2.0
// The longest bursts in words: `longest burst 1012 packets (1008 – 1016), 998 deep, 250.1 µs`.
import type { Burst } from '../model/burst.ts';
import { inScale, MICROSECONDS, withUnit } from './format.ts';
import { betweenWords } from './found.ts';

type Bounds = Pick<Burst, 'lowerPackets' | 'upperPackets'>;

/** Between which lengths the longest train lies that comes through; a dash where nobody knows. */
export function trainBounds({ lowerPackets, upperPackets }: Bounds): string {
  return betweenWords(lowerPackets, upperPackets, String);
}

/** What was found of one trial. */
export function burstWords({ longestPackets, depthPackets, depthNs, ...bounds }: Burst): string {
  const longest = `longest burst ${Math.round(longestPackets)} packets (${trainBounds(bounds)})`;
  return depthPackets === null || depthNs === null
    ? longest
    : `${longest}, the path is ${Math.round(depthPackets)} packets deep, ${withUnit(depthNs, MICROSECONDS)}`;
}

/** The depth of a case, in packets and in time. */
export function depthCells(summary: { depthPackets: number | null; depthNs: number | null } | null): [string, string] {
  const { depthPackets = null, depthNs = null } = summary ?? {};
  return [
    depthPackets === null ? '–' : String(Math.round(depthPackets)),
    depthNs === null ? '–' : inScale(depthNs, MICROSECONDS),
  ];
}
