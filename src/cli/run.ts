// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { type Artifacts, ensureArtifacts, removeOldRoots } from '../host/artifacts.ts';
import { allowedCpus, takeInventory } from '../host/inventory.ts';
import { localHost } from '../host/local.ts';
import type { Campaign } from '../model/campaign.ts';
import type { Cpu, Inventory } from '../model/inventory.ts';
import type { PlannedCase, StoredCampaign } from '../model/result.ts';
import { LOCAL_TESTBED, nearOf } from '../model/testbed.ts';
import { expandCampaign, type SwitchOffer } from '../plan/expand.ts';
import { type PlannedTrial, repetitionsOwed } from '../plan/order.ts';
import { toJsonDocument } from '../report/json.ts';
import { renderSummary } from '../report/terminal.ts';
import { runCampaign } from '../run/campaign.ts';
import { openJournal } from '../run/journal.ts';
import { Schedule } from '../run/schedule.ts';
import { unlikeMachines } from '../stats/compare.ts';
import { newCampaignId, openStore, type Store } from '../store/store.ts';
import type { Probe, SwitchDriver } from '../switches/driver.ts';
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
import { requireStore, toResult } from './load.ts';
import { Progress } from './progress.ts';
import { writeReport } from './report.ts';
import { loadDrivers } from './switch-file.ts';

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
  /** Trials that are still to be run, in order. */
  schedule: Schedule;
  /** Repetitions of disturbed trials that it owes from before. */
  owed: PlannedTrial[];
}

async function run(file: string | undefined, options: RunOptions): Promise<void> {
  const campaign = readCampaign(file, options);
  const drivers = await loadDrivers(options.switch ?? []);
  if (options.dryRun !== true) requireRoot('vswbench run');

  const artifacts = await ensureArtifacts(localHost, checkout);
  const inventory = await takeInventory(localHost, checkout, version);
  const allowed = new Set(await allowedCpus(localHost));
  const cpus = inventory.cpus.filter((cpu) => allowed.has(cpu.id));

  const machine = { drivers, artifacts, cpus };
  if (options.resume !== undefined) {
    requireStore();
    await withStore(async (store) => {
      const plan = planResumed(store, options.resume === true ? undefined : options.resume, inventory);
      refuseStrangers(plan, drivers);
      await measure(store, plan, options, machine);
    });
    return;
  }
  const plan = await planNew(campaign, machine, inventory);
  if (options.dryRun === true) {
    process.stdout.write(
      `${describePlan(plan, drivers, [{ name: LOCAL_TESTBED, near: { cpus }, far: null, sameMachine: false }])}\n`,
    );
    return;
  }
  refuseNothing(plan);
  makeFolder(resultsDirectory);
  await withStore((store) => measure(store, plan, options, machine));
}

async function withStore(use: (store: Store) => Promise<void>): Promise<void> {
  const store = openStore(storePath);
  try {
    await use(store);
  } finally {
    store.close();
  }
}

async function planNew(campaign: Campaign, { drivers, artifacts, cpus }: Machine, inventory: Inventory): Promise<Plan> {
  const switches = await Promise.all(
    drivers.map(async (driver) => ({
      id: driver.id,
      title: driver.title,
      ports: driver.ports,
      locations: driver.locations,
      threads: driver.threads,
      available: asOffer(await driver.probe(localHost)),
    })),
  );
  const versions = switches.flatMap(({ id, available }) =>
    available.ok ? [[`switch ${id}`, available.version] as const] : [],
  );
  const expanded = expandCampaign(campaign, [
    {
      name: LOCAL_TESTBED,
      frameworks: artifacts.frameworks,
      near: { name: 'local', switches, cpus },
      far: null,
      sameMachine: false,
    },
  ]);
  if (!expanded.ok) throw new CliError(EXIT.usage, expanded.error);
  const cases = expanded.value;
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
      durationMs: campaign.durationMs,
      trialsPlanned: campaign.trials,
      precision: campaign.precision,
      hosts: [
        {
          testbed: LOCAL_TESTBED,
          role: 'near',
          name: 'local',
          uplink: null,
          inventory: { ...inventory, versions: { ...inventory.versions, ...Object.fromEntries(versions) } },
        },
      ],
      ioTitles: Object.fromEntries(artifacts.frameworks.map(({ name, title }) => [name, title])),
      switchTitles: Object.fromEntries(drivers.map(({ id, title }) => [id, title])),
    },
    cases.map((planned) => ({ ...planned, trials: [] })),
  );
}

function planOf(campaign: Plan['campaign'], cases: StoredCampaign['cases']): Plan {
  return {
    campaign,
    cases: cases.map(({ case: testCase, skipped }) => ({ case: testCase, skipped })),
    schedule: new Schedule(campaign, cases),
    owed: repetitionsOwed(cases),
  };
}

