// SPDX-License-Identifier: Apache-2.0
import type { PlannedCase, StoredCampaign, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { formatPps } from '../model/units.ts';
import { formatDuration, RemainingTime } from '../plan/estimate.ts';
import type { PlannedTrial } from '../plan/order.ts';
import type { CampaignEvent } from '../run/campaign.ts';

interface Planned {
  campaign: Pick<StoredCampaign, 'id' | 'title' | 'warmupMs' | 'durationMs'>;
  cases: readonly PlannedCase[];
  order: readonly PlannedTrial[];
  /** Repetitions of disturbed trials, from before. */
  owed: readonly PlannedTrial[];
  trialsTotal: number;
}

/**
 * Tells how a campaign gets on: a line for each trial that has ended. There is no spinner and no timer on purpose: while
 * packets are counted, this process sleeps.
 */
export class Progress {
  private readonly remaining: RemainingTime;
  private total: number;
  private readonly tell: (line: string) => void;
  private done: number;
  private began = performance.now();

  constructor({ campaign, cases, order, owed, trialsTotal }: Planned, tell: (line: string) => void) {
    this.tell = tell;
    this.total = trialsTotal + owed.length;
    this.done = trialsTotal - order.length;
    this.remaining = new RemainingTime(
      [...order, ...owed],
      campaign,
      cases.map((planned) => planned.case),
    );
    const estimate = formatDuration(this.remaining.estimateMs());
    tell(`Campaign ${campaign.id} (${campaign.title}): ${order.length + owed.length} trials, about ${estimate}.`);
  }

  show(event: CampaignEvent): void {
    switch (event.event) {
      case 'switch-starting':
        return;
      case 'trial-starting':
        this.began = performance.now();
        this.draw(`${this.counter(this.done + 1)} ${describeCase(event.testCase)} ...`);
        return;
      case 'trial-ended':
        this.done += 1;
        this.remaining.trialDone(performance.now() - this.began);
        this.draw('');
        this.tell(
          `${this.counter(this.done)} ${describeCase(event.testCase)}  ${describeTrial(event.trial)}  ${this.left()}`,
        );
        return;
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
    return this.done === this.total ? '' : `${formatDuration(this.remaining.estimateMs())} left`;
  }

  /** The line of the present trial, where there is a terminal to rewrite it on. */
  private draw(line: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  }
}

function describeCase(testCase: TestCase): string {
  const rate = testCase.rate === 'max' ? 'max' : formatPps(testCase.rate);
  return `${testCase.switch} ${testCase.io} ${testCase.pairs}vs${testCase.pairs} ${testCase.packetSize} B, ${rate}`;
}

function describeTrial({ outcome, measurement }: Trial): string {
  if (outcome.outcome !== 'measured' || measurement === null) {
    return `${outcome.outcome}: ${'reason' in outcome ? outcome.reason : ''}`;
  }
  const { steadyOfferedPackets, steadyReceivedPackets, latencyNs } = measurement;
  const loss = 1 - steadyReceivedPackets / Math.max(1, steadyOfferedPackets);
  const rtt = latencyNs?.rtt === undefined ? '' : `, median round trip ${(latencyNs.rtt.p50 / 1000).toFixed(1)} µs`;
  return `${formatPps(measurement.throughputPps)} received, ${(100 * Math.max(0, loss)).toFixed(2)} % lost${rtt}`;
}
