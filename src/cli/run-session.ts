// SPDX-License-Identifier: Apache-2.0
// What `vswbench run` does when its machines are known: it plans, measures and shows what was found.
import type { Campaign } from '../model/campaign.ts';
import type { BegunCampaign } from '../model/result.ts';
import { campaignSuite } from '../report/junit.ts';
import { renderSummary } from '../report/terminal.ts';
import type { Machinery } from '../run/carry-out.ts';
import { casesOn, type Plan, together } from '../run/parts.ts';
import { foreseeTuning, measuredCpus } from '../run/tuning.ts';
import { sumOf } from '../stats/sum.ts';
import type { Spare } from '../store/spare.ts';
import { openStore, type Store } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import type { RunOptions } from './commands/run.ts';
import { giveToInvoker, resultsDirectory, tell } from './context.ts';
import { describePlan, type ForeseenTuning } from './dry-run.ts';
import { CliError, EXIT } from './errors.ts';
import { writeJunit } from './junit-file.ts';
import { documentOf, requireResult } from './load.ts';
import { measure } from './measure.ts';
import { saveMemory } from './memory.ts';
import { print } from './output.ts';
import { offersOf, planNew, refuseNothing } from './plan.ts';
import { writeReport } from './report.ts';
import { planResumed, refuseStrangers } from './resume.ts';
import type { Session } from './session.ts';
import { type Named, refuseTaken } from './shard.ts';
import { storeLocation } from './store-location.ts';
import { terminalOf } from './terminal.ts';
import type { TestbedView } from './view.ts';

/** Shows what a campaign found. */
export type Conclude = (store: Store, id: string, options: RunOptions) => Promise<void>;

/** What is to be run. */
interface Wanted {
  campaign: Campaign;
  /** Whose cases are run with it. */
  others: readonly Campaign[];
  /** That is gone on with; null for a new one. */
  stored: BegunCampaign | null;
  named: Named;
  options: RunOptions;
}

/** Throws CliError. */
export async function useSession(
  { drivers, views, machinery, spare }: Session,
  { campaign, others, stored, named, options }: Wanted,
  concludeWith: Conclude,
): Promise<void> {
  const plan = stored === null ? planNew(campaign, drivers, views, others, named) : planResumed(stored, views);
  if (stored !== null) refuseStrangers(plan, drivers);
  if (options.dryRun === true) await showPlan(plan, drivers, views);
  refuseNothing(plan);
  if (spare !== null)
    await measureAndTell(
      plan,
      machinery,
      { spare, isNew: stored === null, isNamed: (named.id ?? named.shard) !== null },
      options,
      concludeWith,
    );
}

async function showPlan(plan: Plan, drivers: readonly SwitchDriver[], views: readonly TestbedView[]): Promise<void> {
  const { columns } = terminalOf(process.stdout);
  const tuning = await tuningOf(plan, drivers);
  process.stdout.write(`${describePlan({ ...together(plan), tuning }, drivers, offersOf(views), columns)}\n`);
}

/** What the campaign's knobs would change on each host; nothing where it turns none. */
async function tuningOf({ campaign, cases, parts }: Plan, drivers: readonly SwitchDriver[]): Promise<ForeseenTuning[]> {
  if (campaign.tune.length === 0) return [];
  const hosts = parts.map(async ({ testbed }) => {
    const seen = await testbed.seen();
    const own = casesOn(cases, testbed.name);
    const measured = measuredCpus(seen, testbed.sameMachine, own, drivers);
    const tuned = await foreseeTuning(seen, testbed.sameMachine, campaign.tune, measured);
    return tuned.map(({ role, records }) => ({
      host: seen.find((one) => one.role === role)?.spec.host ?? role,
      records,
    }));
  });
  return (await Promise.all(hosts)).flat();
}

/** Measures, and shows what was found. Throws CliError where it was stopped. */
async function measureAndTell(
  plan: Plan,
  machinery: Machinery,
  { spare, isNew, isNamed }: { spare: Spare; isNew: boolean; isNamed: boolean },
  options: RunOptions,
  concludeWith: Conclude,
): Promise<void> {
  saveMemory();
  const store = openStore(storeLocation());
  store.useSpare(spare);
  try {
    if (isNew && isNamed) refuseTaken(store, plan.campaign.id);
    const { interrupted, id } = await measure(store, plan, machinery, isNew);
    // The report may need it.
    spare.release();
    if (id !== null) await concludeWith(store, id, options);
    if (interrupted) throw new CliError(EXIT.interrupted, interruptedMessage(id));
  } finally {
    store.close();
  }
}

function interruptedMessage(id: string | null): string {
  return id === null ? 'stopped before the first trial' : `stopped; go on with: vswbench run --resume ${id}`;
}

/** Shows what the campaign found, and ends with the exit code that it deserves. */
export async function conclude(store: Store, id: string, options: RunOptions): Promise<void> {
  const result = requireResult(store, id);
  const summary = renderSummary(result, terminalOf(options.json === true ? process.stderr : process.stdout));
  if (options.json === true) {
    await print(documentOf(store, id));
    tell(summary);
  } else {
    process.stdout.write(`${summary}\n`);
  }
  const measured = sumOf(result.results, ({ evidence }) => evidence.measured);
  const trials = sumOf(result.results, ({ evidence }) => evidence.trials);
  if (measured === 0) process.exitCode = EXIT.nothingMeasurable;
  else if (measured < trials) process.exitCode = EXIT.trialFailed;
  if (options.junit !== undefined) writeJunit(options.junit, campaignSuite(result));
  if (options.report !== false) tell(`Report: ${await writeReport(result, resultsDirectory)}`);
  giveToInvoker(resultsDirectory);
}
