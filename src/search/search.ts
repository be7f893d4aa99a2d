// SPDX-License-Identifier: Apache-2.0
// Multiple loss ratio search (RFC 9971): for each goal the highest load that it allows, between two bounds. Goals share their trials.
// It knows nothing of switches: only `measure`.
import type { SearchEnd } from '../model/search.ts';
import { likelyBounds } from './bounds.ts';
import { conditionalThroughputPps } from './classify.ts';
import type { SearchGoal } from './goal.ts';
import { Ladder } from './ladder.ts';
import { type Progress, progressOf } from './next.ts';
import type { LoadTrial, Measure } from './trial.ts';

export interface SearchPlan {
  /** The first ones are looked for first. */
  goals: readonly SearchGoal[];
  minPps: number;
  maxPps: number;
  /** Trials' time, after which the search ends with what it has; null: no limit. */
  budgetMs: number | null;
  /** Where a load was found before, of this switch or of one like it: the search begins there. */
  expectedPps?: number;
}

/** What a search says of a goal, packets/s. */
export interface GoalResult {
  goal: SearchGoal;
  /**
   * `found`: both bounds are there, and near enough (a regular result). `max-load` and `tool-limited`: the highest load that was to be
   * offered, or that the sender could offer, is a lower bound. `min-load`: the lowest load is too much. `budget`: time was over, and the bounds are
   * those that the trials so far point to.
   */
  ended: SearchEnd;
  lowerPps: number | null;
  upperPps: number | null;
  conditionalThroughputPps: number | null;
}

export interface SearchResult {
  goals: GoalResult[];
  /** In the order in which they were measured, without the first, which only wakes everybody up. */
  trials: LoadTrial[];
  /** Of all trials, ms. */
  measuredMs: number;
}

/** `tell` hears after each trial where the bounds are. Throws RangeError where the plan has no goal or no load. */
export async function search(
  plan: SearchPlan,
  measure: Measure,
  tell: (goals: GoalResult[]) => void = () => undefined,
): Promise<SearchResult> {
  const state = new SearchState(plan);
  await state.begin(measure);
  for (let next = state.next(); next !== null; next = state.next()) {
    tell(state.result().goals);
    await state.measure(next, measure);
  }
  return state.result();
}

class SearchState {
  private readonly plan: SearchPlan;
  private readonly ladder: Ladder;
  private readonly levels = new Map<number, LoadTrial[]>();
  private readonly trials: LoadTrial[] = [];
  private measuredMs = 0;
  /** Level of the highest load that can be offered: 0 as long as nobody has seen one that cannot. */
  private top = 0;

  constructor(plan: SearchPlan) {
    if (plan.goals.length === 0) throw new RangeError('a search has at least one goal');
    this.plan = plan;
    this.ladder = new Ladder({ ...plan, widthRatio: Math.min(...plan.goals.map(({ widthRatio }) => widthRatio)) });
  }

  /** At full load, or where the load is expected: one trial that is thrown away, and one that tells about where to look. */
  async begin(measure: Measure): Promise<void> {
    const { goals, expectedPps } = this.plan;
    const durationMs = Math.max(...goals.map(({ initialTrialMs }) => initialTrialMs));
    const level = expectedPps === undefined ? 0 : this.ladder.levelBelow(expectedPps);
    await this.offer(level, durationMs, measure);
    const again = Math.max(level, this.top);
    if (again < this.ladder.levels) await this.measure({ level: again, durationMs }, measure);
  }

  /** What is to be measured next; null at the end. */
  next(): { level: number; durationMs: number } | null {
    const { goals, budgetMs } = this.plan;
    for (const goal of goals) {
      const progress = this.progressOf(goal);
      if (progress.kind !== 'wants') continue;
      const durationMs = goal.finalTrialMs;
      if (budgetMs !== null && this.measuredMs + durationMs > budgetMs) continue;
      return { level: progress.level, durationMs };
    }
    return null;
  }

  async measure({ level, durationMs }: { level: number; durationMs: number }, measure: Measure): Promise<void> {
    const trial = await this.offer(level, durationMs, measure);
    if (trial === null) return;
    this.trials.push(trial);
    this.levels.set(level, [...(this.levels.get(level) ?? []), trial]);
  }

  /** A load that cannot be offered says nothing of the switch, and higher ones are not tried any more. */
  private async offer(level: number, durationMs: number, measure: Measure): Promise<LoadTrial | null> {
    const loadPps = this.ladder.loadPps(level);
    const measured = await measure(loadPps, durationMs);
    this.measuredMs += durationMs;
    switch (measured.kind) {
      case 'measured':
        return { loadPps, durationMs, lossRatio: measured.lossRatio, figures: measured.figures ?? {} };
      case 'not-reached':
        this.top = Math.max(this.top, level + 1, this.ladder.levelBelow(measured.reachedPps));
        return null;
      default:
        return measured satisfies never;
    }
  }

  result(): SearchResult {
    return {
      goals: this.plan.goals.map((goal) => this.resultOf(goal)),
      trials: this.trials,
      measuredMs: this.measuredMs,
    };
  }

  private progressOf(goal: SearchGoal): Progress {
    const offered = new Map([...this.levels].filter(([level]) => level >= this.top));
    return progressOf(offered, goal, this.ladder, this.top);
  }

  private resultOf(goal: SearchGoal): GoalResult {
    const progress = this.progressOf(goal);
    const offered = boundsIn(progress);
    // A load that was offered until it no longer could be has trials as well, which tell more than nothing.
    const { upper, lower } =
      progress.kind === 'wants' && offered.lower === null ? likelyBounds(this.levels, goal) : offered;
    // What is not decided on is told by the trials that there are.
    const told = (lower === null ? [] : (this.levels.get(lower) ?? [])).reduce((sum, one) => sum + one.durationMs, 0);
    const soFar = progress.kind === 'wants' ? { ...goal, durationSumMs: Math.min(told, goal.durationSumMs) } : goal;
    return {
      goal,
      ended: this.endOf(progress),
      upperPps: upper === null ? null : this.ladder.loadPps(upper),
      lowerPps: lower === null ? null : this.ladder.loadPps(lower),
      conditionalThroughputPps:
        lower === null
          ? null
          : conditionalThroughputPps(this.ladder.loadPps(lower), this.levels.get(lower) ?? [], soFar),
    };
  }

  private endOf(progress: Progress): GoalResult['ended'] {
    switch (progress.kind) {
      case 'found':
        return 'found';
      case 'at-most':
        return this.top > 0 ? 'tool-limited' : 'max-load';
      case 'not-offered':
        return 'tool-limited';
      case 'below-least':
        return 'min-load';
      case 'wants':
        return 'budget';
      default:
        return progress satisfies never;
    }
  }
}

function boundsIn(progress: Progress): { upper: number | null; lower: number | null } {
  switch (progress.kind) {
    case 'found':
      return progress;
    case 'at-most':
      return { upper: null, lower: progress.lower };
    case 'below-least':
      return { upper: progress.upper, lower: null };
    case 'not-offered':
      return { upper: null, lower: null };
    case 'wants':
      return progress.likely;
    default:
      return progress satisfies never;
  }
}
