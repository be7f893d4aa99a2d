// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { type Artifacts, ensureArtifacts, removeOldRoots } from '../host/artifacts.ts';
import { commitOf } from '../host/inventory.ts';
import { localHost } from '../host/local.ts';
import type { Campaign } from '../model/campaign.ts';
import type { BegunCampaign, PlannedCase, StoredCampaign } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { expandCampaign, type TestbedOffer } from '../plan/expand.ts';
import { type PlannedTrial, repetitionsOwed } from '../plan/order.ts';
import { renderSummary } from '../report/terminal.ts';
import { runCampaign } from '../run/campaign.ts';
import { allEnded } from '../run/concurrency.ts';
import { Schedule } from '../run/schedule.ts';
import { ConnectedTestbed } from '../run/testbed.ts';
import { unlikeHosts } from '../stats/compare.ts';
import { sumOf } from '../stats/sum.ts';
import { newCampaignId, openStore, type Store } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { addCampaignOptions, readCampaign } from './campaign-options.ts';
import {
  checkout,
  giveToInvoker,
  makeFolder,
  requireRoot,
  resultsDirectory,
  storePath,
  tell,
  version,
} from './context.ts';
import { describePlan } from './dry-run.ts';
import { CliError, EXIT } from './errors.ts';
import { documentOf, requireResult, requireStore } from './load.ts';
import { print } from './output.ts';
import { Progress } from './progress.ts';
import { writeReport } from './report.ts';
import { loadDrivers } from './switch-file.ts';
import { terminalOf } from './terminal.ts';
import { findTestbed } from './testbeds.ts';
import { apart, isHere, type TestbedView, viewOf } from './view.ts';

interface RunOptions extends Record<string, unknown> {
  dryRun?: boolean;
  resume?: string | true;
  json?: boolean;
  switch?: string[];
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('measure: a campaign file, or what the options say')
    .argument('[campaign]', 'campaign file (YAML); options override it');
  addCampaignOptions(command)
    .option('--switch <file...>', 'a switch driver of your own (TypeScript; see docs/adding-a-switch.md)')
    .option('--dry-run', 'show what would run, where and for how long; touch nothing')
    .option('--resume [id]', 'go on with a campaign that was cut short (the latest where no id is given)')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .addHelpText(
      'after',
      '\nExample:\n  $ sudo vswbench run -V linux-bridge --io udp,udp-mmsg -P 64,256,1500 --trials 6',
    )
    .action(run);
}

/** What is going to run, whether it is new or resumed. */
interface Plan {
  campaign: Omit<StoredCampaign, 'cases'>;
  cases: PlannedCase[];
  parts: PlanPart[];
}

/** The trials of one testbed. */
interface PlanPart {
  testbed: ConnectedTestbed;
  /** Trials that are still to be run, in order. */
  schedule: Schedule;
  /** Repetitions of disturbed trials that it owes from before. */
  owed: PlannedTrial[];
}

async function run(file: string | undefined, options: RunOptions): Promise<void> {
  const campaign = readCampaign(file, options);
  const drivers = await loadDrivers(options.switch ?? []);
  const stored = options.resume === undefined ? null : loadToResume(options.resume);
  const names = stored === null ? campaign.testbeds : testbedsOf(stored);
  const specs = names.map((name) => findTestbed(name, campaign));
  const lookOnly = options.dryRun === true;
  if (!lookOnly && specs.some(({ spec }) => isHere(spec))) requireRoot('vswbench run');

  const artifacts = await ensureArtifacts(localHost, checkout);
  const build = { version, commit: await commitOf(localHost, checkout) };
  const session = randomInt(2 ** 47).toString(36);
  const testbeds: ConnectedTestbed[] = [];
  try {
    for (const found of specs) {
      testbeds.push(await ConnectedTestbed.connect({ ...found, session, artifacts, lookOnly, tell }));
    }
    const views = await Promise.all(testbeds.map((testbed) => viewOf(testbed, drivers, build)));
    const plan = stored === null ? planNew(campaign, drivers, views) : planResumed(stored, views);
    if (lookOnly) {
      process.stdout.write(
        `${describePlan({ ...plan, schedule: together(plan.parts), turnOf: turnsOf(plan.parts) }, drivers, offersOf(views))}\n`,
      );
      return;
    }
    if (stored === null) refuseNothing(plan);
    else refuseStrangers(plan, drivers);
    makeFolder(resultsDirectory);
    await withStore((store) => measure(store, plan, options, { drivers, artifacts, isNew: stored === null }));
  } finally {
    for (const testbed of testbeds) for (const complaint of await testbed.leave()) tellLeftover(complaint);
  }
}

