// SPDX-License-Identifier: Apache-2.0
// What the canaries of a testbed tell: when the next is due, whether the testbed may be given work, and which results are in doubt.
import type { Canary } from '../model/canary.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import { caseKey } from '../model/testcase.ts';
import { changesOf, type Unlike } from './compare.ts';
import {
  BASE_MIN,
  type CanaryFigures,
  type Drift,
  type FalseAlarms,
  falseAlarms,
  judgeDrift,
  smallestShifts,
} from './drift.ts';

const HOUR_MS = 3600 * 1000;

/** How long after the last one a canary is due; earlier where the base is short, or something is suspected. */
const APART_MS = { steady: 24 * HOUR_MS, learning: HOUR_MS, suspect: HOUR_MS / 6 };

/** Testbeds of one name on two machines are two: `local` is the name of every machine. */
export function placeOf({ testbed, hosts }: Pick<Canary, 'testbed' | 'hosts'>): string {
  return [testbed, ...hosts.map(({ role, inventory }) => `${role} ${inventory.hostname}`).sort()].join(' ');
}

/** Whether a testbed has to measure a canary now, and why. `changes` of its record are such as figures depend on. */
export type Due = { due: false; atMs: number } | { due: true; why: string };

/** `canaries` are those of the testbed, oldest first; `hosts` is what it is now. */
export function canaryDue(canaries: readonly Canary[], hosts: readonly HostRecord[], nowMs: number): Due {
  const last = canaries.at(-1);
  if (last === undefined) return { due: true, why: 'it has none' };
  const changes = changesBetween(last.hosts, hosts);
  // A record that does not come to rest would have its testbed measure nothing else.
  const restMs = Date.parse(canaries.at(-2)?.measuredAt ?? last.measuredAt) + HOUR_MS;
  if (changes.length > 0 && (canaries.length < 2 || nowMs >= restMs)) return { due: true, why: changedText(changes) };
  const { state } = judgeCanaries(canaries);
  // Who has taken it out of service measures it by hand, and accepts its new level or puts it right.
  const apartMs = APART_MS[state === 'drifted' ? 'steady' : state];
  const dailyMs = Date.parse(last.measuredAt) + apartMs;
  const atMs = changes.length > 0 ? Math.min(dailyMs, restMs) : dailyMs;
  return nowMs < atMs
    ? { due: false, atMs }
    : { due: true, why: `the last one is ${agoText(nowMs - Date.parse(last.measuredAt))} old` };
}

/** What is told of a testbed by its canaries. */
export type Standing =
  /** None yet, or too few. It may be given work. */
  | { state: 'learning'; canaries: number; needed: number }
  | { state: 'steady'; lastGoodAt: string }
  /** It is given no work until the next canary, which is due soon. */
  | { state: 'suspect'; lastGoodAt: string; figure: string }
  | ({ state: 'drifted' } & Drifted);

/** A testbed that is another machine than it was. */
export interface Drifted {
  /** Of the last canary before the shift. What was measured after it is in doubt. */
  lastGoodAt: string;
  /** Of the canary at which it was found. */
  foundAt: string;
  shifts: Extract<Drift, { state: 'shifted' }>['shifts'];
  /** In its record, between the last good canary and the one at which it was found. */
  changes: Unlike[];
}

/** Judges a testbed by all its canaries, oldest first. */
export function judgeCanaries(canaries: readonly Canary[]): Standing {
  return judgeLevel(sinceAccepted(canaries));
}

function judgeLevel(level: readonly Canary[]): Standing {
  const drift = judgeDrift(figuresOf(level));
  switch (drift.state) {
    case 'learning':
      return drift;
    case 'steady':
      return { state: 'steady', lastGoodAt: level.at(-1)?.measuredAt ?? '' };
    case 'suspect':
      return { state: 'suspect', lastGoodAt: level.at(-2)?.measuredAt ?? '', figure: drift.figure };
    case 'shifted': {
      const [good, found] = [level[drift.first - 1], level[drift.found]];
      return {
        ...{ state: 'drifted', lastGoodAt: good?.measuredAt ?? '', foundAt: found?.measuredAt ?? '' },
        ...{ shifts: drift.shifts, changes: changesBetween(good?.hosts ?? [], found?.hosts ?? []) },
      };
    }
    default:
      return drift satisfies never;
  }
}

/** How far a verdict can be relied on. */
export interface Certainty {
  falseAlarms: FalseAlarms;
  /** See smallestShifts. */
  smallest: Record<string, number>;
}

