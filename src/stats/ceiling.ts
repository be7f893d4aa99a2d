// SPDX-License-Identifier: Apache-2.0
// What limits a figure: the switch, or the tool that measured it. The ceiling is the same test case without a switch.
import { isRate } from '../model/deciding.ts';
import type { CampaignResult, CaseResult, Ceiling } from '../model/result.ts';
import { CEILING, ceilingOf } from './verdict.ts';

/** A switch that reaches this much of the same framework's throughput without any switch may be faster than the tool. */
export const TOOL_LIMITED_RATIO = 0.95;

/** A switch whose pollers are busy for this much of the time has no more to give. */
const BUSY_RATIO = 0.95;

/**
 * How near a case that is no latency came to its ceiling, and what that says of its limit; null where it has none: no `direct` was
 * measured with the same framework and parameters, or the case received all that it was asked to carry.
 *
 * `elsewhere` are other campaigns of the same machine, the most preferred first, for cases whose own campaign has no ceiling.
 */
export function ceilingFor(
  result: CaseResult,
  own: Pick<CampaignResult, 'id' | 'results'>,
  elsewhere: readonly Pick<CampaignResult, 'id' | 'results'>[],
): Ceiling | null {
  if (!isRate(result.case.dimension) || result.summary === null) return null;
  if (result.case.rate !== 'max' && !result.flags.includes('rate-not-reached')) return null;
  for (const { id, results } of [own, ...elsewhere]) {
    const ceilingPps = ceilingOf(result, results)?.summary?.throughputPps.median;
    if (ceilingPps === undefined || ceilingPps === 0) continue;
    const ratio = result.summary.throughputPps.median / ceilingPps;
    return { campaign: id, throughputPps: ceilingPps, ratio, limit: limitOf(result, ratio) };
  }
  return null;
}

/** Whether a case that has none yet could have a ceiling. */
export function lacksCeiling(result: CaseResult): boolean {
  return (
    isRate(result.case.dimension) &&
    result.case.switch !== CEILING &&
    result.summary !== null &&
    result.ceiling === undefined
  );
}

/**
 * Below the ceiling it is the switch, unless the applications had to share a CPU, which they do not without a switch: then
 * only a switch that is busy all the time is known to be the limit.
 */
function limitOf(result: CaseResult, ratio: number): Ceiling['limit'] {
  if (ratio >= TOOL_LIMITED_RATIO) return 'tool';
  if (!result.flags.includes('shared-cpu')) return 'switch';
  return busiestRatio(result.evidence.switchFigures) >= BUSY_RATIO ? 'switch' : 'unknown';
}

/** Of a switch with several threads the busiest: packets of its ports wait for it, however idle the others are. */
function busiestRatio(figures: Readonly<Record<string, number>>): number {
  const ratios = Object.entries(figures).filter(([name]) => /^(?:busy|thread\d+Busy)Ratio$/.test(name));
  return Math.max(0, ...ratios.map(([, ratio]) => ratio));
}
