// SPDX-License-Identifier: Apache-2.0
// Sizes as a reader wants them. Everywhere else a frame is without its frame check sequence; who asked for sizes with it (--fcs) reads
// them so, and what follows from them.
import { FCS_BYTES } from '../model/frame.ts';
import type { CampaignResult, CaseResult, Interval, Summary } from '../model/result.ts';
import { meanBytes, shifted } from '../model/sizes.ts';
import type { TestCase } from '../model/testcase.ts';

/** What a report says of sizes where they are with the FCS. */
export const WITH_FCS = 'Sizes and bit rates are with the FCS';

/** A campaign as it is shown: a copy with other sizes where its own are to be with the FCS, which is no test case that could be run. */
export function shownResult(result: CampaignResult): CampaignResult {
  return result.fcs ? { ...result, results: result.results.map(shownCase) } : result;
}

/** The same of test cases alone. */
export function shownCases(cases: readonly TestCase[], fcs: boolean): TestCase[] {
  return fcs ? cases.map(withFcs) : [...cases];
}

function withFcs(testCase: TestCase): TestCase {
  return { ...testCase, packetSize: shifted(testCase.packetSize, FCS_BYTES) };
}

/** Packet rates stay, and so does the line rate: it is packets/s of a wire that carries the FCS in any case. */
function shownCase(one: CaseResult): CaseResult {
  const shown = withFcs(one.case);
  if (one.summary === null) return { ...one, case: shown };
  const bytes = arrivedBytes(one.case, one.summary);
  const throughputBps = scaled(one.summary.throughputBps, (bytes + FCS_BYTES) / bytes);
  return { ...one, case: shown, summary: { ...one.summary, throughputBps } };
}

/** Of the mean frame that arrived, which of a mix is another one than of those sent where sizes are lost unevenly. */
function arrivedBytes({ packetSize }: TestCase, { throughputBps, throughputPps }: Summary): number {
  if (typeof packetSize === 'number') return packetSize;
  const bytes = throughputBps.median / (8 * throughputPps.median);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : meanBytes(packetSize);
}

function scaled({ median, ciLow, ciHigh, ...rest }: Interval, factor: number): Interval {
  const times = (value: number | null) => (value === null ? null : value * factor);
  return { ...rest, median: median * factor, ciLow: times(ciLow), ciHigh: times(ciHigh) };
}
