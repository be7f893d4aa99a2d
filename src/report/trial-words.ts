// SPDX-License-Identifier: Apache-2.0
// What became of a trial, in a few words.
import type { Measurement, Trial } from '../model/result.ts';
import { formatPps } from '../model/units.ts';
import { lossRatioOf } from '../stats/integrity.ts';
import { burstWords } from './bursts.ts';
import { churnWords } from './churns.ts';
import { counted, MICROSECONDS, percentLost, withUnit } from './format.ts';
import { foundWords } from './found.ts';

/** `1.00 kpps, 0 % lost`, or why there are no figures. */
export function trialWords({ outcome, measurement }: Trial): string {
  if (outcome.outcome !== 'measured' || measurement === null) {
    return `${outcome.outcome}: ${'reason' in outcome ? outcome.reason : ''}`;
  }
  const found = foundBy(measurement);
  if (found !== null) return found;
  const median = measurement.latencyNs?.rtt?.p50 ?? null;
  const ratio = lossRatioOf([measurement]);
  return [
    formatPps(measurement.throughputPps),
    ratio === null ? 'nothing sent' : `${percentLost(Math.max(0, ratio))} lost`,
    ...(median === null ? [] : [`median round trip ${withUnit(median, MICROSECONDS)}`]),
  ].join(', ');
}

/** What a trial that looked for something found; null for one that measured a rate or delays. */
export function foundBy({ search, burst, churn }: Measurement): string | null {
  if (search !== null) return `${foundWords(search.found)}, by ${counted(search.loads.length, 'trial')}`;
  if (burst !== null) return burstWords(burst);
  return churn === null ? null : churnWords(churn);
}
