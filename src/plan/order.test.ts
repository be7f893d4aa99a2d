// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { splitmix32 } from '../model/random.ts';
import type { Flag } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import {
  type PlannedTrial,
  remaining,
  repetitionOf,
  repetitionsOwed,
  roundOrder,
  trialOrder,
  withRepetitions,
} from './order.ts';

function casesOf(switches: readonly string[], packetSizes: readonly number[]): TestCase[] {
  return packetSizes.flatMap((packetSize) =>
    switches.map((id) => testCase({ switch: id, packetSize, rate: 'max', wait: 'poll' })),
  );
}

describe('splitmix32', () => {
  // Known answers of a separate implementation in C.
  const answers: [number, number[]][] = [
    [0, [33350994, 83415710, 260840893, 1806016855, 92256249]],
    [1, [2672842292, 1136996714, 4073064065, 1460141003, 3997777103]],
    [20261122, [854980150, 1717768271, 22679635, 849855880, 2855473153]],
    [4294967295, [2767685996, 538578972, 1885302839, 3298935350, 2082786835]],
  ];
  for (const [seed, expected] of answers) {
    it(`gives its known sequence for seed ${seed}`, () => {
      const random = splitmix32(seed);
      assert.deepEqual(
        expected.map(() => random()),
        expected,
      );
    });
  }
});

describe('trialOrder', () => {
  const switches = ['direct', 'linux-bridge', 'ovs'];
  const cases = casesOf(switches, [64, 1500]);

  it('gives its known order: a campaign must be resumable by every later version', () => {
    const order = trialOrder(cases, 3, 2026);
    assert.deepEqual(
      [0, 1, 2].map((round) => order.filter((planned) => planned.round === round).map((planned) => planned.caseIndex)),
      [
        [1, 4, 3, 0, 5, 2],
        [4, 1, 5, 2, 3, 0],
        [2, 5, 4, 1, 0, 3],
      ],
    );
    assert.deepEqual([...new Set(order.map((planned) => planned.seed))], [1167378732, 3236976022, 2634507011]);
  });

  it('has rounds that do not depend on how many there are, nor on those before', () => {
    const order = trialOrder(cases, 40, 2026);
    for (const round of [0, 1, 2, 7, 39]) {
      assert.deepEqual(
        roundOrder(cases, round, 2026),
        order.filter((planned) => planned.round === round),
      );
    }
    const seeds = splitmix32(2026);
    const drawn = Array.from({ length: 40 }, () => seeds());
    assert.deepEqual([...new Set(order.map((planned) => planned.seed))], drawn);
  });

  it('runs each case once a round, each switch in one visit', () => {
    for (let seed = 0; seed < 50; seed++) {
      const order = trialOrder(cases, 4, seed);
      assert.deepEqual(
        order.map((planned) => planned.ordinal),
        [...order.keys()],
      );
      for (const [round, trials] of Map.groupBy(order, (planned) => planned.round)) {
        assert.deepEqual(trials.map((planned) => planned.caseIndex).sort(), [0, 1, 2, 3, 4, 5], `round ${round}`);
        assert.equal(new Set(trials.map((planned) => planned.seed)).size, 1);
        const visited = trials.map((planned) => cases[planned.caseIndex]?.switch);
        const visits = visited.filter((id, index) => id !== visited[index - 1]);
        assert.equal(visits.length, switches.length, `one visit a switch, not ${visits.join(' ')}`);
      }
    }
  });

  it('makes every order of switches about equally likely, and differs from round to round', () => {
    const rounds = 6000;
    const order = trialOrder(casesOf(['a', 'b', 'c'], [64]), rounds, 1);
    const counts = new Map<string, number>();
    for (const trials of Map.groupBy(order, (planned) => planned.round).values()) {
      const key = trials.map((planned) => planned.caseIndex).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    const expected = rounds / 6;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99.9 % quantile of the chi-square distribution with 5 degrees of freedom; the seed is fixed, so this never flakes.
    assert.ok(chiSquare < 20.515, `chi-square is ${chiSquare}`);
  });

  it('has cases that are alike one behind the other, in random order, and no other order without them', () => {
    const cases = [1000, 2000, 3000, 4000].flatMap((rate) =>
      ['a', 'b'].flatMap((id) => [64, 1500].map((packetSize) => testCase({ switch: id, packetSize, rate }))),
    );
    const sizeOf = ({ packetSize }: TestCase) => String(packetSize);
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const ordered = roundOrder(cases, round, 7, sizeOf).flatMap(({ caseIndex }) => cases[caseIndex] ?? []);
      assert.equal(new Set(ordered).size, cases.length);
      const groups = ordered.map((one) => `${one.switch} ${one.packetSize}`);
      assert.equal(groups.filter((group, index) => group !== groups[index - 1]).length, 4);
      seen.add([...new Set(groups)].join());
      seen.add(
        ordered
          .slice(0, 4)
          .map(({ rate }) => rate)
          .join(),
      );
    }
    assert.ok(seen.size > 8 + 12, `${seen.size} orders`);
    const alone = () => null;
    assert.notDeepEqual(roundOrder(cases, 0, 7, sizeOf), roundOrder(cases, 0, 7));
    assert.equal(new Set(roundOrder(cases, 0, 7, alone).map(({ caseIndex }) => caseIndex)).size, cases.length);
  });

  it('has nothing to order without cases or trials', () => {
    assert.deepEqual(trialOrder([], 3, 1), []);
    assert.deepEqual(trialOrder(cases, 0, 1), []);
  });

  it('differs with the seed', () => {
    const indices = (seed: number) => trialOrder(cases, 3, seed).map((planned) => planned.caseIndex);
    assert.deepEqual(indices(7), indices(7));
    assert.notDeepEqual(indices(7), indices(8));
  });
});

