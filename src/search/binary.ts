// SPDX-License-Identifier: Apache-2.0
// Binary search with trials of one length, for comparison: that of RFC 2544 (sections 24 and 26.1), and with loss verification (ETSI GS
// NFV-TST 009, section 12.3.3), which repeats a trial that lost something before it believes it.
import type { Measure } from './trial.ts';

export interface BinaryPlan {
  minPps: number;
  maxPps: number;
  /** Relative to the upper bound. */
  widthRatio: number;
  lossRatio: number;
  trialMs: number;
  /** How often a trial with too much loss is repeated, hoping for less: 0 is RFC 2544. */
  repeats: number;
}

/** RFC 2544 with its trials of 60 s, or TST 009 with one repetition. */
export const SIXTY_SECONDS = { lossRatio: 0, trialMs: 60_000, widthRatio: 0.005 } as const;

export interface BinaryResult {
  /** Null where even the least load was too much, or the highest was not. */
  lowerPps: number | null;
  upperPps: number | null;
  measuredMs: number;
}

/** A load that the sender cannot offer counts as too much, as the standards have no word for it. */
export async function binarySearch(plan: BinaryPlan, measure: Measure): Promise<BinaryResult> {
  const { minPps, maxPps, widthRatio } = plan;
  const result: BinaryResult = { lowerPps: null, upperPps: null, measuredMs: 0 };
  const holds = async (loadPps: number) => {
    for (let attempt = 0; attempt <= plan.repeats; attempt += 1) {
      const measured = await measure(loadPps, plan.trialMs);
      result.measuredMs += plan.trialMs;
      if (measured.kind === 'measured' && measured.lossRatio <= plan.lossRatio) return true;
    }
    return false;
  };
  for (let loadPps = maxPps; ; loadPps = Math.round(((result.lowerPps ?? minPps) + (result.upperPps ?? maxPps)) / 2)) {
    if (await holds(loadPps)) result.lowerPps = loadPps;
    else result.upperPps = loadPps;
    const { lowerPps, upperPps } = result;
    if (upperPps === null || upperPps <= minPps) return result;
    if (1 - (lowerPps ?? minPps) / upperPps <= widthRatio) return result;
  }
}
