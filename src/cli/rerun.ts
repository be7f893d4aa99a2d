// SPDX-License-Identifier: Apache-2.0
// A random part of a bundle's cases, measured again here by the same way as any campaign, and what survives of its verdicts.
import type { Campaign } from '../model/campaign.ts';
import { listsOf } from '../model/fields.ts';
import { CELL_KEYS } from '../model/parameters.ts';
import { splitmix32 } from '../model/random.ts';
import type { CampaignResult, PlannedCase } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { expandCampaign } from '../plan/expand.ts';
import { renderSurvivals, type Survivals } from '../report/bundle/survivals.ts';
import { unlikeHosts, unlikePrograms } from '../stats/compare.ts';
import { type Again, claimsOf, drawCases, survivals } from '../stats/survival.ts';
import { openStore } from '../store/store.ts';
import { giveToInvoker, resultsDirectory, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { requireResult } from './load.ts';
import { measure } from './measure.ts';
import { offersOf, planCases } from './plan.ts';
import { withSession } from './session.ts';
import { storeLocation } from './store-location.ts';
import { loadDrivers } from './switch-file.ts';
import { terminalOf } from './terminal.ts';
import { findTestbed } from './testbeds.ts';
import type { TestbedView } from './view.ts';

export interface Rerun {
  /** Of the measured cases, 0 to 1. */
  share: number;
  /** Of the draw. */
  seed: number;
  /** Where to measure. */
  testbed: string;
}

/** Measures them, and says which claims survive. Throws CliError where nothing can run here. */
export async function rerun(told: CampaignResult, { share, seed, testbed }: Rerun, json: boolean): Promise<void> {
  const drawn = drawCases(told.results, share, splitmix32(seed));
  if (drawn.length === 0)
    throw new CliError(EXIT.nothingMeasurable, `campaign ${told.id} has no measured case to repeat`);
  tell(`Repeating ${drawn.length} of ${told.results.length} cases (the same again: --seed ${seed}) ...`);
  const loaded = await loadDrivers([]);
  const spec = findTestbed(testbed, { testbedSpecs: {} });
  const switches = drawn.map((one) => one.switch);
  const asked = { specs: [spec], loaded, switches, lookOnly: false, command: 'vswbench verify --rerun' };
  await withSession(asked, async ({ drivers, views, machinery, spare }) => {
    const planned = drawn.map((testCase) => plannedHere(told, { ...testCase, testbed }, views));
    const campaign = campaignOf(told, testbed, { title: `rerun of ${told.id}`, seed });
    const plan = planCases(campaign, planned, drivers, views);
    const store = openStore(storeLocation());
    if (spare !== null) store.useSpare(spare);
    try {
      const runnable = planned.some(({ skipped }) => skipped === null);
      const { id, interrupted } = runnable ? await measure(store, plan, machinery, true) : NOT_MEASURED;
      const found = survivalsOf(told, planned, id === null ? null : requireResult(store, id), { seed, testbed });
      show(found, json);
      giveToInvoker(resultsDirectory);
      if (interrupted) throw new CliError(EXIT.interrupted, `stopped; what was measured is campaign ${id ?? ''}`);
      if (!runnable) process.exitCode = EXIT.nothingMeasurable;
      else if (found.survivals.some(({ fate }) => fate === 'contradicted')) process.exitCode = EXIT.trialFailed;
    } finally {
      store.close();
    }
  });
}

const NOT_MEASURED = { id: null, interrupted: false };

/** A case of the bundle on this machine, with the reason where it cannot run. */
function plannedHere(told: CampaignResult, here: TestCase, views: readonly TestbedView[]): PlannedCase {
  if (here.location === 'remote' && views.every(({ offer }) => offer.far === null)) {
    return {
      case: here,
      skipped: `location remote needs two hosts, and ${here.testbed} is one: --testbed names another`,
    };
  }
  const expanded = expandCampaign({ ...campaignOf(told, here.testbed), ...only(here) }, offersOf(views));
  if (!expanded.ok) return { case: here, skipped: expanded.error };
  return (
    expanded.value.find((one) => caseKey(one.case) === caseKey(here)) ?? {
      case: here,
      skipped: 'it is another case on this machine',
    }
  );
}

/** How the campaign was run, as far as a campaign says so; the knobs of this machine are left alone. */
function campaignOf(
  told: CampaignResult,
  testbed: string,
  { title = null, seed = null }: Partial<Pick<Campaign, 'title' | 'seed'>> = {},
): Campaign {
  const { fcs, warmupMs, warmupAuto, durationMs, precision, search, repeat, reuse, hostNetwork } = told;
  return {
    ...{ title, seed, fcs, warmupMs, warmupAuto, durationMs, precision, search, repeat, reuse, hostNetwork },
    trials: told.trialsPlanned,
    ...{ dimensions: [], locations: [], pairs: [], switches: null, ios: null, ports: null },
    sweep: listsOf<Pick<TestCase, (typeof CELL_KEYS)[number]>, null>(CELL_KEYS, () => null),
    wait: 'auto',
    tune: [],
    cpus: null,
    testbeds: [testbed],
    testbedSpecs: {},
  };
}

/** The campaign of a single case. */
function only(one: TestCase): Partial<Campaign> {
  return {
    dimensions: [one.dimension],
    locations: [one.location],
    pairs: [one.pairs],
    switches: [one.switch],
    ios: [one.io],
    ports: [one.port],
    wait: one.wait,
    sweep: listsOf<Pick<TestCase, (typeof CELL_KEYS)[number]>, null>(CELL_KEYS, (key) => [one[key]]),
  };
}

/** Cases and hosts are known by the testbed as well: those of the bundle are looked up as if they had been measured on this one. */
function survivalsOf(
  told: CampaignResult,
  planned: readonly PlannedCase[],
  again: CampaignResult | null,
  { seed, testbed }: Pick<Rerun, 'seed' | 'testbed'>,
): Survivals {
  const here = told.results.map((one) => ({ ...one, case: { ...one.case, testbed } }));
  const [first] = testbedsOf(told);
  const hosts = told.hosts.filter((host) => host.testbed === first).map((host) => ({ ...host, testbed }));
  const results = new Map((again?.results ?? []).map((one) => [caseKey(one.case), one]));
  const known = new Map(
    planned.map(({ case: testCase, skipped }): [string, Again] => {
      const result = results.get(caseKey(testCase));
      return [
        caseKey(testCase),
        result === undefined || skipped !== null ? { reason: skipped ?? 'was not measured' } : { result },
      ];
    }),
  );
  return {
    schema: 1,
    bundle: told.id,
    rerun: again?.id ?? null,
    seed,
    repeated: planned.length,
    cases: told.results.length,
    machines: again === null ? [] : [...unlikeHosts({ hosts }, again, testbed), ...unlikePrograms({ hosts }, again)],
    cannotRun: planned.flatMap(({ case: testCase, skipped }) =>
      skipped === null ? [] : [{ case: testCase, reason: skipped }],
    ),
    survivals: survivals(claimsOf(here), known),
  };
}

function show(found: Survivals, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(found) : renderSurvivals(found, terminalOf(process.stdout))}\n`);
}
