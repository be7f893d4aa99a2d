// SPDX-License-Identifier: Apache-2.0
// What searches found, in words: `NDR 1.204 Mpps (1.201 – 1.207)`.
import type { CaseResult } from '../model/result.ts';
import { type Found, objectiveName } from '../model/search.ts';
import { inScale, ppsScale, type Scale, withUnit } from './format.ts';

type Bounds = Pick<Found, 'lowerPps' | 'upperPps'>;

/** Between which rates the highest one lies that meets an objective, in a scale and without the unit; a dash where nobody knows. */
export function boundsOf({ lowerPps, upperPps }: Bounds, scale: Scale): string {
  return betweenWords(lowerPps, upperPps, (pps) => inScale(pps, scale));
}

/** A highest value that is good and a lowest that is not, either of which may be missing; a dash where both are. */
export function betweenWords(lower: number | null, upper: number | null, tell: (value: number) => string): string {
  if (lower !== null && upper !== null) return `${tell(lower)} – ${tell(upper)}`;
  if (lower !== null) return `≥ ${tell(lower)}`;
  return upper === null ? '–' : `< ${tell(upper)}`;
}

/** The unit in which what was found for all of these cases reads well. */
export function foundScale(cases: readonly Pick<CaseResult, 'summary'>[]): Scale {
  return ppsScale(
    cases.flatMap(({ summary }) => (summary?.found ?? []).map((one) => one.upperPps ?? one.lowerPps ?? 0)),
  );
}

/** What was found for each objective so far. */
export function foundWords(found: readonly Found[]): string {
  return found.map(objectiveWords).join('; ');
}

function objectiveWords({ objective, throughputPps, ...bounds }: Found): string {
  const scale = ppsScale([bounds.upperPps ?? bounds.lowerPps ?? 0]);
  const between = boundsOf(bounds, scale);
  if (throughputPps === null) return `${objectiveName(objective)} ${between}${between === '–' ? '' : ` ${scale.unit}`}`;
  return `${objectiveName(objective)} ${withUnit(throughputPps, scale)} (${between})`;
}