describe('repetitions', () => {
  const order = trialOrder(casesOf(['a', 'b'], [64]), 3, 5);
  const FROM = 1_000_000_000;

  it('come behind the trials of their round, whenever they are called for', () => {
    const owed: PlannedTrial[] = [];
    const ordinals: number[] = [];
    for (const planned of withRepetitions(order, owed)) {
      ordinals.push(planned.ordinal);
      const repetition = [0, 1, 5].includes(planned.ordinal) ? repetitionOf(planned) : null;
      if (repetition !== null) owed.push(repetition);
    }
    assert.deepEqual(ordinals, [0, 1, FROM, FROM + 1, 2, 3, 4, 5, FROM + 5]);
  });

  it('are owed once for each disturbed trial, and not for a repetition', () => {
    const done = (ordinal: number, ...flags: Flag[]) => ({ round: ordinal % 3, ordinal, seed: 4, flags });
    const cases = [
      { trials: [done(2, 'disturbed'), done(3)] },
      { trials: [done(0, 'disturbed'), done(1, 'disturbed', 'shared-cpu'), done(FROM + 1, 'disturbed')] },
    ];
    assert.deepEqual(repetitionsOwed(cases, 'disturbed'), [
      { round: 0, ordinal: FROM, seed: 4, caseIndex: 1 },
      { round: 2, ordinal: FROM + 2, seed: 4, caseIndex: 0 },
    ]);
    assert.deepEqual(repetitionsOwed(cases, 'none'), []);
  });

  it('are owed by those whose trials they repeat', () => {
    const disturbed = (ordinal: number): { round: number; ordinal: number; seed: number; flags: Flag[] } => ({
      ...{ round: 2, ordinal, seed: 4, flags: ['disturbed'] },
    });
    const cases = [
      { trials: [disturbed(0), disturbed(2)] },
      { trials: [disturbed(1), disturbed(3), disturbed(FROM + 3)] },
    ];
    const asked: number[] = [];
    const owed = repetitionsOwed(cases, 'disturbed', ({ ordinal }) => asked.push(ordinal) > 0 && ordinal !== 2);
    assert.deepEqual(
      owed.map(({ ordinal }) => ordinal),
      [FROM, FROM + 1],
    );
    assert.deepEqual(asked, [0, 2, 1, 3]);
  });

  it('that were owed before the rest of a round come behind it', () => {
    const owed = [{ round: 1, ordinal: FROM + 2, seed: 1, caseIndex: 0 }];
    assert.deepEqual(
      [...withRepetitions(order.slice(3), owed)].map(({ ordinal }) => ordinal),
      [3, FROM + 2, 4, 5],
    );
  });
});

describe('remaining', () => {
  it('keeps what is missing, in order', () => {
    const order = trialOrder(casesOf(['a', 'b'], [64]), 2, 5);
    assert.deepEqual(remaining(order, new Set()), order);
    assert.deepEqual(
      remaining(order, new Set([0, 2])).map((planned) => planned.ordinal),
      [1, 3],
    );
    assert.deepEqual(remaining(order, new Set([0, 1, 2, 3])), []);
  });
});
