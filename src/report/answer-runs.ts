// SPDX-License-Identifier: Apache-2.0
// A sweep of rates has an answer for each rate, and few things to say: what neighbouring rates have in common is told once.
import { isRate } from '../model/deciding.ts';
import { quantity } from '../model/units.ts';
import { type Group, groupKey } from '../stats/group.ts';
import { decidingFigure, keptPace } from '../stats/verdict.ts';
import { decidingScale, describeGroup, inScale } from './format.ts';
import type { Answer } from './sentences.ts';

/** Answers that say the same of neighbouring rates, lowest first; mostly a single one. */
export type AnswerRun = readonly [Answer, ...Answer[]];

/** Answers in their order, those of a sweep of rates together. */
export function answerRuns(answers: readonly Answer[]): AnswerRun[] {
  const sweeps = Map.groupBy(answers, ({ group }) => groupKey({ ...group, rate: 'max' }));
  return [...sweeps.values()].flatMap(runsOf);
}

function runsOf(sweep: readonly Answer[]): AnswerRun[] {
  const runs: [Answer, ...Answer[]][] = [];
  for (const answer of [...sweep].sort((a, b) => rateOf(a) - rateOf(b))) {
    const run = runs.at(-1);
    if (run !== undefined && saysTheSame(run[0], answer)) run.push(answer);
    else runs.push([answer]);
  }
  return runs;
}

/** An unpaced sender is the fastest. */
function rateOf({ group: { rate } }: Answer): number {
  return rate === 'max' ? Number.POSITIVE_INFINITY : rate;
}

/**
 * The same finding; and the best case kept up with both rates or with neither, so that a figure that follows the rate is no plateau. A
 * winner that keeps up is told rate by rate: by how much it wins changes with each.
 */
function saysTheSame(a: Answer, b: Answer): boolean {
  return a.headline === b.headline && isPaced(a) === isPaced(b) && (a.winner === null || !isPaced(a));
}

function isPaced({ best }: Answer): boolean {
  return best !== null && keptPace(best);
}

/** `P = 64 B, R = 1M to 7M (7 rates)`: what a run is about, of the parameters that are to be told. */
export function runGroup(run: AnswerRun, names: readonly (keyof Group)[]): string {
  const [first] = run;
  const last = run.at(-1) ?? first;
  if (first === last) return describeGroup(first.group, names);
  const told = describeGroup(
    first.group,
    names.filter((name) => name !== 'rate'),
  );
  const rates = `R = ${quantity(first.group.rate)} to ${quantity(last.group.rate)} (${run.length} rates)`;
  return told === '' ? rates : `${told}, ${rates}`;
}

/** What a run says, without a full stop: its answer's own sentence, or the finding with the figures of the best case, and at one rate what they rest on. */
export function runSentence(run: AnswerRun): string {
  const [first] = run;
  const last = run.at(-1) ?? first;
  if (first === last) return first.sentence;
  const figures = runFigures(run);
  const told = figures === null ? first.headline : `${first.headline}: ${figures}`;
  return last.winner === null
    ? told
    : `${told}. At R = ${quantity(last.group.rate)}: ${last.detail.replace(/\.$/, '')}`;
}

/** A figure that changes this little is a plateau. */
const PLATEAU_RATIO = 1.05;

/** The figures of the best case; null where they are what was asked for, or where there are none. */
export function runFigures(run: AnswerRun): string | null {
  const [{ group, best }] = run;
  if (best === null || isPaced(run[0])) return null;
  const medians = run.flatMap((answer) => (answer.best === null ? [] : (decidingFigure(answer.best)?.median ?? [])));
  if (medians.length === 0) return null;
  const [least, most] = [Math.min(...medians), Math.max(...medians)];
  const scale = decidingScale(group.dimension, most);
  const [low, high] = [inScale(least, scale), inScale(most, scale)];
  const range = `${low === high ? low : `${low} to ${high}`} ${scale.unit}`;
  return isRate(group.dimension) && most <= PLATEAU_RATIO * least ? `${range} whatever the rate` : range;
}
