// SPDX-License-Identifier: Apache-2.0
// What others met while a container came and went, in words and in cells.
import { blockedAtMostMs, type Churn } from '../model/churn.ts';
import type { ChurnSummary } from '../model/result.ts';
import { inScale, MICROSECONDS, MILLISECONDS, ppsScale, withUnit } from './format.ts';

/** What was found of one trial: `at 50.0 kpps, a port came and went 4 times, others blocked for 2.92 ms each time (worst 11.68 ms) …`. */
export function churnWords(churn: Churn): string {
  const { events, worstBlockedMs, firstPacketMs, ratePps, delaysNs, hotplug } = churn;
  const joins = events.filter(({ kind }) => kind === 'joins').length;
  const blocked = `others blocked for ${blockedCell(churn)} ms each time (worst ${withUnit(worstBlockedMs, MILLISECONDS)})`;
  const delays = [delaysNs?.events.p999, delaysNs?.quiet.p999].map((ns) =>
    ns == null ? '–' : inScale(ns, MICROSECONDS),
  );
  return [
    `at ${withUnit(ratePps, ppsScale([ratePps]))}`,
    `a ${hotplug} came and went ${joins === 1 ? 'once' : `${joins} times`}`,
    blocked,
    `p99.9 ${delays.join(' against ')} µs`,
    `first packet after ${firstPacketMs.toFixed(0)} ms`,
  ].join(', ');
}

/** `< 0.02` where not a packet was lost. */
function blockedCell(churn: Pick<Churn, 'blockedMs' | 'ratePps'>): string {
  const least = blockedAtMostMs({ ...churn, blockedMs: 0 });
  return churn.blockedMs < least ? `< ${atLeastHundredths(least)}` : inScale(churn.blockedMs, MILLISECONDS);
}

function atLeastHundredths(ms: number): string {
  return inScale(Math.max(0.01, ms), MILLISECONDS);
}

/** Of a case: the median over its trials, and `<` where that is the time between two packets. */
export function blockedOver(summary: Pick<ChurnSummary, 'blockedMs' | 'ratePps'> | null): string {
  if (summary === null) return '–';
  const { blockedMs, ratePps } = summary;
  const least = blockedAtMostMs({ blockedMs: 0, ratePps });
  return blockedMs.median <= least ? `< ${atLeastHundredths(least)}` : inScale(blockedMs.median, MILLISECONDS);
}

/** Delays of which 99.9 % are shorter, during events and between them, µs. */
export function p999Cells(summary: Pick<ChurnSummary, 'p999Ns'> | null): { events: string; quiet: string } {
  const cell = (ns: number | null | undefined) => (ns == null ? '–' : inScale(ns, MICROSECONDS));
  return { events: cell(summary?.p999Ns.events), quiet: cell(summary?.p999Ns.quiet) };
}
