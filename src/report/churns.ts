// SPDX-License-Identifier: Apache-2.0
// What others met while a container came and went, in words and in cells.
import { blockedAtMostMs, type Churn } from '../model/churn.ts';
import type { ChurnSummary } from '../model/result.ts';
import { inScale, MICROSECONDS, MILLISECONDS, ppsScale, withUnit } from './format.ts';

/** What was found of one trial: `at 50.0 kpps, a port came and went 4 times, others blocked for 2.92 ms each time (worst 11.68 ms) …`. */
export function churnWords(churn: Churn): string {
  const { events, blockedMs, worstBlockedMs, firstPacketMs, ratePps, delaysNs, hotplug } = churn;
  const joins = events.filter(({ kind }) => kind === 'joins').length;
  const blocked = blockedMilliseconds(blockedMs, ratePps, (least) => blockedMs < least);
  const p999Ns = { events: delaysNs?.events.p999 ?? null, quiet: delaysNs?.quiet.p999 ?? null };
  const delays = p999Cells({ p999Ns });
  return [
    `at ${withUnit(ratePps, ppsScale([ratePps]))}`,
    `a ${hotplug} came and went ${joins === 1 ? 'once' : `${joins} times`}`,
    `others blocked for ${blocked} ms each time (worst ${withUnit(worstBlockedMs, MILLISECONDS)})`,
    `p99.9 ${delays.events} against ${delays.quiet} µs`,
    `first packet after ${firstPacketMs.toFixed(0)} ms`,
  ].join(', ');
}

/** In milliseconds: `12.31`, or `< 0.02`, the time between two packets, where it is less. */
function blockedMilliseconds(blockedMs: number, ratePps: number, isLess: (least: number) => boolean): string {
  const least = blockedAtMostMs({ blockedMs: 0, ratePps });
  return isLess(least) ? `< ${inScale(Math.max(0.01, least), MILLISECONDS)}` : inScale(blockedMs, MILLISECONDS);
}

/** Of a case: the median over its trials, of which each is the time between two packets at the least. */
export function blockedOver({ blockedMs: { median }, ratePps }: Pick<ChurnSummary, 'blockedMs' | 'ratePps'>): string {
  return blockedMilliseconds(median, ratePps, (least) => median <= least);
}

/** Delays of which 99.9 % are shorter, during events and between them, µs. */
export function p999Cells({ p999Ns }: Pick<ChurnSummary, 'p999Ns'>): { events: string; quiet: string } {
  return { events: delayCell(p999Ns.events), quiet: delayCell(p999Ns.quiet) };
}

function delayCell(ns: number | null): string {
  return ns === null ? '–' : inScale(ns, MICROSECONDS);
}
