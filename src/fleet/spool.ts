// SPDX-License-Identifier: Apache-2.0
// A worker's own file for the block in hand: trials are safe there as soon as they are measured, whatever becomes of the net or of
// PostgreSQL, and are sent from there. Beside it is a note of which block it is, for the worker's next life.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { BegunCampaign } from '../model/result.ts';
import { Schedule } from '../run/schedule.ts';
import type { CutSearch } from '../store/searches.ts';
import { openStore, type Store, StoreError } from '../store/store.ts';
import type { SavedTrial } from './bench.ts';
import type { Block } from './model.ts';

const NoteSchema = z.strictObject({
  token: z.uuid(),
  testbed: z.string(),
  worker: z.string(),
  submissionId: z.int(),
  campaignId: z.string(),
  fromRound: z.int(),
  /** Null where all further rounds are meant. */
  toRound: z.int().nullable(),
});
/** Which block is in the file. */
export type Note = z.infer<typeof NoteSchema>;

const WITHOUT_PARTS = { samples: false, histograms: false };

export class Spool {
  readonly note: Note;
  readonly path: string;
  private readonly folder: string;
  private readonly store: Store;
  /** Saved here, and not yet there. */
  private readonly pending: SavedTrial[] = [];

  private constructor(folder: string, note: Note, store: Store) {
    this.folder = folder;
    this.note = note;
    this.path = fileOf(folder);
    this.store = store;
  }

  /** A file for a block, with the campaign as far as it decides of the block's trials: those of its round, or with `isWhole` all of them. */
  static fill(folder: string, block: Block, campaignId: string, from: Store, isWhole: boolean): Spool {
    Spool.remove(folder);
    mkdirSync(folder, { recursive: true });
    const begun = from.begun(campaignId);
    if (begun === null)
      throw new StoreError('unknown-campaign', `campaign ${campaignId} is not in the store`, 'submit it again');
    const isLast = isWhole || block.round >= begun.trialsPlanned;
    const { token, testbed, worker, submissionId, round, rounds } = block;
    const note = {
      token,
      testbed,
      worker,
      submissionId,
      campaignId,
      fromRound: round,
      toRound: isLast ? null : round + rounds,
    };
    const store = openStore(fileOf(folder));
    const wanted = begun.cases.map(({ trials }) => new Set(deciding(trials, isInRounds(note), isLast)));
    store.importCampaign(
      { ...begun, endedAt: null, cases: begun.cases.map((planned) => ({ ...planned, trials: [] })) },
      (caseIndex) => {
        const ordinals = wanted[caseIndex] ?? new Set();
        return ordinals.size === 0 ? [] : only(from.trials(campaignId, caseIndex, WITHOUT_PARTS), ordinals);
      },
    );
    const spool = new Spool(folder, note, store);
    for (const { caseIndex, ordinal, loads } of spool.dueSearches(from)) {
      for (const load of loads) store.saveLoad(campaignId, caseIndex, ordinal, load);
    }
    // Only now is there something that could be sent.
    writeFileSync(`${noteOf(folder)}.new`, JSON.stringify(note));
    renameSync(`${noteOf(folder)}.new`, noteOf(folder));
    return spool;
  }

  /** What an earlier life of the worker has left, with all that may not have been sent; null where there is nothing. */
  static left(folder: string): Spool | null {
    try {
      const note = NoteSchema.parse(JSON.parse(readFileSync(noteOf(folder), 'utf8')));
      const spool = new Spool(folder, note, openStore(fileOf(folder)));
      for (const [caseIndex, { trials }] of (spool.begun()?.cases ?? []).entries()) {
        for (const { ordinal } of trials.filter(isInRounds(note))) spool.pending.push({ caseIndex, ordinal });
      }
      return spool;
    } catch {
      // Cut short while it was being written: nothing of it was measured.
      return null;
    }
  }

