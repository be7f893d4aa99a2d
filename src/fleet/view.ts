// SPDX-License-Identifier: Apache-2.0
// A lab as people look at it: what waits and for whom, and what each testbed is doing. Pure: made of one moment's state.
import { closedText, roundsText, type State, type Wait, waitsOf } from './lab.ts';
import type { Health, Submission, Testbed } from './model.ts';
import { reservationNow, whyClosed } from './policy.ts';

/** A submission that is not over. */
export interface Queued {
  id: number;
  user: string;
  title: string;
  priority: number;
  state: Submission['state'];
  submittedAt: string;
  notBefore: string | null;
  testbedLike: string | null;
  campaignId: string | null;
  roundsDone: number;
  /** Null before it began. */
  rounds: number | null;
  /** Testbeds that measure it now. */
  on: string[];
  /** Why no testbed takes of it; empty where one does, or is about to. */
  waits: Wait[];
}

/** Which of these a testbed is. */
export type Doing =
  | { state: 'idle' }
  | {
      state: 'measuring';
      submissionId: number;
      user: string;
      title: string;
      round: number;
      rounds: number;
      since: string;
      until: string | null;
    }
  | { state: 'reserved'; user: string; until: string; why: string | null }
  | { state: 'shut'; reason: string };

export interface TestbedView {
  name: string;
  worker: string;
  seenAt: string;
  /** Its worker was heard of lately. */
  isAlive: boolean;
  health: Health;
  capabilities: Testbed['capabilities'];
  doing: Doing;
}

/** A worker that is alive is heard of at least so often. */
const SILENT_MS = 5 * 60_000;

/** What waits in the order in which it was submitted. */
export function queueOf(state: State): Queued[] {
  return state.open.map((open) => {
    const { submission, done, inHand } = open;
    const { id, user, title, priority, submittedAt, notBefore, testbedLike, campaignId, rounds } = submission;
    return {
      ...{ id, user, title, priority, state: submission.state, submittedAt, notBefore, testbedLike },
      campaignId: submission.state === 'running' ? campaignId : null,
      ...{ roundsDone: done.size, rounds },
      on: inHand.map(({ testbed }) => testbed),
      waits: inHand.length > 0 ? [] : waitsOf(open, state),
    };
  });
}

/** Why it waits, beside what its state says: of twenty testbeds most have the same reason. */
export function reasonsOf({ waits }: Pick<Queued, 'waits'>): { testbeds: string; text: string }[] {
  const told = waits.filter(({ why }) => why !== 'not-before');
  return [...Map.groupBy(told, ({ text }) => text)].map(([text, same]) => ({
    ...{ testbeds: same.map(({ testbed }) => testbed).join(', '), text },
  }));
}

/** What each testbed is doing. */
export function fleetOf(state: State): TestbedView[] {
  return state.testbeds.map((testbed) => {
    const { name, worker, seenAt, health, capabilities } = testbed;
    const isAlive = state.now.getTime() - Date.parse(seenAt) < SILENT_MS;
    return { ...{ name, worker, seenAt, isAlive, health, capabilities }, doing: doingOf(testbed, state) };
  });
}

function doingOf(testbed: Testbed, state: State): Doing {
  const own = state.inHand.find((block) => block.testbed === testbed.name);
  if (own !== undefined) {
    const open = state.open.find(({ submission }) => submission.id === own.submissionId);
    const until =
      open?.roundMs == null ? null : new Date(Date.parse(own.takenAt) + open.roundMs * own.rounds).toISOString();
    return {
      ...{
        state: 'measuring',
        submissionId: own.submissionId,
        round: own.round,
        rounds: own.rounds,
        since: own.takenAt,
        until,
      },
      ...{ user: open?.submission.user ?? '', title: open?.submission.title ?? '' },
    };
  }
  const reservation = reservationNow(testbed.name, state.reservations, state.now);
  if (reservation !== null) {
    return { state: 'reserved', user: reservation.user, until: reservation.until, why: reservation.why };
  }
  const closed = whyClosed(testbed, state, state.now);
  if (closed === null) return { state: 'idle' };
  return {
    state: 'shut',
    reason: closed.why === 'at-work' ? `${closed.testbed} measures on its machine` : closedText(closed),
  };
}

/** What a testbed is doing, in words. */
export function doingText(doing: Doing): string {
  switch (doing.state) {
    case 'idle':
      return 'idle';
    case 'measuring':
      return `${roundsText(doing)} of ${doing.title} (${doing.user}, submission ${doing.submissionId})`;
    case 'reserved':
      return `reserved by ${doing.user}${doing.why === null ? '' : `: ${doing.why}`}`;
    case 'shut':
      return doing.reason;
    default:
      return doing satisfies never;
  }
}

/** What is not good about a testbed. */
export interface Ailment {
  /** Its state in a word, since when, and the reason. */
  what: string;
  /** What becomes of it, or what somebody has to do. */
  mend: string;
  /** The command for that; null where there is none. */
  command: string | null;
}

/** Null where nothing is to be told. Of one that is silent nobody knows more. */
export function ailmentOf(testbed: Pick<TestbedView, 'name' | 'seenAt' | 'isAlive' | 'health'>): Ailment | null {
  const { name, seenAt, isAlive, health } = testbed;
  if (!isAlive) {
    const mend = 'Start its worker again on its machine';
    return { what: `silent since ${minuteOf(seenAt)} UTC`, mend, command: `vswbench worker --testbed ${name}` };
  }
  switch (health.state) {
    case 'good': {
      if (health.note === undefined) return null;
      const mend = 'It goes on with its work, and tries its canary again after an hour';
      return { what: `good, but ${health.note}`, mend, command: null };
    }
    case 'suspect': {
      const mend = 'Its next canary decides, ten minutes after the last; it measures nothing else before';
      return { what: `suspect since ${minuteOf(health.since)} UTC: ${health.reason}`, mend, command: null };
    }
    case 'drifted': {
      const what = `drifted, last good at ${minuteOf(health.since)} UTC: ${health.reason}`;
      const mend = 'Mend it or not, then take the level of its latest canary for the right one';
      return { what, mend, command: `vswbench canary --testbed ${name} --accept WHY` };
    }
    case 'broken': {
      const mend = 'Mend that; its worker looks again every few seconds';
      return { what: `broken since ${minuteOf(health.since)} UTC: ${health.reason}`, mend, command: null };
    }
    default:
      return health satisfies never;
  }
}

/** So long as people read it, in hours: `1.50`. */
export function hoursText(ms: number): string {
  return (ms / 3_600_000).toFixed(2);
}

/** A moment as people read it, in UTC: `2026-12-01 14:00`. */
export function minuteOf(instant: string): string {
  return new Date(instant).toISOString().replace('T', ' ').slice(0, 16);
}
