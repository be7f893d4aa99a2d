// SPDX-License-Identifier: Apache-2.0
// A campaign's result out of its store. What the trials of a case told is summarized once and kept: the next look reads only that.
import type { CampaignResult, CaseResult, StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { concludeCampaign, type Elsewhere, summarizeTrials } from '../stats/campaign.ts';
import { doubtOf } from '../stats/canaries.ts';
import { lacksCeiling } from '../stats/ceiling.ts';
import { unlikeHosts } from '../stats/compare.ts';
import { alikeKey, CEILING, decidingFigure } from '../stats/verdict.ts';
import type { Store } from '../store/store.ts';
import type { KeptSummary } from '../store/summaries.ts';
import { rulesStamp } from './rules.ts';

/** A ceiling this old still counts: a machine does not change by itself in a week. */
const RECENT_MS = 7 * 24 * 3600 * 1000;

/**
 * The result of a campaign, or of the latest one, with the ceilings that it lacks from recent campaigns of the same machines; null where
 * there is none. It is what the trials tell now, and never what they told once.
 */
export function resultOf(store: Store, id: string | undefined): CampaignResult | null {
  const summaries = new Summaries(store);
  return store.read(() => {
    const stored = store.head(id ?? 'latest');
    if (stored === null) return null;
    const cases = stored.cases.map((planned, index) => summaries.of(stored.id, index, planned.case));
    const drifted = driftedIn(store, stored);
    const alone = concludeCampaign(stored, cases, [], drifted);
    const lacking = alone.results.filter(lacksCeiling);
    if (lacking.length === 0) return alone;
    return concludeCampaign(stored, cases, ceilingsFor(store, summaries, stored, lacking), drifted);
  });
}

/** A campaign with what the trials of each case tell, and nothing that compares cases; null where there is none. */
export function casesOf(store: Store, id: string): { campaign: StoredCampaign; results: CaseResult[] } | null {
  const summaries = new Summaries(store);
  return store.read(() => {
    const campaign = store.head(id);
    if (campaign === null) return null;
    const results = campaign.cases.map((planned, index) => summaries.of(campaign.id, index, planned.case));
    return { campaign, results };
  });
}

/** The testbeds of a campaign that were not what they had been, as their canaries tell. */
function driftedIn(store: Store, stored: StoredCampaign): Set<string> {
  const testbeds = new Set(stored.hosts.map(({ testbed }) => testbed));
  return new Set([...testbeds].filter((testbed) => doubtOf(stored, testbed, store.canaries(testbed)) !== null));
}

/** The nearest campaigns in time come first: theirs are the ceilings that count. */
function ceilingsFor(
  store: Store,
  summaries: Summaries,
  stored: StoredCampaign,
  lacking: readonly CaseResult[],
): Elsewhere[] {
  const wanted = new Set(lacking.map((one) => alikeKey(one.case)));
  const found: Elsewhere[] = [];
  for (const other of store.neighbours(stored, CEILING, RECENT_MS)) {
    const results = other.cases
      .filter(({ case: testCase }) => wanted.has(alikeKey(testCase)))
      .filter(({ case: { testbed } }) => unlikeHosts(stored, other, testbed).length === 0)
      .map(({ caseIndex, case: testCase }) => summaries.of(other.id, caseIndex, testCase))
      .filter((result) => decidingFigure(result) !== null);
    for (const result of results) wanted.delete(alikeKey(result.case));
    if (results.length > 0) found.push({ id: other.id, results });
    if (wanted.size === 0) break;
  }
  return found;
}

/** What the trials of cases told: as it was kept, and where it was not, made anew and to be kept. */
class Summaries {
  private readonly store: Store;
  private readonly rules = rulesStamp();
  private readonly known = new Map<string, Map<number, KeptSummary>>();

  constructor(store: Store) {
    this.store = store;
  }

  of(id: string, caseIndex: number, testCase: TestCase): CaseResult {
    const known = this.known.get(id) ?? this.store.summaries(id, this.rules);
    this.known.set(id, known);
    const { revision = 0, summary = null } = known.get(caseIndex) ?? {};
    if (summary !== null) return { case: testCase, lineRatePps: null, ...summary };
    const result = summarizeStored(this.store, id, caseIndex, testCase);
    const { case: _, lineRatePps: _rate, ceiling: _ceiling, ...told } = result;
    this.store.keepSummary({ id, caseIndex, revision, rules: this.rules, summary: told });
    return result;
  }
}

/** What the trials of a case tell, gone through one by one. */
export function summarizeStored(store: Store, id: string, caseIndex: number, testCase: TestCase): CaseResult {
  // Only rates have a course within a trial that is looked at.
  const parts = { samples: testCase.dimension === 'throughput', histograms: false };
  return summarizeTrials(testCase, store.trials(id, caseIndex, parts), (kind) => store.histograms(id, caseIndex, kind));
}
