// SPDX-License-Identifier: Apache-2.0
// The life of a campaign: trials in their order, a switch kept up while consecutive trials need the same one, each trial
// saved as soon as it ends.
import type { Artifacts } from '../host/artifacts.ts';
import type { Host, UndoStack } from '../host/host.ts';
import { type HugepageNeed, reserveHugepages } from '../host/hugepages.ts';
import { prepareContainers } from '../host/lxc.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import type { Outcome, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { type PlannedTrial, repetitionOf, withRepetitions } from '../plan/order.ts';
import { placeTrial } from '../plan/placement.ts';
import type { PortRequest, RunningSwitch, SwitchContext, SwitchDriver } from '../switches/driver.ts';
import { reasonOf } from './failure.ts';
import { STATE_DIRECTORY } from './journal.ts';
import { runTrial, type TrialContext } from './trial.ts';

export interface CampaignContext {
  host: Host;
  artifacts: Artifacts;
  undo: UndoStack;
  signal: AbortSignal;
  /** CPUs that may be used. */
  cpus: readonly Cpu[];
  warmupMs: number;
  durationMs: number;
  /** Repetitions of disturbed trials that are owed from before. */
  owed: readonly PlannedTrial[];
  drivers: readonly SwitchDriver[];
}

/** What a campaign tells while it runs. */
export type CampaignEvent =
  | { event: 'switch-starting'; driver: SwitchDriver }
  | { event: 'trial-starting'; planned: PlannedTrial; testCase: TestCase }
  | { event: 'trial-ended'; planned: PlannedTrial; testCase: TestCase; trial: Trial }
  /** A trial was disturbed: it is repeated at the end of its round. */
  | { event: 'repetition-planned'; planned: PlannedTrial; reasons: readonly string[] }
  | { event: 'leftover'; complaint: string };

export interface CampaignListener {
  /** Called as soon as a trial has ended, before the next begins: whatever it keeps is safe from a crash. */
  save(planned: PlannedTrial, trial: Trial): void;
  tell(event: CampaignEvent): void;
}

/**
 * Runs the planned trials in order, and those that were disturbed once more at the end of their round; each is asked for only
 * when the one before is saved, so that an order may depend on what was measured. What goes wrong with a switch or in a trial is
 * that trial's outcome. Throws the signal's reason, what `listener.save` throws, and HostError where no container can be
 * prepared; the switch is down by then.
 */
export async function runCampaign(
  context: CampaignContext,
  cases: readonly TestCase[],
  order: Iterable<PlannedTrial>,
  listener: CampaignListener,
  run: typeof runTrial = runTrial,
): Promise<void> {
  const containers = await prepareContainers(context.host, `${STATE_DIRECTORY}/containers`, context.undo);
  const housekeeping = new Housekeeping(context);
  const slot = new SwitchSlot(context, listener);
  const owed = [...context.owed];
  try {
    for (const planned of withRepetitions(order, owed)) {
      context.signal.throwIfAborted();
      const testCase = cases[planned.caseIndex];
      if (testCase === undefined) throw new RangeError(`no test case ${planned.caseIndex}`);
      listener.tell({ event: 'trial-starting', planned, testCase });
      const trial = await runPlanned({ ...context, containers, run, housekeeping }, planned, testCase, slot);
      // What the user's wish to stop broke is not the trial's own failure, and is to be run again.
      if (trial.outcome.outcome === 'failed') context.signal.throwIfAborted();
      listener.save(planned, trial);
      listener.tell({ event: 'trial-ended', planned, testCase, trial });
      const repetition = trial.flags.includes('disturbed') ? repetitionOf(planned) : null;
      if (repetition === null) continue;
      owed.push(repetition);
      const reasons = trial.measurement?.noise.reasons ?? [];
      listener.tell({ event: 'repetition-planned', planned: repetition, reasons });
    }
  } finally {
    await slot.empty();
  }
}

async function runPlanned(
  context: CampaignContext & TrialContext & { run: typeof runTrial; housekeeping: Housekeeping },
  planned: PlannedTrial,
  testCase: TestCase,
  slot: SwitchSlot,
): Promise<Trial> {
  const driver = context.drivers.find((candidate) => candidate.id === testCase.switch);
  if (driver === undefined) throw new RangeError(`no driver for ${testCase.switch}`);
  const placement = placeTrial(context.cpus, testCase.pairs, driver.threads);
  const plan = { testCase, placement, round: planned.round, ordinal: planned.ordinal, seed: planned.seed };
  const startedAt = new Date().toISOString();
  await context.housekeeping.keepTo(placement);
  let running: RunningSwitch;
  try {
    running = await slot.hold(driver, testCase, placement);
  } catch (error) {
    return notRun(plan, startedAt, { outcome: 'failed', step: `start ${driver.id}`, reason: reasonOf(error) });
  }
  context.signal.throwIfAborted();
  const trial = await context.run(context, plan, running);
  // A switch that took part in a failure is not trusted with the next trial.
  if (trial.outcome.outcome === 'failed') await slot.empty();
  return trial;
}