function tellLeftover(complaint: string): void {
  tell(`vswbench: could not clean up: ${complaint}`);
  process.exitCode ??= EXIT.trialFailed;
}

async function withStore(use: (store: Store) => Promise<void>): Promise<void> {
  const store = openStore(storePath);
  try {
    await use(store);
  } finally {
    store.close();
  }
}

function offersOf(views: readonly TestbedView[]): TestbedOffer[] {
  return views.map(({ offer }) => offer);
}

function planNew(campaign: Campaign, drivers: readonly SwitchDriver[], views: readonly TestbedView[]): Plan {
  const expanded = expandCampaign(campaign, offersOf(views));
  if (!expanded.ok) throw new CliError(EXIT.usage, expanded.error);
  const seed = campaign.seed ?? randomInt(2 ** 32);
  const now = new Date();
  return planOf(
    {
      id: newCampaignId(now, randomInt(16 ** 3)),
      title: campaign.title,
      startedAt: now.toISOString(),
      endedAt: null,
      seed,
      warmupMs: campaign.warmupMs,
      warmupAuto: campaign.warmupAuto,
      durationMs: campaign.durationMs,
      trialsPlanned: campaign.trials,
      precision: campaign.precision,
      hosts: views.flatMap(({ hosts }) => hosts),
      ioTitles: Object.fromEntries(
        views.flatMap(({ offer }) => offer.frameworks.map(({ name, title }) => [name, title] as const)),
      ),
      ioWholeFrames: Object.fromEntries(
        views.flatMap(({ offer }) =>
          offer.frameworks.flatMap((one) => (one.built ? [[one.name, one.whole_frames] as const] : [])),
        ),
      ),
      switchTitles: Object.fromEntries(drivers.map(({ id, title }) => [id, title])),
    },
    expanded.value.map((planned) => ({ ...planned, trials: [] })),
    views,
  );
}

function planOf(campaign: Plan['campaign'], cases: BegunCampaign['cases'], views: readonly TestbedView[]): Plan {
  return {
    campaign,
    cases: cases.map(({ case: testCase, skipped }) => ({ case: testCase, skipped })),
    parts: views.map(({ testbed }) => ({
      testbed,
      schedule: new Schedule(campaign, cases, testbed.name),
      // Trials of other testbeds have the same numbers.
      owed: repetitionsOwed(
        cases.map(({ case: testCase, trials }) => ({ trials: testCase.testbed === testbed.name ? trials : [] })),
      ),
    })),
  };
}

/** All parts as one, for whoever tells how far they are. */
function together(parts: readonly PlanPart[]): Pick<Schedule, 'planned' | 'remaining' | 'doneCount'> {
  return {
    planned: parts.flatMap(({ schedule }) => schedule.planned),
    remaining: parts.flatMap(({ schedule }) => schedule.remaining),
    doneCount: parts.reduce((sum, { schedule }) => sum + schedule.doneCount, 0),
  };
}

function loadToResume(id: string | true): BegunCampaign {
  requireStore();
  const store = openStore(storePath);
  try {
    const stored = store.begun(id === true ? 'latest' : id);
    if (stored === null) {
      throw new CliError(EXIT.usage, `there is no campaign ${id === true ? '' : id}: 'vswbench list' shows them`);
    }
    return stored;
  } finally {
    store.close();
  }
}

function planResumed({ cases, ...campaign }: BegunCampaign, views: readonly TestbedView[]): Plan {
  const now = { hosts: views.flatMap(({ hosts }) => hosts) };
  for (const { testbed } of views) refuseOtherMachine(campaign, now, testbed.name);
  const plan = planOf(campaign, cases, views);
  const { planned, doneCount } = together(plan.parts);
  const total = campaign.precision === null ? `${planned.length}` : `at least ${planned.length}`;
  tell(`Resuming campaign ${campaign.id} (${campaign.title}): ${doneCount} of ${total} trials are done.`);
  return plan;
}

/** Testbeds that have a machine in common are of one group, and take turns. */
function turnsOf(parts: readonly PlanPart[]): (testbed: string) => string {
  const groups = apart(parts, ({ testbed }) => testbed.machines);
  return (name) =>
    groups.find((group) => group.some(({ testbed }) => testbed.name === name))?.[0]?.testbed.name ?? name;
}

