// SPDX-License-Identifier: Apache-2.0
// Fair shares: who has used the least of a lab for their share of it is served next.
import type { Parsed } from '../model/units.ts';

/** What is used counts half as much after so long. */
export const HALF_LIFE_MS = 7 * 24 * 3600 * 1000;

/** Nobody needs more, and one who is mistyped would have the lab to themselves. */
const SHARES_MAX = 1000;

/** Time on a testbed that somebody had. */
export interface Use {
  user: string;
  endedAtMs: number;
  testbedMs: number;
}

/** How many shares of a lab each user has; who is not named has one. */
export type Shares = Readonly<Record<string, number>>;

/** Somebody who waits, with what they have had for their share. */
export interface Standing {
  user: string;
  shares: number;
  /** What is left of it by now. */
  usedMs: number;
  /** The first to be served has the least. */
  usedPerShareMs: number;
}

/**
 * Who waits, in the order in which they are to be served: by what they have used for each of their shares, of which half is forgotten each half-life; equals
 * by name. Who comes new is first until they have had as much as the others, and owes nobody for the time before. Throws RangeError for
 * shares that are not above 0.
 */
export function standings(
  waiting: Iterable<string>,
  uses: Iterable<Use>,
  nowMs: number,
  { shares = {}, halfLifeMs = HALF_LIFE_MS }: { shares?: Shares; halfLifeMs?: number } = {},
): Standing[] {
  const used = new Map<string, number>();
  for (const { user, endedAtMs, testbedMs } of uses) {
    // A clock that is ahead of ours makes nothing count more.
    const left = testbedMs * 2 ** -(Math.max(0, nowMs - endedAtMs) / halfLifeMs);
    used.set(user, (used.get(user) ?? 0) + left);
  }
  const own = new Map(Object.entries(shares));
  return [...new Set(waiting)]
    .map((user) => standingOf(user, own.get(user) ?? 1, used.get(user) ?? 0))
    .sort((a, b) => a.usedPerShareMs - b.usedPerShareMs || (a.user < b.user ? -1 : 1));
}

function standingOf(user: string, shares: number, usedMs: number): Standing {
  if (!(shares > 0)) throw new RangeError(`shares of ${user}: ${shares} is not above 0`);
  return { user, shares, usedMs, usedPerShareMs: usedMs / shares };
}

/** Shares as the command line takes them: `ann=2,bob=1`. */
export function parseShares(text: string): Parsed<Map<string, number>> {
  const shares = new Map<string, number>();
  for (const part of text.split(',')) {
    const [, user = '', number = ''] = /^\s*([^=\s]+)=(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    const value = Number(number);
    if (user === '' || !(value > 0) || value > SHARES_MAX) {
      return { ok: false, error: `'${part}' gives no shares: write ann=2,bob=1, above 0 and at most ${SHARES_MAX}` };
    }
    if (shares.has(user)) return { ok: false, error: `${user} is named twice` };
    shares.set(user, value);
  }
  return { ok: true, value: shares };
}