function asOffer(probe: Probe): SwitchOffer['available'] {
  return probe.available
    ? { ok: true, version: probe.version }
    : { ok: false, missing: probe.missing, mend: probe.mend };
}

function planResumed(store: Store, id: string | undefined, inventory: Inventory): Plan {
  const stored = store.load(id ?? 'latest');
  if (stored === null) throw new CliError(EXIT.usage, `there is no campaign ${id ?? ''}: 'vswbench list' shows them`);
  const { cases, ...campaign } = stored;
  refuseOtherMachine(nearOf(campaign), inventory);
  const plan = planOf(campaign, cases);
  const { planned, doneCount } = plan.schedule;
  const total = campaign.precision === null ? `${planned.length}` : `at least ${planned.length}`;
  tell(`Resuming campaign ${campaign.id} (${campaign.title}): ${doneCount} of ${total} trials are done.`);
  return plan;
}

/** Figures of two machines, or of one before and after a change, are never mixed in one statistic. */
function refuseOtherMachine(then: Inventory, now: Inventory): void {
  for (const { what, a, b } of unlikeMachines(then, now)) {
    throw new CliError(EXIT.usage, `the campaign was begun with ${what} '${a}' and this is '${b}': start a new one`);
  }
}

/** The campaign may have been begun with a driver of the user's own. */
function refuseStrangers({ campaign, cases, schedule }: Plan, drivers: readonly SwitchDriver[]): void {
  // Any case may need another trial for its precision.
  const order = campaign.precision === null ? schedule.remaining : schedule.planned;
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

interface Machine {
  drivers: readonly SwitchDriver[];
  artifacts: Artifacts;
  cpus: readonly Cpu[];
}

/** Who sends one of these wants us to stop, and to leave the host as it was. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function measure(store: Store, plan: Plan, options: RunOptions, machine: Machine): Promise<void> {
  const { campaign, cases, schedule } = plan;
  const interrupt = new AbortController();
  const onSignal = () => {
    tell(
      interrupt.signal.aborted ? 'Still cleaning up ...' : '\nStopping: cleaning up, and keeping what is measured ...',
    );
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  const journal = await openJournal(localHost, process.pid, tell);
  const progress = new Progress(plan, tell);
  let leftovers: string[] = [];
  try {
    await removeOldRoots(localHost, checkout, machine.artifacts);
    if (options.resume === undefined) store.createCampaign({ ...campaign, cases });
    await runCampaign(
      {
        host: localHost,
        undo: journal,
        signal: interrupt.signal,
        ...machine,
        ...campaign,
        owed: plan.owed,
      },
      cases.map((planned) => planned.case),
      schedule.trials((extra) => progress.extend(extra)),
      {
        save(planned, trial) {
          store.saveTrial(campaign.id, planned.caseIndex, trial);
          schedule.record(planned, trial);
        },
        tell: (event) => progress.show(event),
      },
    );
    store.endCampaign(campaign.id, new Date().toISOString());
  } catch (error) {
    // Only the wish to stop is expected; a full disk, say, is told also to who has asked to stop.
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
  } finally {
    progress.end();
    leftovers = await journal.close();
    for (const complaint of leftovers) tell(`vswbench: could not clean up: ${complaint}`);
    // The host is clean: from here on a signal ends us as it does any program.
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  await conclude(store, campaign.id, options);
  if (leftovers.length > 0) process.exitCode ??= EXIT.trialFailed;
  if (interrupt.signal.aborted) {
    throw new CliError(EXIT.interrupted, `stopped; go on with: vswbench run --resume ${campaign.id}`);
  }
}

/** Shows what the campaign found, and ends with the exit code that it deserves. */
async function conclude(store: Store, id: string, options: RunOptions): Promise<void> {
  const stored = store.load(id);
  if (stored === null) throw new RangeError(`campaign ${id} is not in its store`);
  const result = toResult(store, stored);
  const summary = renderSummary(result, {
    columns: process.stderr.columns ?? 100,
    color: process.stderr.isTTY && process.env.NO_COLOR === undefined,
  });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(toJsonDocument(result))}\n`);
    tell(summary);
  } else {
    process.stdout.write(`${summary}\n`);
  }
  const trials = result.results.flatMap((caseResult) => caseResult.trials);
  const measured = trials.filter((trial) => trial.outcome.outcome === 'measured').length;
  if (measured === 0) process.exitCode = EXIT.nothingMeasurable;
  else if (measured < trials.length) process.exitCode = EXIT.trialFailed;
  tell(`Report: ${await writeReport(result, resultsDirectory)}`);
  giveToInvoker(resultsDirectory);
}