/** How often the rule errs on a testbed's canaries, and what it can find. Null where they are too few, or of two levels. */
export function certaintyOf(canaries: readonly Canary[]): Certainty | null {
  const level = sinceAccepted(canaries);
  const { state } = judgeLevel(level);
  if (state === 'learning' || state === 'drifted') return null;
  const figures = figuresOf(level);
  const rate = falseAlarms(figures, level.length);
  return rate === null ? null : { falseAlarms: rate, smallest: smallestShifts(figures) };
}

/** A time in which a testbed was not what it had been: from its last good canary until its new level was accepted. */
export interface DoubtfulTime extends Drifted {
  /** Exclusive; null where it lasts. */
  until: string | null;
}

/** Each time in which the results of a testbed are in doubt, by all its canaries, oldest first. */
export function doubtfulTimes(canaries: readonly Canary[]): DoubtfulTime[] {
  const starts = [0, ...canaries.flatMap(({ accepted }, index) => (accepted === null || index === 0 ? [] : [index]))];
  return starts.flatMap((start, number) => {
    const next = starts[number + 1];
    const standing = judgeLevel(canaries.slice(start, next));
    if (standing.state !== 'drifted') return [];
    const { state: _, ...drifted } = standing;
    return [{ ...drifted, until: next === undefined ? null : (canaries[next]?.measuredAt ?? null) }];
  });
}

/** The time of doubt into which a campaign falls on a testbed of its; null where there is none. Canaries themselves are in no doubt: they are what tells. */
export function doubtOf(
  campaign: { id: string; startedAt: string; endedAt: string | null; hosts: readonly HostRecord[] },
  testbed: string,
  canaries: readonly Canary[],
): DoubtfulTime | null {
  if (canaries.some((canary) => canary.campaign === campaign.id)) return null;
  const place = placeOf({ testbed, hosts: campaign.hosts.filter((host) => host.testbed === testbed) });
  const own = canaries.filter((canary) => placeOf(canary) === place);
  const [beganMs, endedMs] = [Date.parse(campaign.startedAt), Date.parse(campaign.endedAt ?? campaign.startedAt)];
  return (
    doubtfulTimes(own).find(
      ({ lastGoodAt, until }) => endedMs > Date.parse(lastGoodAt) && (until === null || beganMs < Date.parse(until)),
    ) ?? null
  );
}

/** What changed in a testbed's record, in one clause. */
export function changedText(changes: readonly Unlike[]): string {
  return changes.map(({ what, a, b }) => `${what} ${a} → ${b}`).join(', ');
}

/** What a measured campaign is as a canary of a testbed; null where nothing of it was measured. */
export function canaryOf(
  { id, startedAt, hosts, results }: Pick<CampaignResult, 'id' | 'startedAt' | 'hosts' | 'results'>,
  testbed: string,
): Canary | null {
  const figures = canaryFigures(results);
  if (Object.keys(figures).length === 0) return null;
  return { campaign: id, testbed, measuredAt: startedAt, hosts: [...hosts], figures, accepted: null };
}

/** Of a case's key what tells the cases of a canary apart. */
export function figureName(key: string): string {
  return key.replace(/ \S+=.*$/, '').replace(' local 1vs1 direct', ' of');
}

function canaryFigures(results: readonly CaseResult[]): Canary['figures'] {
  return Object.fromEntries(
    results.flatMap(({ case: testCase, figures }) =>
      figures.length === 0 ? [] : [[caseKey(testCase), figures.map(({ value }) => value)] as const],
    ),
  );
}

function sinceAccepted(canaries: readonly Canary[]): readonly Canary[] {
  return canaries.slice(
    Math.max(
      0,
      canaries.findLastIndex(({ accepted }) => accepted !== null),
    ),
  );
}

/** A record that changed lets one canary decide; it is held against the last before any that might belong to a shift. */
function figuresOf(level: readonly Canary[]): CanaryFigures[] {
  return level.map(({ figures, hosts }, index) => {
    const before = level[index - 1];
    return {
      figures,
      changed: before !== undefined && index >= BASE_MIN && changesBetween(before.hosts, hosts).length > 0,
    };
  });
}

/** What changed between two records of a testbed. */
export function changesBetween(before: readonly HostRecord[], after: readonly HostRecord[]): Unlike[] {
  return before.flatMap((left) => {
    const right = after.find(({ role }) => role === left.role);
    return right === undefined ? [] : changesOf(left, right);
  });
}

function agoText(ms: number): string {
  const hours = ms / HOUR_MS;
  return hours < 2 ? `${Math.round(hours * 60)} minutes` : `${Math.round(hours)} hours`;
}