/** Figures of two machines, or of one before and after a change, are never mixed in one statistic. */
function refuseOtherMachine(then: Plan['campaign'], now: Pick<StoredCampaign, 'hosts'>, testbed: string): void {
  for (const { what, a, b } of unlikeHosts(then, now, testbed)) {
    throw new CliError(EXIT.usage, `the campaign was begun with ${what} '${a}' and this is '${b}': start a new one`);
  }
}

/** The campaign may have been begun with a driver of the user's own. */
function refuseStrangers({ campaign, cases, parts }: Plan, drivers: readonly SwitchDriver[]): void {
  // Any case may need another trial for its precision.
  const { planned, remaining } = together(parts);
  const order = campaign.precision === null ? remaining : planned;
  const stranger = order
    .flatMap(({ caseIndex }) => cases[caseIndex]?.case.switch ?? [])
    .find((id) => !drivers.some((driver) => driver.id === id));
  if (stranger !== undefined) {
    throw new CliError(
      EXIT.usage,
      `campaign ${campaign.id} measures switch '${stranger}', which is not one of ours: give its file with --switch`,
    );
  }
}

function refuseNothing({ cases }: Plan): void {
  if (cases.some((planned) => planned.skipped === null)) return;
  const reasons = [...new Set(cases.map((planned) => planned.skipped))].join('; ');
  throw new CliError(EXIT.nothingMeasurable, `nothing of this campaign can be measured here: ${reasons}`);
}

interface Machinery {
  drivers: readonly SwitchDriver[];
  artifacts: Artifacts;
  isNew: boolean;
}

/** Who sends one of these wants us to stop, and to leave the host as it was. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function measure(store: Store, plan: Plan, options: RunOptions, machinery: Machinery): Promise<void> {
  const { campaign, cases, parts } = plan;
  const interrupt = new AbortController();
  const onSignal = () => {
    tell(
      interrupt.signal.aborted ? 'Still cleaning up ...' : '\nStopping: cleaning up, and keeping what is measured ...',
    );
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  const progress = new Progress(
    { ...plan, schedule: together(parts), owed: parts.flatMap(({ owed }) => owed), turnOf: turnsOf(parts) },
    tell,
  );
  let id = machinery.isNew ? null : campaign.id;
  const runPart = async ({ testbed, schedule, owed }: PlanPart) => {
    await testbed.prepare();
    await removeOldRoots(localHost, checkout, machinery.artifacts);
    // Only now is it certain that nobody else is at work.
    const campaignId = id ?? createCampaign(store, plan);
    id = campaignId;
    await runCampaign(
      { testbed, signal: interrupt.signal, ...machinery, ...campaign, owed },
      cases.map((planned) => planned.case),
      schedule.trials((extra) => progress.extend(extra)),
      {
        save(planned, trial) {
          store.saveTrial(campaignId, planned.caseIndex, trial);
          schedule.record(planned, trial);
        },
        tell: (event) => progress.show(event),
      },
    );
  };
  try {
    // Testbeds that have a machine in common take turns: they would disturb each other.
    await allEnded(
      apart(parts, ({ testbed }) => testbed.machines).map(async (group) => {
        for (const part of group) {
          try {
            await runPart(part);
          } finally {
            for (const complaint of await part.testbed.leave()) tellLeftover(complaint);
          }
        }
      }),
    );
    if (id !== null) store.endCampaign(id, new Date().toISOString());
  } catch (error) {
    // Only the wish to stop is expected; a full disk, say, is told also to who has asked to stop.
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
  } finally {
    progress.end();
    // The hosts are clean: from here on a signal ends us as it does any program.
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  if (id !== null) await conclude(store, id, options);
  if (interrupt.signal.aborted) {
    throw new CliError(EXIT.interrupted, `stopped; go on with: vswbench run --resume ${id ?? campaign.id}`);
  }
}

/** Campaigns that begin in the same minute have an id each. */
function createCampaign(store: Store, { campaign, cases }: Plan): string {
  const anotherId = () => newCampaignId(new Date(campaign.startedAt), randomInt(16 ** 6));
  return store.createCampaign({ ...campaign, cases }, anotherId);
}

/** Shows what the campaign found, and ends with the exit code that it deserves. */
async function conclude(store: Store, id: string, options: RunOptions): Promise<void> {
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
  tell(`Report: ${await writeReport(result, resultsDirectory)}`);
  giveToInvoker(resultsDirectory);
}
