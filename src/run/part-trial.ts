// SPDX-License-Identifier: Apache-2.0
// Trials that are parts of a trial of a campaign: a search and a burst have many of them.
import type { Measurement, Outcome, Trial } from '../model/result.ts';

export type MeasuredTrial = Trial & { measurement: Measurement };

/** A part was not measured, and was not when it was run once more: so the whole is not. */
class PartFailure extends Error {
  readonly trial: Trial;

  constructor(trial: Trial, outcome: Outcome) {
    super('a part of a trial was not measured');
    this.trial = { ...trial, outcome };
  }
}

/** The parts of one trial: those that are not measured are run once more. */
export class Parts {
  /** Warm-ups and measured windows of this time, seconds. */
  private usefulS = 0;
  private readonly startedAt = new Date().toISOString();
  private readonly began = performance.now();

  /** Throws what `whole` takes for the trial's own failure; `where` stands before its reason. */
  async measured(run: () => Promise<Trial>, where: string): Promise<MeasuredTrial> {
    const first = await this.once(run);
    if (isMeasured(first)) return first;
    const second = await this.once(run);
    if (isMeasured(second)) return second;
    const { outcome } = second;
    throw new PartFailure(
      second,
      'reason' in outcome ? { ...outcome, reason: `${where}: ${outcome.reason}` } : outcome,
    );
  }

  /** For a part that was measured and is of no use. */
  fail(trial: Trial, outcome: Outcome): never {
    throw new PartFailure(trial, outcome);
  }

  /** What `conclude` makes of the parts, or the failure of one of them, with the time that it all took. */
  async whole(conclude: () => Promise<Trial>): Promise<Trial> {
    try {
      return this.timed(await conclude());
    } catch (error) {
      if (error instanceof PartFailure) return this.timed({ ...error.trial, measurement: null, histograms: {} });
      throw error;
    }
  }

  private async once(run: () => Promise<Trial>): Promise<Trial> {
    const trial = await run();
    this.usefulS += trial.wallS - trial.overheadS;
    return trial;
  }

  private timed(trial: Trial): Trial {
    const wallS = (performance.now() - this.began) / 1000;
    return { ...trial, startedAt: this.startedAt, wallS, overheadS: Math.max(0, wallS - this.usefulS) };
  }
}

function isMeasured(trial: Trial): trial is MeasuredTrial {
  return trial.outcome.outcome === 'measured' && trial.measurement !== null;
}

/** Such trials stand a disturbed part now and then: that is what they have many for. They do not where most of them are: a reason of each kind then. */
export function disturbancesOf(parts: readonly { disturbances: readonly string[] }[]): string[] {
  const disturbed = parts.filter(({ disturbances }) => disturbances.length > 0);
  if (disturbed.length <= parts.length / 2) return [];
  const reasons = disturbed.flatMap(({ disturbances }) => disturbances);
  const kinds = Map.groupBy(reasons, (reason) => reason.replace(/\d+(\.\d+)?/g, ''));
  return [...kinds.values()].flatMap(([first]) => first ?? []);
}
