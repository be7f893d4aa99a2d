// SPDX-License-Identifier: Apache-2.0
import type { PlannedCase, StoredCampaign, Trial } from '../model/result.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import { formatPps } from '../model/units.ts';
import { formatDuration, OVERHEADS_DEFAULT, RemainingTime, type TurnOf } from '../plan/estimate.ts';
import type { PlannedTrial } from '../plan/order.ts';
import { percentOf } from '../report/format.ts';
import type { CampaignEvent } from '../run/campaign.ts';
import type { ExtraRound, Schedule } from '../run/schedule.ts';
import { lossRatioOf } from '../stats/integrity.ts';

interface Planned {
  campaign: Pick<StoredCampaign, 'id' | 'title' | 'warmupMs' | 'warmupAuto' | 'durationMs' | 'precision'>;
  cases: readonly PlannedCase[];
  /** Repetitions of disturbed trials, from before. */
  owed: readonly PlannedTrial[];
  schedule: Pick<Schedule, 'planned' | 'remaining' | 'doneCount'>;
  /** Which testbeds take turns; none where absent. */
  turnOf?: TurnOf;
}

/**
 * Tells how a campaign gets on: a line for each trial that has ended. There is no spinner and no timer on purpose: while
 * packets are counted, this process sleeps.
 */
export class Progress {
  private readonly remaining: RemainingTime;
  private total: number;
  private readonly precision: StoredCampaign['precision'];
  private readonly tell: (line: string) => void;
  private done: number;
  private readonly startedAt = performance.now();
  /** When the present trial of each testbed began. */
  private readonly began = new Map<string, number>();

  constructor({ campaign, cases, schedule, owed, turnOf }: Planned, tell: (line: string) => void) {
    const order = schedule.remaining;
    this.tell = tell;
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
    tell(`Campaign ${campaign.id} (${campaign.title}): ${least}${count} trials, ${least}about ${estimate}.`);
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
      case 'trial-starting':
        this.began.set(event.testCase.testbed, performance.now());
        this.draw(`${this.counter(this.done + 1)} ${describeCase(event.testCase)} ...`);
        return;
      case 'trial-ended': {
        const { testbed } = event.testCase;
        this.done += 1;
        this.remaining.trialDone(performance.now() - (this.began.get(testbed) ?? this.startedAt), testbed);
        this.draw('');
        this.tell(
          `${this.counter(this.done)} ${describeCase(event.testCase)}  ${describeTrial(event.trial)}  ${this.left()}`,
        );
        return;
      }
      case 'repetition-planned':
        this.total += 1;
        this.remaining.extend([event.planned]);
        this.tell(`Disturbed, to be repeated: ${event.reasons.join('; ')}`);
        return;
      case 'leftover':
        this.tell(`vswbench: could not clean up: ${event.complaint}`);
        return;
      default:
        event satisfies never;
    }
  }

  end(): void {
    this.draw('');
  }

  private counter(number: number): string {
    return `[${String(number).padStart(String(this.total).length)}/${this.total}]`;
  }

  private left(): string {
    const least = this.precision === null ? '' : 'at least ';
    return this.done === this.total ? '' : `${least}${formatDuration(this.remaining.estimateMs())} left`;
  }

  /** The line of the present trial, where there is a terminal to rewrite it on. */
  private draw(line: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  }
}

function describeCase(testCase: TestCase): string {
  const rate = testCase.rate === 'max' ? 'max' : formatPps(testCase.rate);
  const where = testCase.testbed === LOCAL_TESTBED ? '' : `${testCase.testbed}: `;
  const remote = testCase.location === 'remote' ? 'remote ' : '';
  return `${where}${remote}${testCase.switch} ${testCase.io} ${testCase.pairs}vs${testCase.pairs} ${testCase.packetSize} B, ${rate}`;
}

function describeTrial({ outcome, measurement }: Trial): string {
  if (outcome.outcome !== 'measured' || measurement === null) {
    return `${outcome.outcome}: ${'reason' in outcome ? outcome.reason : ''}`;
  }
  const median = measurement.latencyNs?.rtt?.p50 ?? null;
  const rtt = median === null ? '' : `, median round trip ${(median / 1000).toFixed(1)} µs`;
  const loss = (100 * Math.max(0, lossRatioOf([measurement]))).toFixed(2);
  return `${formatPps(measurement.throughputPps)} received, ${loss} % lost${rtt}`;
}
