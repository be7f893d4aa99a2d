// SPDX-License-Identifier: Apache-2.0
// What a testbed measures next: its canary before all else, then by what it can do, by reservations and health, by fair shares between
// people, and among one person's own by priority and age.
import { differences } from '../stats/alike.ts';
import type { Unlike } from '../stats/compare.ts';
import type { Block, Lease, Reservation, Submission, Testbed } from './model.ts';
import { missingFrom, type Wish } from './testbed-like.ts';

/** A submission that is not over, with what became of its blocks. */
export interface Open {
  submission: Submission;
  wish: Wish | null;
  /** Rounds of which all trials are in the store. */
  done: ReadonlySet<number>;
  /** How long a round of it took, on average; null where none is done. */
  roundMs: number | null;
  /** Those that somebody has in hand. */
  inHand: readonly Lease[];
  /** Rounds that could not be carried out, with how often that was. */
  failures: ReadonlyMap<number, number>;
  /** Testbeds on which nothing of it can be measured, and why. */
  refusals: ReadonlyMap<string, string>;
}

/** What decides, beside what is asked for. */
export interface Lab {
  open: readonly Open[];
  /** Of all submissions. */
  inHand: readonly Pick<Block, 'machines' | 'testbed'>[];
  reservations: readonly Reservation[];
  /** All of them. */
  testbeds: readonly Testbed[];
  /** Lower is served first. */
  shareOf: (user: string) => number;
}

/** Why a testbed does not measure a submission now. */
export type Reason =
  | { why: 'not-before'; at: string }
  | { why: 'lacks'; terms: readonly string[] }
  | { why: 'refused'; reason: string }
  | { why: 'unlike'; differences: readonly Unlike[] }
  /** It is another testbed's canary. */
  | { why: 'canary'; of: string }
  /** Others have all that is left of it. */
  | { why: 'in-hand' };

/** Why a testbed measures nothing now. */
export type Closed =
  | { why: 'reserved'; reservation: Reservation }
  | { why: 'suspect' | 'drifted' | 'broken'; reason: string }
  /** This testbed, or another one on a machine of it. */
  | { why: 'at-work'; testbed: string }
  /** Another one on a machine of it has a canary to measure. */
  | { why: 'gives-way'; testbed: string };

export interface Next {
  open: Open;
  round: number;
  /** How many from there on. */
  rounds: number;
}

/** Where a block begins. */
type Begin = Omit<Next, 'rounds'>;

/**
 * Rounds are taken together for so long: to connect to a testbed and to leave it as it was takes seconds each time. Longer, and others wait;
 * a block that is lost is seldom begun anew, as its trials are sent one by one.
 */
export const BLOCK_MS = 120_000;

/** What a testbed is to measure next; null where there is nothing for it. */
export function nextBlock(testbed: Testbed, lab: Lab, now: Date, blockMs = BLOCK_MS): Next | null {
  const closed = whyClosed(testbed, lab, now);
  const canary = canaryOf(testbed, lab.open);
  if (canary !== undefined) {
    const [round] = freeRounds(canary);
    const isNow = isOpenFor(closed, canary) && whyNot(canary, testbed, now) === null;
    return round === undefined || !isNow ? null : { open: canary, round, rounds: 1 };
  }
  if (closed !== null) return null;
  const found = lab.open.flatMap((open): Begin[] => {
    const round = freeRounds(open)[0];
    return round === undefined || whyNot(open, testbed, now) !== null ? [] : [{ open, round }];
  });
  // The user comes first, and then which of the user's own: of equal shares, whoever has waited longest.
  const [first] = found.sort(
    (a, b) => shareOf(a, lab) - shareOf(b, lab) || a.open.submission.id - b.open.submission.id,
  );
  if (first === undefined) return null;
  const { user } = first.open.submission;
  const own = found.filter(({ open }) => open.submission.user === user);
  const best = own.reduce((one, other) =>
    other.open.submission.priority > one.open.submission.priority ? other : one,
  );
  return { ...best, rounds: roundsTogether(best, lab, now, blockMs) };
}

/** How many rounds are taken together: what others could take at the same time is left to them, and a round that failed is tried alone. */
function roundsTogether({ open, round }: Begin, lab: Lab, now: Date, blockMs: number): number {
  if (open.roundMs === null) return 1;
  const free = freeRounds(open);
  const isBroken = (one: number, index: number) => one !== round + index || open.failures.has(one);
  const broken = free.findIndex(isBroken);
  const inRow = broken === -1 ? free.length : broken;
  const takers = lab.testbeds.filter(
    (one) => whyClosed(one, lab, now) === null && whyNot(open, one, now) === null,
  ).length;
  const fair = Math.ceil(free.length / Math.max(1, takers));
  return Math.max(1, Math.min(inRow, fair, Math.floor(blockMs / open.roundMs)));
}

