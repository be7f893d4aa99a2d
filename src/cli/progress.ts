// SPDX-License-Identifier: Apache-2.0
import { isRepetition } from '../model/repetition.ts';
import type { PlannedCase, StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { percentOf } from '../model/units.ts';
import { formatDuration, OVERHEADS_DEFAULT, type TurnOf } from '../plan/estimate.ts';
import type { PlannedTrial } from '../plan/order.ts';
import { RemainingTime } from '../plan/remaining-time.ts';
import { trainBounds } from '../report/bursts.ts';
import { counted, ppsScale, withUnit } from '../report/format.ts';
import { foundWords } from '../report/found.ts';
import { type Naming, namingOf } from '../report/naming.ts';
import { shownCases, WITH_FCS } from '../report/shown.ts';
import { broken, clean, wrap, wrapParts } from '../report/text.ts';
import { trialWords } from '../report/trial-words.ts';
import type { CampaignEvent } from '../run/campaign.ts';
import type { ExtraRound, Schedule } from '../run/schedule.ts';
import { tell } from './context.ts';
import { LiveLine } from './live-line.ts';
import { lineWidth } from './terminal.ts';

interface Planned {
  campaign: Pick<
    StoredCampaign,
    'id' | 'title' | 'warmupMs' | 'warmupAuto' | 'durationMs' | 'precision' | 'search' | 'fcs'
  >;
  cases: readonly PlannedCase[];
  /** Repetitions of disturbed trials, from before. */
  owed: readonly PlannedTrial[];
  schedule: Pick<Schedule, 'planned' | 'remaining' | 'doneCount'>;
  /** Which testbeds take turns; none where absent. */
  turnOf?: TurnOf;
}

/** Where progress is told. */
export interface Screen {
  tell: (line: string) => void;
  /** How wide a line may be; of a log as wide as it comes. */
  columns: () => number;
  /** Puts a line where the last one stands that was drawn; null where nothing can be rewritten. */
  draw: ((line: string) => void) | null;
}

/** Standard error: each trial has a line, and on a terminal the one that runs has one that is overwritten. */
export function standardError(): Screen {
  const { stderr } = process;
  return {
    tell,
    columns: () => lineWidth(stderr),
    draw: stderr.isTTY ? (line) => stderr.write(`\r\x1b[K${line}`) : null,
  };
}

/**
 * Tells how a campaign gets on: a line for each trial that has ended, and on a terminal one for the trial that runs, with its rate. There is
 * no spinner and no timer on purpose: while packets are counted, this process wakes for samples alone, which come anyway.
 */
export class Progress {
  private readonly remaining: RemainingTime;
  private total: number;
  private readonly precision: StoredCampaign['precision'];
  private readonly screen: Screen;
  private readonly naming: Naming;
  private readonly fcs: boolean;
  private done: number;
  private readonly nowMs: () => number;
  private readonly startedAt: number;
  /** The line of the present trial of each testbed; none where nothing can be rewritten. */
  private readonly live = new Map<string, LiveLine>();
  /** When the present trial of each testbed began, and how long its switch took to start. */
  private readonly present = new Map<string, { beganMs: number; startMs: number }>();

  constructor(
    { campaign, cases, schedule, owed, turnOf }: Planned,
    screen: Screen,
    nowMs: () => number = () => performance.now(),
  ) {
    this.nowMs = nowMs;
    this.startedAt = nowMs();
    const order = schedule.remaining;
    this.screen = screen;
    this.fcs = campaign.fcs;
    this.naming = namingOf(
      shownCases(
        cases.flatMap((planned) => (planned.skipped === null ? [planned.case] : [])),
        campaign.fcs,
      ),
    );
    this.precision = campaign.precision;
    this.done = schedule.doneCount;
    this.total = this.done + order.length + owed.length;
    this.remaining = new RemainingTime(
      [...order, ...owed],
      campaign,
      cases.map((planned) => planned.case),
      OVERHEADS_DEFAULT,
      turnOf,
    );
    const estimate = formatDuration(this.remaining.estimateMs());
    const least = this.precision === null ? '' : 'at least ';
    const count = order.length + owed.length;
    this.tell(
      `Campaign ${campaign.id} (${campaign.title}): ${least}${counted(count, 'trial')}, ${least}about ${estimate}.`,
    );
    this.tell(`Each: ${this.naming.common}.${this.fcs ? ` ${WITH_FCS}.` : ''}`);
  }

  /** The planned rounds were not enough for some cases. */
  extend({ round, order, imprecise }: ExtraRound): void {
    this.total += order.length;
    this.remaining.extend(order);
    const cases = imprecise === 1 ? '1 case is' : `${imprecise} cases are`;
    const { ratio, trialsMax } = this.precision ?? { ratio: 0, trialsMax: 0 };
    this.draw('');
    this.tell(`Round ${round + 1} of at most ${trialsMax}: ${cases} not yet within ±${percentOf(ratio)}.`);
  }

  show(event: CampaignEvent): void {
    switch (event.event) {
      case 'switch-starting':
        return;
      case 'sampled':
        this.drawRate(event.testCase.testbed, event.rates.receivedPps);
        return;
      case 'switch-started': {
        const present = this.present.get(event.testbed);
        if (present !== undefined) present.startMs = this.nowMs() - present.beganMs;
        return;
      }
      case 'switch-restarting':
        this.draw('');
        this.tell(`Starting ${event.driver.id} anew: ${event.reason}`);
        return;
      case 'trial-starting':
        this.present.set(event.testCase.testbed, { beganMs: this.nowMs(), startMs: 0 });
        this.drawPresent(event.testCase, this.nameOf(event));
        return;
      case 'trial-ended': {
        const { beganMs = this.startedAt, startMs = 0 } = this.present.get(event.testCase.testbed) ?? {};
        this.done += 1;
        this.live.delete(event.testCase.testbed);
        this.remaining.trialDone(event.planned, { wallMs: this.nowMs() - beganMs, startMs });
        this.draw('');
        this.tellParts([`${this.counter(this.done)} ${this.nameOf(event)}`, trialWords(event.trial), this.left()]);
        return;
      }
      case 'repetition-planned':
        this.total += 1;
        this.remaining.extend([event.planned]);
        this.tell(`Disturbed, to be repeated: ${event.reasons.join('; ')}`);
        return;
      case 'capacity-measured': {
        const { testCase, capacityPps } = event;
        const capacity = withUnit(capacityPps, ppsScale([capacityPps]));
        const told =
          testCase.dimension === 'churn'
            ? `loses nothing at ${capacity}, and is sent half of that`
            : `the background can send ${capacity} by itself`;
        this.tell(`${this.caseName(testCase)}: ${told}`);
        return;
      }
      case 'load-measured':
        this.drawPresent(event.testCase, `${this.caseName(event.testCase)}: ${foundWords(event.found)}`);
        return;
      case 'trains-measured': {
        const { lower: lowerPackets, upper: upperPackets } = event.bounds;
        const between = trainBounds({ lowerPackets, upperPackets });
        this.drawPresent(event.testCase, `${this.caseName(event.testCase)}: longest burst ${between} packets`);
        return;
      }
      case 'leftover':
        this.tell(`vswbench: could not clean up: ${event.complaint}`);
        return;
      case 'left-behind': {
        const { driver, what, kept } = event;
        const fate = kept ?? 'put right; its driver has pushed no undo for it';
        this.tell(`vswbench: ${driver.id} left behind ${what}: ${fate}`);
        return;
      }
      default:
        event satisfies never;
    }
  }

  end(): void {
    this.draw('');
  }

  private caseName(testCase: TestCase): string {
    const [shown = testCase] = shownCases([testCase], this.fcs);
    return this.naming.nameOf(shown);
  }

  /** The case of a trial, as the campaign's cases are told apart. */
  nameOf({ planned, testCase }: { planned: PlannedTrial; testCase: TestCase }): string {
    return `${this.caseName(testCase)}${isRepetition(planned) ? ', repeated' : ''}`;
  }

  private counter(number: number): string {
    return `[${String(number).padStart(String(this.total).length)}/${this.total}]`;
  }

  /** How far it is. */
  get state(): { done: number; total: number; left: string } {
    return { done: this.done, total: this.total, left: this.left() };
  }

  private left(): string {
    const least = this.precision === null ? '' : 'at least ';
    return this.done === this.total ? '' : `${least}${formatDuration(this.remaining.estimateMs())} left`;
  }

  private tell(text: string): void {
    for (const line of wrap(clean(text), this.screen.columns(), 2)) this.screen.tell(line);
  }

  private tellParts(parts: readonly string[]): void {
    const indent = this.counter(0).length + 1;
    for (const line of wrapParts(parts.map(clean), this.screen.columns(), indent)) this.screen.tell(line);
  }

  /** The trial that runs on a testbed now, and what it has found so far. */
  private drawPresent({ testbed }: TestCase, text: string): void {
    const head = `${this.counter(this.done + 1)} ${text}`;
    if (this.screen.draw !== null) this.live.set(testbed, new LiveLine(head));
    this.draw(`${head} ...`);
  }

  private drawRate(testbed: string, receivedPps: number): void {
    const line = this.live.get(testbed)?.add(receivedPps, this.nowMs(), this.screen.columns());
    if (line !== null && line !== undefined) this.screen.draw?.(line);
  }

  /** The line of the present trial; one that the terminal broke could not be overwritten. */
  private draw(text: string): void {
    const [line = ''] = broken(clean(text), this.screen.columns());
    this.screen.draw?.(line);
  }
}
