// SPDX-License-Identifier: Apache-2.0
// A worker: for each of its testbeds it takes one block after the other, has it measured, and sends what was measured. Whatever dies
// meanwhile, a trial is in the store once: its writes are taken only while it has the block.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Store, StoreError } from '../store/store.ts';
import { type Bench, BenchError } from './bench.ts';
import { Dispatch, type Taken } from './dispatch.ts';
import { FleetError } from './errors.ts';
import { declareBroken, register, roundsText } from './lab.ts';
import { type Note, Spool } from './spool.ts';
import { Watch } from './watch.ts';

export interface WorkerPlan {
  /** Tells this worker from all others, in all of its lives. */
  name: string;
  testbeds: readonly string[];
  location: string;
  bench: Bench;
  /** Of this worker alone, and kept over its lives. */
  folder: string;
  /** Nothing is heard of it for so long, and its block is free again. */
  leaseMs: number;
  /** Rounds are taken together for so long; as the policy says where it is left out. */
  blockMs?: number;
  /** How often it asks for work where there was none, and for PostgreSQL where that was away. */
  pollMs: number;
  /** A testbed is looked at again when the last look is older. */
  lookMs: number;
  /** Ends where there is nothing left for it. */
  once: boolean;
  /** The campaign that a testbed measures as its canary; null where they measure none. */
  canaryText: ((testbed: string) => string) | null;
  tell(line: string): void;
}