  static remove(folder: string): void {
    rmSync(noteOf(folder), { force: true });
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${fileOf(folder)}${suffix}`, { force: true });
  }

  get unsent(): number {
    return this.pending.length;
  }

  saved(trial: SavedTrial): void {
    this.pending.push(trial);
  }

  /** Sends what is saved here and not there; what cannot be sent now stays. Throws StoreError. */
  send(to: Store): void {
    for (let [first] = this.pending; first !== undefined; [first] = this.pending) {
      const { caseIndex, ordinal } = first;
      for (const trial of only(this.store.trials(this.note.campaignId, caseIndex), new Set([ordinal]))) {
        to.saveTrial(this.note.campaignId, caseIndex, trial);
      }
      this.pending.shift();
    }
  }

  /** After a connection was lost, or another life: what is there already is not sent again. Throws StoreError. */
  skipSent(to: Store): void {
    const there = to.begun(this.note.campaignId);
    const unsent = this.pending.filter(
      ({ caseIndex, ordinal }) => there?.cases[caseIndex]?.trials.some((trial) => trial.ordinal === ordinal) !== true,
    );
    this.pending.splice(0, this.pending.length, ...unsent);
  }

  /** What is recorded beside the trials: of the hosts, and how far searches are that go on another time. Throws StoreError. */
  sendBeside(to: Store): void {
    const { campaignId } = this.note;
    for (const { caseIndex, ordinal, loads } of this.dueSearches(this.store)) {
      const there = to.loads(campaignId, caseIndex, ordinal).length;
      for (const load of loads.slice(there)) to.saveLoad(campaignId, caseIndex, ordinal, load);
    }
    for (const { testbed, role, tuning, leftBehind } of this.store.head(campaignId)?.hosts ?? []) {
      if (tuning.length > 0) to.recordTuning(campaignId, testbed, role, tuning);
      for (const thing of leftBehind) to.recordLeftBehind(campaignId, testbed, role, thing);
    }
  }

  /** How many trials of the block are not carried out. */
  get missing(): number {
    return this.due().length;
  }

  private due(): SavedTrial[] {
    const begun = this.begun();
    if (begun === null) return [];
    const { cases, ...head } = begun;
    return [...new Schedule(head, cases, null, isInRounds(this.note)).trials()];
  }

  /** What a store has of searches that the block goes on with. */
  private dueSearches(of: Store): CutSearch[] {
    const searches = of.searches(this.note.campaignId);
    // Most campaigns have none, and the trials of a block are many.
    if (searches.length === 0) return [];
    const due = new Set(this.due().map(({ caseIndex, ordinal }) => `${caseIndex} ${ordinal}`));
    return searches.filter(({ caseIndex, ordinal }) => due.has(`${caseIndex} ${ordinal}`));
  }

  /** Ends the use of the file; it is removed. */
  remove(): void {
    this.store.close();
    Spool.remove(this.folder);
  }

  /** Ends the use of the file; it stays for the worker's next life. */
  close(): void {
    this.store.close();
  }

  private begun(): BegunCampaign | null {
    return this.store.begun(this.note.campaignId);
  }
}

/** Trials of a block. */
export function isInRounds({ fromRound, toRound }: Pick<Note, 'fromRound' | 'toRound'>) {
  return ({ round }: { round: number }) => round >= fromRound && (toRound === null || round < toRound);
}

/** What decides of the trials of a block: those of it that are done, a capacity that is known, and for further rounds all figures. */
function deciding(
  trials: BegunCampaign['cases'][number]['trials'],
  isOurs: (trial: { round: number }) => boolean,
  isLast: boolean,
): number[] {
  if (isLast) return trials.map(({ ordinal }) => ordinal);
  const known = trials.find(({ measurement }) => measurement?.background?.capacityPps ?? measurement?.churn?.ndrPps);
  return [...trials.filter(isOurs), ...(known === undefined ? [] : [known])].map(({ ordinal }) => ordinal);
}

function* only<T extends { ordinal: number }>(trials: Iterable<T>, ordinals: ReadonlySet<number>): Generator<T, void> {
  for (const trial of trials) if (ordinals.has(trial.ordinal)) yield trial;
}

function fileOf(folder: string): string {
  return resolve(folder, 'spool.db');
}

function noteOf(folder: string): string {
  return resolve(folder, 'block.json');
}
