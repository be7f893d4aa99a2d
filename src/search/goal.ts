// SPDX-License-Identifier: Apache-2.0
// What a search looks for, in the terms of RFC 9971 (multiple loss ratio search), section 4.

/** The highest load at which at most `exceedRatio` of the time more than `lossRatio` of the packets are lost. */
export interface SearchGoal {
  name: string;
  /** 0 to below 1, of the packets that were offered. */
  lossRatio: number;
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
