// SPDX-License-Identifier: Apache-2.0
// What others notice when a container comes and goes, as a trial of a campaign: at half of the highest rate that loses nothing, which is searched
// for once. docs/decisions/0030-churn.md.
import type { Trial } from '../model/result.ts';
import type { Found, SearchLoad, SearchSettings } from '../model/search.ts';
import { sendersOf, type TestCase } from '../model/testcase.ts';
import type { Capacity } from './background.ts';
import type { SearchContext } from './search.ts';

/** What a churn needs of the campaign around it. */
export interface ChurnContext {
  testCase: TestCase;
  /** Of each sender; of all rounds alike. */
  capacity: Capacity;
  /** Runs the trial, in which somebody comes and goes. */
  run(asked: TestCase): Promise<Trial>;
  /** Searches with applications that stay. */
  search(search: Omit<SearchContext, 'run'>): Promise<Trial>;
  /** Told how near the bounds are. */
  tell(load: SearchLoad, found: readonly Found[]): void;
}

/** Half of it is to be sent: it need not be known to the percent, and at half a few packets more or less change nothing. */
const NDR: SearchSettings = {
  objectives: [{ figure: 'loss', mostRatio: 0 }],
  ...{ widthRatio: 0.1, durationSumMs: 3000, exceedRatio: 0.5, budgetMs: 20_000 },
};
const LOAD_MS = 500;
const STEP = 'find the rate';

/** Returns the trial, whose `churn` tells the NDR where that was searched for; or the one of the search that says why there is no rate. */
export async function runChurn(context: ChurnContext): Promise<Trial> {
  const { testCase, capacity } = context;
  if (testCase.rate !== 'max') return context.run(testCase);
  const known = capacity.knownPps ?? (await ndrOf(context));
  if (typeof known !== 'number') return known;
  const trial = await context.run({ ...testCase, rate: Math.max(1, Math.round(known / 2)) });
  const { measurement } = trial;
  if (measurement?.churn == null) return trial;
  return { ...trial, measurement: { ...measurement, churn: { ...measurement.churn, ndrPps: known } } };
}

/** Of each sender, packets/s; or the trial that says why there is none. */
async function ndrOf({ testCase, capacity, search, tell }: ChurnContext): Promise<number | Trial> {
  const own = { testCase, settings: NDR, durationMs: LOAD_MS, known: [], save: () => undefined, tell };
  const trial = await search(own);
  const lowerPps = trial.measurement?.search?.found[0]?.lowerPps ?? null;
  if (trial.outcome.outcome !== 'measured') return trial;
  if (lowerPps === null) {
    const reason = 'something was lost at each rate that was tried: give one with -R';
    return { ...trial, measurement: null, histograms: {}, outcome: { outcome: 'failed', step: STEP, reason } };
  }
  const ndrPps = lowerPps / sendersOf(testCase);
  capacity.learned(ndrPps);
  return ndrPps;
}
