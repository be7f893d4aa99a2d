// SPDX-License-Identifier: Apache-2.0
// What a search looks for, in the terms of RFC 9971 (multiple loss ratio search), section 4.
import type { LoadTrial } from './trial.ts';

/** The highest load at which at most `exceedRatio` of the time more than `lossRatio` of the packets are lost, or another figure is above its limit. */
export interface SearchGoal {
  name: string;
  /** 0 to below 1, of the packets that were offered. */
  lossRatio: number;
  /** A figure that decides in place of the loss, and the most that it may be. It must not fall while the load grows. */
  limit?: { figure: string; most: number };
  /** 0 to below 1: of the duration sum, how much may be of trials with a higher loss. */
  exceedRatio: number;
  /** Of trials that only look where the load may be. */
  initialTrialMs: number;
  /** A trial of so long counts in full; a shorter one only against a load. */
  finalTrialMs: number;
  /** Trials of one load that decide on it whatever they say. */
  durationSumMs: number;
  /** The bounds are at most so far apart, relative to the upper one. */
  widthRatio: number;
}

/** Whether a trial says that its load is too much. One that lacks the figure does. */
export function isWorse({ lossRatio, figures }: Pick<LoadTrial, 'lossRatio' | 'figures'>, goal: SearchGoal): boolean {
  if (goal.limit === undefined) return lossRatio > goal.lossRatio;
  return (figures?.[goal.limit.figure] ?? Number.POSITIVE_INFINITY) > goal.limit.most;
}

/** What FD.io's CSIT asks for since 2024: trials of 1 s, 21 s in all, half of which may be worse, bounds 0.5 % apart. */
const OF_CSIT = {
  exceedRatio: 0.5,
  initialTrialMs: 1000,
  finalTrialMs: 1000,
  durationSumMs: 21_000,
  widthRatio: 0.005,
} as const;

/** The no-drop rate. */
export const NDR: SearchGoal = { ...OF_CSIT, name: 'NDR', lossRatio: 0 };
/** The partial-drop rate: half a percent. */
export const PDR: SearchGoal = { ...OF_CSIT, name: 'PDR', lossRatio: 0.005 };

/** Whose result is the throughput of RFC 2544, section 26.1, with trials of 60 s (section 24), as RFC 9971 has it. */
export const RFC2544: SearchGoal = {
  ...{ ...OF_CSIT, name: 'RFC 2544', lossRatio: 0, exceedRatio: 0 },
  ...{ finalTrialMs: 60_000, durationSumMs: 60_000 },
};
/** That of a binary search with loss verification and two trials a load (ETSI GS NFV-TST 009, section 12.3.3), as RFC 9971 has it. */
export const TST009: SearchGoal = { ...RFC2544, name: 'TST 009', exceedRatio: 0.5, durationSumMs: 120_000 };
