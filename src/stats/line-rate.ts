// SPDX-License-Identifier: Apache-2.0
// What the cable between two hosts carries: a limit that is no switch's.
import { isRate } from '../model/deciding.ts';
import type { CaseResult } from '../model/result.ts';
import { meanBytes } from '../model/sizes.ts';
import { farHostOf, type HostRecord, lineRatePps, nearHostOf } from '../model/testbed.ts';
import { bothSend, type TestCase } from '../model/testcase.ts';

/** From this part of the line rate on the cable is the limit: what is left are gaps that no sender closes wholly. */
export const LINE_RATE_LIMITED_RATIO = 0.95;

/** The most packets/s of a case's size, or of the mean of its sizes, that its cable carries for all pairs together, each direction that they use counted; null where there is none, or nobody knows. */
export function lineRateOf(campaign: { hosts: readonly HostRecord[] }, testCase: TestCase): number | null {
  if (testCase.location !== 'remote') return null;
  const ends = [nearHostOf(campaign, testCase.testbed), farHostOf(campaign, testCase.testbed)];
  const known = ends.flatMap((host) => host?.uplink?.lineRateBps ?? []);
  if (known.length === 0) return null;
  return lineRatePps(Math.min(...known), meanBytes(testCase.packetSize)) * (bothSend(testCase) ? 2 : 1);
}

/** The part of the line rate that a case reached; null where it has none, as latencies. */
export function lineRateRatio({ case: testCase, summary, lineRatePps: most }: CaseResult): number | null {
  if (!isRate(testCase.dimension) || summary === null || most === null) return null;
  return summary.throughputPps.median / most;
}

/** The cable is the limit, and the switch may be faster. */
export function isLineRateLimited(result: CaseResult): boolean {
  return (lineRateRatio(result) ?? 0) >= LINE_RATE_LIMITED_RATIO;
}