function notRun(
  plan: Pick<Trial, 'placement' | 'round' | 'ordinal' | 'seed'>,
  startedAt: string,
  outcome: Outcome,
): Trial {
  const { placement, round, ordinal, seed } = plan;
  return {
    placement,
    round,
    ordinal,
    seed,
    startedAt,
    wallS: 0,
    overheadS: 0,
    flags: [],
    outcome,
    measurement: null,
    histograms: {},
  };
}

/** Holds the one switch that is up. */
class SwitchSlot {
  private readonly context: CampaignContext;
  private readonly listener: CampaignListener;
  private held: { key: string; running: RunningSwitch; mark: number } | null = null;

  constructor(context: CampaignContext, listener: CampaignListener) {
    this.context = context;
    this.listener = listener;
  }

  /** The switch with these ports, started where another is up or none. Throws whatever its driver does where it does not start. */
  async hold(driver: SwitchDriver, testCase: TestCase, placement: Placement): Promise<RunningSwitch> {
    const { pairs, port, io } = testCase;
    const needs = hugepageNeeds(this.context, driver, testCase, placement);
    // Other ports or CPUs make another switch of it: an idle port costs a polling switch time.
    const key = [driver.id, port, pairs, placement.switch.join(','), needs.length > 0 ? io : ''].join(' ');
    if (this.held?.key === key) return this.held.running;
    await this.empty();
    this.listener.tell({ event: 'switch-starting', driver });
    const mark = this.context.undo.mark();
    try {
      await reserveHugepages(this.context.host, this.context.undo, needs);
      const running = await driver.start(await this.switchContext(testCase, placement));
      this.held = { key, running, mark };
      return running;
    } catch (error) {
      await this.unwind(mark);
      throw error;
    }
  }

  private async switchContext({ pairs, port }: TestCase, placement: Placement): Promise<SwitchContext> {
    const { host, undo, artifacts, cpus } = this.context;
    const ports = Array.from({ length: pairs }, (_, pair): PortRequest[] => [
      { pair, end: 'source' },
      { pair, end: 'sink' },
    ]).flat();
    const directory = `${STATE_DIRECTORY}/switch`;
    await undo.push({ kind: 'remove-path', path: directory });
    await host.remove(directory);
    await host.makeDirectory(directory);
    return {
      ...{ host, undo, ports, directory },
      portKind: port,
      uplink: null,
      cpus: placement.switch,
      housekeeping: placement.housekeeping,
      node: nodeOf(cpus, placement.switch[0] ?? placement.housekeeping[0]),
      programs: artifacts.programs,
    };
  }

  async empty(): Promise<void> {
    const { held } = this;
    this.held = null;
    if (held !== null) await this.unwind(held.mark);
  }

  private async unwind(mark: number): Promise<void> {
    for (const complaint of await this.context.undo.unwindTo(mark)) {
      this.listener.tell({ event: 'leftover', complaint });
    }
  }
}

/** What the switch and each application are going to take, on the nodes of their CPUs. */
function hugepageNeeds(
  { artifacts, cpus }: CampaignContext,
  driver: SwitchDriver,
  { io, pairs }: TestCase,
  placement: Placement,
): HugepageNeed[] {
  const framework = artifacts.frameworks.find(({ name }) => name === io);
  const each = framework?.built === true ? framework.hugepage_bytes : 0;
  const own = { node: nodeOf(cpus, placement.switch[0]), bytes: driver.hugepageBytes?.(2 * pairs) ?? 0 };
  const applications = placement.pairs.flatMap(({ source, sink }) => [source, sink]);
  return [own, ...applications.map((cpu) => ({ node: nodeOf(cpus, cpu), bytes: each }))].filter(
    ({ bytes }) => bytes > 0,
  );
}

function nodeOf(cpus: readonly Cpu[], id: number | undefined): number {
  return cpus.find((cpu) => cpu.id === id)?.node ?? 0;
}

/** Keeps this process, and what it starts, off the CPUs that measure, where there are enough CPUs for that. */
class Housekeeping {
  private readonly host: Host;
  private readonly all: string;
  private list: string;

  constructor({ host, cpus }: CampaignContext) {
    this.host = host;
    this.all = cpus.map((cpu) => cpu.id).join(',');
    this.list = this.all;
  }

  async keepTo({ housekeeping, sharedHousekeeping }: Placement): Promise<void> {
    const list = sharedHousekeeping ? this.all : housekeeping.join(',');
    if (list === this.list) return;
    this.list = list;
    await this.host.run(['taskset', '--all-tasks', '--cpu-list', '--pid', list, String(process.pid)]);
  }
}
