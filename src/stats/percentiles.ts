// SPDX-License-Identifier: Apache-2.0
// Which percentiles the packets of a histogram tell, and why the others are withheld.
import type { LatencySummary } from '../model/result.ts';

/** The percentiles that are given, by the names of their fields. */
export const PERCENTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9, p9999: 99.99 } as const;
export type PercentileName = keyof typeof PERCENTILES;

/**
 * Packets that have to lie beyond a percentile. With ten the relative standard error of their share is 1/√10, about a third: a p99.9 is
 * then somewhere between p99.87 and p99.93. With one it is the maximum, and says so little of the distribution as that.
 */
export const BEYOND_MIN = 10;

/** How many packets a percentile needs: 1 000 for p99, 10 000 for p99.9. */
export function packetsNeeded(name: PercentileName): number {
  return Math.round(BEYOND_MIN / (1 - PERCENTILES[name] / 100));
}

/** Why a percentile is not given. */
export type Withheld = { why: 'few-packets'; packetsNeeded: number } | { why: 'censored'; atLeastNs: number };

/** Why a summary lacks a percentile; null where it has it. */
export function withheld(
  summary: Pick<LatencySummary, PercentileName | 'count' | 'censoredCount' | 'censoredAtLeastNs'>,
  name: PercentileName,
): Withheld | null {
  const needed = packetsNeeded(name);
  if (summary.count + summary.censoredCount < needed) return { why: 'few-packets', packetsNeeded: needed };
  if (summary[name] !== null) return null;
  return { why: 'censored', atLeastNs: summary.censoredAtLeastNs ?? 0 };
}