/** Serves the testbeds until `signal`; the present trials are given up then, and their blocks given back. Throws what no retry mends. */
export async function work(plan: WorkerPlan, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const ended = await Promise.allSettled(
    plan.testbeds.map(async (testbed) => {
      try {
        await new Post(plan, testbed, both).serve();
      } catch (error) {
        stop.abort();
        throw error;
      }
    }),
  );
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

/** Why the trials of a block are given up before they are carried out. */
class Recalled extends Error {
  readonly why: 'lost' | 'cancelled' | 'reserved';

  constructor(why: Recalled['why']) {
    super(why);
    this.why = why;
  }
}

/** One testbed of a worker. */
class Post {
  private readonly plan: WorkerPlan;
  private readonly testbed: string;
  private readonly signal: AbortSignal;
  private readonly folder: string;
  private opened: Dispatch | null = null;
  /** Null where it has to be looked at before anything is measured. */
  private lookedAt: number | null = null;
  private isAway = false;
  /** Why the testbed could not be looked at; told once. */
  private complaint: string | null = null;
  /** Blocks of earlier lives are given back. */
  private isSettled = false;
  private wasReserved = false;
  /** The submission of which it has measured a round last. */
  private measured: number | null = null;
  private readonly watch: Watch;

  constructor(plan: WorkerPlan, testbed: string, signal: AbortSignal) {
    this.plan = plan;
    this.testbed = testbed;
    this.signal = signal;
    this.folder = resolve(plan.folder, testbed);
    const { location, canaryText } = plan;
    const say = (line: string) => this.say(line);
    this.watch = new Watch({ testbed, location, canaryText: canaryText?.(testbed) ?? null, say });
  }

  async serve(): Promise<void> {
    try {
      while (!this.signal.aborted) {
        const taken = await this.reached(() => this.next());
        if (taken === 'stopped') return;
        if (taken !== null) await this.carryOut(taken);
        else if (this.plan.once) return;
        else await this.pause();
      }
    } finally {
      await this.opened?.close();
    }
  }

  private async next(): Promise<Taken | null> {
    const dispatch = await this.dispatch();
    if (!this.isSettled) await this.settle(dispatch);
    this.isSettled = true;
    // Who had it to themselves may have changed anything.
    if (this.wasReserved && !(await dispatch.isReserved(this.testbed))) this.lookedAt = null;
    for (;;) {
      const isOld = this.lookedAt === null || performance.now() - this.lookedAt > this.plan.lookMs;
      if (isOld && !(await this.look(dispatch))) return null;
      await this.watch.judge(dispatch);
      const taken = await dispatch.take(this.testbed, this.plan.name, this.measured);
      if ('block' in taken) return taken;
      this.wasReserved = taken.isReserved;
      if (taken.complete.length === 0) return null;
      await this.watch.finish(dispatch, taken.complete);
    }
  }

  /** What an earlier life had in hand is sent, if it is still ours, and given back. */
  private async settle(dispatch: Dispatch): Promise<void> {
    const left = Spool.left(this.folder);
    await dispatch.giveBackEarlier(this.plan.name, this.testbed, left?.note.token ?? null);
    if (left === null) return;
    const { note } = left;
    const beat = await dispatch.beat(note);
    if (beat === 'lost') this.discard(left);
    else {
      const store = this.storeOf(note);
      try {
        left.skipSent(store);
        const { unsent } = left;
        left.send(store);
        left.sendBeside(store);
        if (unsent > 0)
          this.say(`sent ${trials(unsent)} of campaign ${note.campaignId} that an earlier life had measured`);
        left.remove();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'fenced') {
          left.close();
          throw error;
        }
        this.discard(left);
      } finally {
        store.close();
      }
      await dispatch.end(note.token, 'returned');
    }
  }

  /** Whether it can be measured there. */
  private async look(dispatch: Dispatch): Promise<boolean> {
    const { sql } = dispatch.database;
    try {
      const look = await this.plan.bench.look(this.testbed, this.signal);
      await register(sql, { name: this.testbed, worker: this.plan.name, ...look });
      this.lookedAt = performance.now();
      this.watch.saw(look.hosts);
      this.complaint = null;
      return true;
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      if (error.message !== this.complaint) this.say(error.message);
      this.complaint = error.message;
      await declareBroken(sql, this.testbed, error.message);
      return false;
    }
  }

  private async carryOut(taken: Taken): Promise<void> {
    const { block, submission, campaignId } = taken;
    this.say(`takes ${roundsText(block)} of '${submission.title}' (${submission.user}, submission ${submission.id})`);
    const recall = new AbortController();
    const signal = AbortSignal.any([this.signal, recall.signal]);
    let end: Parameters<Dispatch['end']>[1] = 'returned';
    let reason: string | null = null;
    let spool: Spool | null = null;
    let store: Store | null = null;
    /** A reservation waits for the end of the present trial. */
    let isReserved = false;
    let isUncertain = false;
    let isPausing = false;
    const send = () => {
      if (spool === null || store === null) return;
      if (isUncertain) spool.skipSent(store);
      // Where it is cut short, the last may be there all the same.
      isUncertain = true;
      spool.send(store);
      isUncertain = false;
    };
    /** Sends what there is; what cannot be sent now is sent the next time. */
    const trySend = () => {
      try {
        send();
      } catch (error) {
        if (!(error instanceof StoreError)) recall.abort(error);
        else if (error.code === 'fenced') recall.abort(new Recalled('lost'));
        else if (!isPassing(error)) recall.abort(error);
      }
    };
    const beats = this.beating(block, {
      heard(beat) {
        if (beat === 'lost' || beat === 'cancelled') recall.abort(new Recalled(beat));
        isReserved = beat === 'reserved';
        trySend();
      },
    });
    try {
      const begun = await this.reached(() => this.begin(taken, signal), signal);
      if (begun === 'stopped') return;
      if (!begun.ok) {
        ({ reason } = begun);
        end = 'refused';
        return;
      }
      ({ store, spool } = begun);
      const { fromRound, toRound } = spool.note;
      await this.plan.bench.carryOut(
        {
          testbed: this.testbed,
          campaignId,
          fromRound,
          toRound: toRound ?? Number.POSITIVE_INFINITY,
          spool: spool.path,
        },
        (trial) => {
          spool?.saved(trial);
          trySend();
          if (isReserved) recall.abort(new Recalled('reserved'));
        },
        signal,
      );
      const { missing } = spool;
      this.measured = submission.id;
      if (missing === 0) end = 'done';
      else [end, reason] = ['failed', `${trials(missing)} were not carried out`];
    } catch (error) {
      if (error instanceof BenchError || (error instanceof StoreError && !recall.signal.aborted)) {
        const isCampaigns = error instanceof StoreError || error.code === 'failed';
        [end, reason] = [isCampaigns ? 'failed' : 'returned', error.message];
        isPausing = !isCampaigns;
        if (error.code === 'changed') this.lookedAt = null;
        this.say(`gives ${roundsText(block)} of '${submission.title}' back: ${error.message}`);
      } else if (!signal.aborted) throw error;
    } finally {
      await this.conclude({ spool, store, send, recalled: recall.signal.reason, block, end, reason });
      beats.stop();
      // It may have failed, and others go before the next.
      if (submission.canaryOf !== null && end !== 'done') this.watch.judgeSoon();
    }
    if (isPausing) await this.pause();
  }

  /** The campaign is in the store, and in a file of ours. */
  private async begin(
    { block, submission, campaignId }: Taken,
    signal: AbortSignal,
  ): Promise<{ ok: true; store: Store; spool: Spool } | { ok: false; reason: string }> {
    const store = this.storeOf({ token: block.token, campaignId });
    try {
      let head = store.head(campaignId);
      if (head === null) {
        const prepared = await this.plan.bench.prepare(this.testbed, submission, signal);
        if (!prepared.ok) {
          store.close();
          return prepared;
        }
        this.watch.refuseChanged(submission, prepared.campaign.hosts);
        store.createCampaign({ ...prepared.campaign, id: campaignId });
        head = store.head(campaignId);
      }
      if (head === null) throw new RangeError('a campaign that was made is there');
      const dispatch = await this.dispatch();
      const { hosts, trialsPlanned, precision } = head;
      // A canary is a minute: most of it would be the start of a process for each round.
      const isWhole = submission.canaryOf !== null;
      const rounds = isWhole ? 1 : trialsPlanned;
      await dispatch.begun(block, {
        hosts: this.watch.withItsCpus(hosts),
        rounds,
        extends: precision !== null && !isWhole,
      });
      return { ok: true, store, spool: Spool.fill(this.folder, block, campaignId, store, isWhole) };
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** All that was measured is sent, if need be when PostgreSQL is back, and the block is ended. */
  private async conclude(over: {
    spool: Spool | null;
    store: Store | null;
    send: () => void;
    recalled: unknown;
    block: Taken['block'];
    end: Parameters<Dispatch['end']>[1];
    reason: string | null;
  }): Promise<void> {
    const { spool, store, block } = over;
    try {
      const isLost = over.recalled instanceof Recalled && over.recalled.why === 'lost';
      const sent =
        isLost ||
        (await this.reached(async () => {
          over.send();
          if (spool !== null && store !== null) spool.sendBeside(store);
          const dispatch = await this.dispatch();
          return dispatch.end(block.token, over.end, over.reason);
        }));
      if (sent === 'stopped') spool?.close();
      else if (isLost || sent === false) this.discard(spool);
      else spool?.remove();
      if (over.recalled instanceof Recalled) this.say(RECALLED[over.recalled.why]);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'fenced') throw error;
      this.discard(spool);
    } finally {
      store?.close();
    }
  }

  /** Says that we are alive until it is stopped. */
  private beating(block: Taken['block'], told: { heard(beat: Awaited<ReturnType<Dispatch['beat']>>): void }) {
    const stop = new AbortController();
    const beat = async () => {
      try {
        while (!stop.signal.aborted) {
          await sleep(this.plan.leaseMs / 3, undefined, { signal: stop.signal });
          try {
            const dispatch = await this.dispatch();
            const heard = await dispatch.beat(block);
            if (!stop.signal.aborted) told.heard(heard);
          } catch (error) {
            // The block is ours until somebody says otherwise.
            if (!isPassing(error)) throw error;
          }
        }
      } catch (error) {
        if (!stop.signal.aborted) this.say(String(error));
      }
    };
    void beat();
    return { stop: () => stop.abort() };
  }

  private discard(spool: Spool | null): void {
    if (spool === null) return;
    if (spool.unsent > 0) {
      this.say(
        `threw ${trials(spool.unsent)} of campaign ${spool.note.campaignId} away: the block is another worker's by now`,
      );
    }
    spool.remove();
  }

  private storeOf({ token, campaignId }: Pick<Note, 'token' | 'campaignId'>): Store {
    return openStore(this.plan.location, { fence: { token, campaignId } });
  }

  private async dispatch(): Promise<Dispatch> {
    this.opened ??= await Dispatch.open(this.plan.location, this.plan.leaseMs, this.plan.blockMs);
    return this.opened;
  }

  /** Does it, again and again while PostgreSQL is away; `stopped` where the signal comes first. */
  private async reached<T>(action: () => Promise<T>, signal: AbortSignal = this.signal): Promise<T | 'stopped'> {
    for (;;) {
      try {
        const result = await action();
        if (this.isAway) this.say('PostgreSQL is back');
        this.isAway = false;
        return result;
      } catch (error) {
        if (signal.aborted && !isPassing(error)) return 'stopped';
        if (!isPassing(error)) throw error;
        if (!this.isAway) this.say(`${error.message}; waits for it`);
        this.isAway = true;
      }
      if (signal.aborted) return 'stopped';
      await this.pause(signal);
    }
  }

  private async pause(signal: AbortSignal = this.signal): Promise<void> {
    // Not all at the same moment.
    const ms = this.plan.pollMs * (0.75 + 0.5 * Math.random());
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  private say(line: string): void {
    this.plan.tell(`${this.testbed}: ${line}`);
  }
}

const RECALLED: Record<Recalled['why'], string> = {
  lost: 'the block is another worker’s by now, and is left',
  cancelled: 'the submission was cancelled, and its block is given back',
  reserved: 'the testbed is reserved, and the block is given back',
};

/** The same may go well a moment later: the server is away, or a row is locked for longer than a store waits, by a post of ours that waits for it. */
function isPassing(error: unknown): error is Error {
  const isOurs = error instanceof StoreError || error instanceof FleetError;
  return isOurs && (error.code === 'unreachable' || error.code === 'busy');
}

function trials(count: number): string {
  return count === 1 ? '1 trial' : `${count} trials`;
}
