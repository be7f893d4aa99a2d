// SPDX-License-Identifier: Apache-2.0
// A lab in fast motion: one testbed serves whom it is told to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, splitmix32 } from '../model/random.ts';
import { HALF_LIFE_MS, parseShares, type Shares, standings, type Use } from './share.ts';

const MINUTE_MS = 60_000;

interface Job {
  user: string;
  submittedMs: number;
  durationMs: number;
}

interface Served {
  /** When the last of a user's was done. */
  endedMs: Map<string, number>;
  uses: Use[];
}

function serve(jobs: readonly Job[], shares: Shares = {}, untilMs = Number.POSITIVE_INFINITY): Served {
  const left = [...jobs];
  const uses: Use[] = [];
  const endedMs = new Map<string, number>();
  let nowMs = 0;
  while (left.length > 0 && nowMs < untilMs) {
    const here = left.filter(({ submittedMs }) => submittedMs <= nowMs);
    const [next] = standings(
      here.map(({ user }) => user),
      uses,
      nowMs,
      { shares },
    );
    if (next === undefined) {
      nowMs = Math.min(...left.map(({ submittedMs }) => submittedMs));
      continue;
    }
    const [job] = left.splice(
      left.findIndex(({ user, submittedMs }) => user === next.user && submittedMs <= nowMs),
      1,
    );
    nowMs += job?.durationMs ?? 0;
    endedMs.set(next.user, nowMs);
    uses.push({ user: next.user, endedAtMs: nowMs, testbedMs: job?.durationMs ?? 0 });
  }
  return { endedMs, uses };
}

/** Campaigns of 2 to 40 minutes, drawn. */
function campaigns(user: string, count: number, seed: number, submittedMs = 0): Job[] {
  const random = splitmix32(seed);
  return Array.from({ length: count }, () => ({ user, submittedMs, durationMs: (2 + below(39, random)) * MINUTE_MS }));
}

function usedBy(uses: readonly Use[], user: string): number {
  return uses.filter((use) => use.user === user).reduce((sum, { testbedMs }) => sum + testbedMs, 0);
}

test('two users with equal shares and 100 campaigns each finish within 10 % of each other, whoever was first in the queue', () => {
  for (const seed of [1, 2, 3]) {
    const random = splitmix32(seed);
    const durations = Array.from({ length: 100 }, () => (2 + below(39, random)) * MINUTE_MS);
    const of = (user: string) => durations.map((durationMs) => ({ user, submittedMs: 0, durationMs }));
    const { endedMs } = serve([...of('ann'), ...of('bob')]);
    const [ann, bob] = [endedMs.get('ann') ?? 0, endedMs.get('bob') ?? 0];
    assert.ok(Math.abs(ann - bob) < 0.1 * Math.max(ann, bob), `${ann} and ${bob}`);
  }
});

test('shares of 2 to 1 have two thirds and one third of the testbed while both wait', () => {
  const jobs = [...campaigns('ann', 400, 1), ...campaigns('bob', 400, 2)];
  const { uses } = serve(jobs, { ann: 2 }, 4 * 24 * 3600 * 1000);
  const ratio = usedBy(uses, 'ann') / usedBy(uses, 'bob');
  assert.ok(ratio > 1.9 && ratio < 2.1, String(ratio));
});

test('who comes new is served next, beside any backlog, and gets no more than the others for long', () => {
  const dayMs = 24 * 3600 * 1000;
  const jobs = [...campaigns('ann', 1000, 1), ...campaigns('bob', 40, 2, dayMs)];
  const { uses } = serve(jobs);
  const after = uses.filter(({ endedAtMs, testbedMs }) => endedAtMs - testbedMs >= dayMs);
  assert.equal(after[0]?.user, 'bob');
  const first = after.findIndex(({ user }) => user === 'ann');
  assert.ok(first > 0 && first < 100, `ann was served again after ${first}`);
});

test('one user alone has all of it', () => {
  const { uses, endedMs } = serve(campaigns('ann', 50, 1));
  assert.equal(usedBy(uses, 'ann'), endedMs.get('ann'));
});

test('half of what was used is forgotten after a half-life, and a clock that is ahead adds nothing', () => {
  const uses = [
    { user: 'ann', endedAtMs: 0, testbedMs: 1000 },
    { user: 'bob', endedAtMs: 2 * HALF_LIFE_MS, testbedMs: 400 },
  ];
  const told = standings(['bob', 'ann', 'bob'], uses, HALF_LIFE_MS, { shares: { bob: 2 } });
  assert.deepEqual(told, [
    { user: 'bob', shares: 2, usedMs: 400, usedPerShareMs: 200 },
    { user: 'ann', shares: 1, usedMs: 500, usedPerShareMs: 500 },
  ]);
});

test('equals go by name, and no shares are no number', () => {
  assert.deepEqual(
    standings(['b', 'a'], [], 0).map(({ user }) => user),
    ['a', 'b'],
  );
  assert.throws(() => standings(['a'], [], 0, { shares: { a: 0 } }), /shares of a: 0 is not above 0/);
});

test('shares are given by user, and what is none is refused with the mend', () => {
  assert.deepEqual(parseShares('ann=2, bob=0.5'), {
    ok: true,
    value: new Map([
      ['ann', 2],
      ['bob', 0.5],
    ]),
  });
  for (const text of ['', 'ann', 'ann=', 'ann=0', 'ann=-1', '=2', 'ann=1001', 'ann=x']) {
    const error = `'${text}' gives no shares: write ann=2,bob=1, above 0 and at most 1000`;
    assert.deepEqual(parseShares(text), { ok: false, error });
  }
  assert.deepEqual(parseShares('ann=1,ann=2'), { ok: false, error: 'ann is named twice' });
});
