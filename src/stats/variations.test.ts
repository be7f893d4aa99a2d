// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { Flag } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from './campaign.ts';
import { type Variation, variationsOf } from './variations.ts';

interface Planned {
  case: Partial<TestCase>;
  pps: number;
  flags?: Flag[];
  rounds?: number;
  spread?: number;
}

function variations(plans: readonly Planned[]): Variation[] {
  const cases = plans.map(({ case: part, rounds = 6, spread = 0, ...plan }, index) =>
    storedCase({ case: testCase({ rate: 'max', ...part }), ...plan }, rounds, spread, index + 1),
  );
  return variationsOf(toCampaignResult(storedCampaign({ cases })));
}

/** Each switch with each framework at each size: what it gets is a product. */
function grid(factors: { switch: Record<string, number>; io: Record<string, number>; size: Record<number, number> }) {
  return Object.entries(factors.switch).flatMap(([name, a]) =>
    Object.entries(factors.io).flatMap(([io, b]) =>
      Object.entries(factors.size).map(
        ([size, c]): Planned => ({ case: { switch: name, io, packetSize: Number(size) }, pps: 100_000 * a * b * c }),
      ),
    ),
  );
}

const FULL = grid({ switch: { ovs: 1, vpp: 2 }, io: { udp: 1, raw: 4 }, size: { 64: 1, 1500: 8 } });

function only(found: readonly Variation[]): Variation {
  assert.equal(found.length, 1);
  return found[0] ?? assert.fail();
}

/** `switch 7 %`, above half a percent. */
function shares({ factors, allocation }: Variation): string[] {
  return allocation.effects
    .filter(({ share }) => share >= 0.005)
    .map(
      ({ factors: places, share }) =>
        `${places.map((place) => factors[place]?.key).join(' × ')} ${(100 * share).toFixed(0)} %`,
    );
}

const keysOf = ({ factors }: Variation) => factors.map(({ key, levels }) => `${key}: ${levels.join(' ')}`);

describe('shares of variance of a campaign', () => {
  it('are those of what makes the figures: products of factors 2, 4 and 8 have logarithms 1, 2 and 3, of which the squares are 1, 4 and 9', () => {
    const found = only(variations(FULL));
    assert.deepEqual(keysOf(found), ['switch: ovs vpp', 'framework: udp raw', 'packetSize: 64 1500']);
    assert.deepEqual(shares(found), ['switch 7 %', 'framework 29 %', 'packetSize 64 %']);
    assert.deepEqual([found.scale, found.cases, found.casesMeasured, found.rounds], ['logarithm', 8, 8, 6]);
    assert.ok(found.allocation.unexplained + found.allocation.round + found.allocation.higher < 1e-9);
  });

  it('leave a cable and super-packets out, as verdicts do', () => {
    const found = only(
      variations([
        ...FULL,
        ...FULL.slice(0, 4).map((one) => ({ ...one, case: { ...one.case, switch: 'direct' }, pps: 1e9 })),
        ...FULL.filter(({ case: { io } }) => io === 'udp').map((one) => ({
          ...{ ...one, case: { ...one.case, io: 'udp-gso' }, pps: 1e9 },
          flags: ['super-packets' as const],
        })),
      ]),
    );
    assert.deepEqual(keysOf(found).slice(0, 2), ['switch: ovs vpp', 'framework: udp raw']);
    assert.equal(found.casesMeasured, 8);
  });

  it('take switch and framework as one where few of their combinations exist', () => {
    const sizes = [64, 1500];
    const found = only(
      variations(
        [
          ['ovs', 'dpdk'],
          ['vpp', 'memif'],
          ['linux-bridge', 'udp'],
        ].flatMap(([name = '', io = ''], index) =>
          sizes.map((packetSize) => ({ case: { switch: name, io, packetSize }, pps: 1000 * (index + 1) })),
        ),
      ),
    );
    assert.deepEqual(keysOf(found), [
      'path: ovs with dpdk vpp with memif linux-bridge with udp',
      'packetSize: 64 1500',
    ]);
    assert.deepEqual([shares(found), found.leftOut], [['path 100 %'], []]);
  });

  it('take them as one where the combinations that exist are all of one switch', () => {
    const plans = ['udp', 'raw', 'raw-mmsg'].map((io, index) => ({
      case: { switch: 'linux-bridge', io },
      pps: 1000 * (index + 1),
    }));
    const found = only(variations([...plans, { case: { switch: 'ovs', io: 'dpdk' }, pps: 9000 }]));
    assert.deepEqual(
      found.factors.map(({ key, levels }) => [key, levels.length]),
      [['path', 4]],
    );
  });

  it('leave out the levels that lack combinations, the emptiest first, and say so', () => {
    const found = only(
      variations([
        ...FULL,
        { case: { switch: 'vale', io: 'raw', packetSize: 64 }, pps: 9e6 },
        { case: { switch: 'ovs', io: 'udp', packetSize: 9000 }, pps: 9e6 },
      ]),
    );
    assert.deepEqual([found.cases, found.casesMeasured], [8, 10]);
    assert.deepEqual(
      found.leftOut.map(({ key, level }) => `${key} ${level}`),
      ['switch vale', 'packetSize 9000'],
    );
    assert.deepEqual(shares(found), ['switch 7 %', 'framework 29 %', 'packetSize 64 %']);
  });

  it('take those rounds that all cases have, and no case that lacks more than half of them', () => {
    const longer = FULL.map((one, index) => ({ ...one, rounds: index === 0 ? 9 : 6 }));
    assert.equal(only(variations(longer)).rounds, 6);
    const failing = [...FULL, { case: { switch: 'snabb', io: 'udp', packetSize: 64 }, pps: 5, rounds: 2 }];
    const found = only(variations(failing));
    assert.deepEqual([found.rounds, found.cases, found.leftOut], [6, 8, []]);
  });

  it('are of differences where a figure is 0', () => {
    const found = only(variations(FULL.map((one, index) => (index === 0 ? { ...one, pps: 0 } : one))));
    assert.equal(found.scale, 'plain');
  });

  it('are not told of one factor, one round or nothing', () => {
    assert.deepEqual(variations(FULL.filter(({ case: one }) => one.switch === 'ovs' && one.io === 'udp')), []);
    assert.deepEqual(variations(FULL.map((one) => ({ ...one, rounds: 1 }))), []);
    assert.deepEqual(variations([]), []);
  });

  it('tell noise from what varies', () => {
    const found = only(variations(FULL.map((one) => ({ ...one, pps: 1000, spread: 0.05 }))));
    assert.ok(found.allocation.unexplained > 0.6, String(found.allocation.unexplained));
  });
});