function shareOf({ open }: Begin, lab: Lab): number {
  return lab.shareOf(open.submission.user);
}

/** Why a testbed measures nothing now, whatever there is, but for a canary of its own perhaps (`isOpenFor`); null where it could. */
export function whyClosed(testbed: Testbed, lab: Omit<Lab, 'shareOf'>, now: Date): Closed | null {
  const reservation = reservationNow(testbed.name, lab.reservations, now);
  if (reservation !== null) return { why: 'reserved', reservation };
  const isShared = ({ machines }: Pick<Testbed, 'machines'>) =>
    machines.some((machine) => testbed.machines.includes(machine));
  const busy = lab.inHand.find(isShared);
  if (busy !== undefined) return { why: 'at-work', testbed: busy.testbed };
  const { health } = testbed;
  if (health.state !== 'good') return { why: health.state, reason: health.reason };
  // Whoever has just ended a block asks first: the others of its machine would never have their turn.
  const first = lab.testbeds.find(
    (other) =>
      other.name !== testbed.name &&
      isShared(other) &&
      canaryOf(other, lab.open) !== undefined &&
      now.getTime() - Date.parse(other.seenAt) < WAITS_MS &&
      reservationNow(other.name, lab.reservations, now) === null,
  );
  return first === undefined ? null : { why: 'gives-way', testbed: first.name };
}

/** Whether a testbed that is closed may measure a submission all the same: its canary tells whether it may have other work. */
export function isOpenFor(closed: Closed | null, { submission }: Pick<Open, 'submission'>): boolean {
  if (closed === null) return true;
  return submission.canaryOf !== null && OPEN_FOR_CANARY.has(closed.why);
}

const OPEN_FOR_CANARY: ReadonlySet<Closed['why']> = new Set(['suspect', 'drifted', 'gives-way']);

/** A testbed for whose canary others wait is heard of at least so often: its worker asks for work. */
const WAITS_MS = 60_000;

/** What of a testbed's own goes before all else. */
function canaryOf(testbed: Pick<Testbed, 'name'>, open: readonly Open[]): Open | undefined {
  return open.find(({ submission }) => submission.canaryOf === testbed.name);
}

/** Whoever has a testbed to themselves now; null where nobody has. */
export function reservationNow(testbed: string, reservations: readonly Reservation[], now: Date): Reservation | null {
  const at = now.getTime();
  return (
    reservations.find(
      (one) =>
        one.testbed === testbed && one.cancelledAt === null && Date.parse(one.from) <= at && at < Date.parse(one.until),
    ) ?? null
  );
}

/** Why a testbed does not measure a submission now, were it free; null where it would. */
export function whyNot(open: Open, testbed: Testbed, now: Date): Reason | null {
  const { submission, wish, refusals } = open;
  const { notBefore, hosts, canaryOf: of } = submission;
  if (of !== null && of !== testbed.name) return { why: 'canary', of };
  const terms = wish === null ? [] : missingFrom(wish, testbed);
  if (terms.length > 0) return { why: 'lacks', terms };
  const refusal = refusals.get(testbed.name);
  if (refusal !== undefined) return { why: 'refused', reason: refusal };
  const unlike = hosts === null ? [] : differences(hosts, testbed.hosts);
  if (unlike.length > 0) return { why: 'unlike', differences: unlike };
  if (notBefore !== null && now < new Date(notBefore)) return { why: 'not-before', at: notBefore };
  return freeRounds(open).length === 0 ? { why: 'in-hand' } : null;
}

/** Which rounds a block has. */
export function roundsOf({ round, rounds }: Pick<Block, 'round' | 'rounds'>): number[] {
  return Array.from({ length: rounds }, (_, index) => round + index);
}

/** Rounds that somebody could take, the first first. */
export function freeRounds({ submission, done, inHand }: Pick<Open, 'submission' | 'done' | 'inHand'>): number[] {
  const taken = new Set(inHand.flatMap(roundsOf));
  const { rounds } = submission;
  // Whoever begins it decides what it is made of.
  if (rounds === null) return taken.size > 0 ? [] : [0];
  const planned = Array.from({ length: rounds }, (_, round) => round);
  const free = planned.filter((round) => !done.has(round) && !taken.has(round));
  const isBeyond = submission.extends && !done.has(rounds) && !taken.has(rounds);
  // Further rounds depend on the figures of all planned ones.
  return isBeyond && planned.every((round) => done.has(round)) ? [rounds] : free;
}

/** Whether all of a submission is in the store. */
export function isComplete({
  submission: { rounds, extends: goesOn },
  done,
}: Pick<Open, 'submission' | 'done'>): boolean {
  return rounds !== null && done.size >= rounds + (goesOn ? 1 : 0);
}
