// SPDX-License-Identifier: Apache-2.0
// What the server tells the page. Figures come in words, with their units and rounding as every report has them: the page only lays them out.
import type { CampaignRow } from '../model/campaign-row.ts';
import type { Look } from '../model/looks.ts';
import type { ParameterKey } from '../model/parameters.ts';
import type { Flag, OutcomeKind } from '../model/result.ts';

/** A parameter with the values that some cases have of it, as their options take them. */
export interface Choice {
  key: ParameterKey;
  title: string;
  values: string[];
}

export interface ListedCampaign extends CampaignRow {
  state: 'running' | 'finished' | 'unfinished';
  /** The values of its cases, by parameter. */
  values: Partial<Record<ParameterKey, string[]>>;
}

export interface CampaignsDocument {
  campaigns: ListedCampaign[];
  choices: Choice[];
}

/** A cell, and what it is sorted by; null sorts last. */
export interface Cell {
  text: string;
  order: number | string | null;
}

/** The figure that decides with its interval. */
export interface Span {
  median: number;
  low: number | null;
  high: number | null;
}

export interface CaseRow {
  index: number;
  outcome: OutcomeKind;
  /** Why there is no figure. */
  reason: string | null;
  flags: Flag[];
  /** What names it. */
  name: string;
  cells: Cell[];
  span: Span | null;
  look: Look;
  values: Partial<Record<ParameterKey, string>>;
}

/** Cases of one dimension, whose figures have the same columns. */
export interface CaseTable {
  dimension: string;
  title: string;
  columns: { title: string; align: 'left' | 'right' }[];
  rows: CaseRow[];
}

export interface CampaignDocument {
  id: string;
  title: string;
  state: ListedCampaign['state'];
  startedAt: string;
  endedAt: string | null;
  /** One sentence each: how it was measured, and on which machines. */
  about: string[];
  trialsDone: number;
  trialsPlanned: number;
  tables: CaseTable[];
  /** Parameters in which its cases differ. */
  choices: Choice[];
  /** What the marks of the rows mean. */
  flags: Partial<Record<Flag, string>>;
}

export interface TrialDot {
  round: number;
  repetition: boolean;
  outcome: OutcomeKind;
  reason: string | null;
  flags: Flag[];
  /** The figure that decides, in words and as a number; null where there is none. */
  figure: { text: string; value: number } | null;
}

export interface CaseDocument {
  campaign: string;
  index: number;
  name: string;
  parameters: string;
  skipped: string | null;
  /** What the figure of its trials is. */
  figure: string;
  /** Whether more of it is better. */
  more: boolean;
  trials: TrialDot[];
  flags: Partial<Record<Flag, string>>;
}

export interface LedgerDocument {
  title: string;
  closes: boolean;
  hops: { what: string; packets: string; drop: boolean }[];
}

export interface TrialDocument {
  campaign: string;
  index: number;
  name: string;
  round: number;
  repetition: boolean;
  startedAt: string;
  outcome: OutcomeKind;
  reason: string | null;
  flags: { flag: Flag; text: string }[];
  /** Why it counts as disturbed. */
  disturbances: string[];
  ledgers: LedgerDocument[];
  /** Rates between neighbouring samples, packets/s. */
  course: { tS: number; offeredPps: number; receivedPps: number; steady: boolean }[];
  /** Of the largest rate, in words. */
  scale: string;
  figures: { name: string; value: string; unit: string; meaning: string }[];
}

export interface ComparisonSide {
  campaign: string;
  title: string;
  startedAt: string;
}

export interface ComparisonDocument {
  a: ComparisonSide;
  b: ComparisonSide;
  /** In which the machines and the ways of measuring differ. */
  machines: string[];
  conditions: string[];
  basis: string;
  columns: { title: string; align: 'left' | 'right' }[];
  rows: { verdict: string; cells: Cell[]; notes: string[] }[];
  notCompared: { name: string; reason: string }[];
}

/** A run that was started from the browser. */
export interface StartedRun {
  number: number;
  what: string;
  startedAt: string;
  /** The last lines that it has said. */
  lines: string[];
  /** How it ended; null while it goes on. */
  ended: { code: number | null; signal: string | null } | null;
}

export interface AboutDocument {
  version: string;
  /** Campaign files that can be started by name, and the folder that they are in. */
  files: string[];
  campaigns: string;
  /** The folder with the results. */
  results: string;
}

/** Who looks, and at what. */
export interface MeDocument {
  /** A lab with many testbeds, or one machine. */
  isLab: boolean;
  /** Whose token this is; null where there is none that is good. */
  user: string | null;
  isAdmin: boolean;
}

/** What is answered in place of a document. */
export interface Complaint {
  error: string;
}

/** Between two samples of a trial that runs. */
export interface LiveRates {
  tS: number;
  offeredPps: number;
  receivedPps: number;
  offered: string;
  received: string;
  senderCpus: string;
  receiverCpus: string;
}

export interface LiveTrial {
  testbed: string;
  caseIndex: number;
  name: string;
  round: number;
  repetition: boolean;
  course: LiveRates[];
}

/** A run that goes on. */
export interface LiveRun {
  pid: number;
  /** Null until it has its record. */
  campaign: string | null;
  title: string;
  done: number;
  total: number;
  /** In words; empty where nothing is. */
  left: string;
  /** The present trial of each testbed. */
  trials: LiveTrial[];
  last: { name: string; outcome: OutcomeKind; found: string; disturbances: string[] } | null;
}
