// SPDX-License-Identifier: Apache-2.0
// What a worker measures with: the machines themselves, or a script of them in tests.
import type { NewCampaign } from '../store/store.ts';
import type { Submission, Testbed } from './model.ts';

/** What a testbed is now. */
export type Look = Pick<Testbed, 'machines' | 'capabilities' | 'hosts'>;

/** A campaign that was planned on a testbed, or why nothing of it can be measured there. */
export type Prepared = { ok: true; campaign: NewCampaign } | { ok: false; reason: string };

/** Trials of a campaign that are to be carried out. */
export interface Work {
  /** Where; its cases may name the testbed on which it was begun. */
  testbed: string;
  campaignId: string;
  /** From this round on to, and without, that one; Infinity for all further ones. */
  fromRound: number;
  toRound: number;
  /** A file of results that has the campaign, and those of its trials that are done and decide of others: what is measured is saved there. */
  spool: string;
}

/** A port: whoever implements it keeps a crash of a campaign to itself. All methods throw BenchError. */
export interface Bench {
  look(testbed: string, signal: AbortSignal): Promise<Look>;
  prepare(testbed: string, submission: Submission, signal: AbortSignal): Promise<Prepared>;
  /** Returns when all trials are carried out. `saved` is told of each as soon as it is in the spool. Throws the signal's reason; all is clean by then. */
  carryOut(work: Work, saved: (trial: SavedTrial) => void, signal: AbortSignal): Promise<void>;
}

export interface SavedTrial {
  caseIndex: number;
  ordinal: number;
}

/**
 * Why nothing was measured. `busy`: somebody else measures on the machine. `changed`: the machine is no longer what it was when the campaign
 * began. Neither is a fault of the campaign.
 */
export type BenchErrorCode = 'busy' | 'changed' | 'failed';

/** Why nothing was measured, in one line. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
