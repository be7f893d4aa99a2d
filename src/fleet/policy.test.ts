// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostRecord, inventory } from '../../test/fixtures/campaign.ts';
import type { Lease, Reservation, Submission, Testbed } from './model.ts';
import { freeRounds, isComplete, type Lab, nextBlock, type Open, whyClosed, whyNot } from './policy.ts';
import { parseTestbedLike } from './testbed-like.ts';

const NOW = new Date('2026-12-01T12:00:00Z');

function testbed(part: Partial<Testbed> = {}): Testbed {
  return {
    ...{
      name: 'lab-1',
      machines: ['m1'],
      hosts: [hostRecord({ testbed: 'lab-1' })],
      worker: 'w',
      seenAt: NOW.toISOString(),
    },
    capabilities: {
      ...{ cpus: 8, memoryBytes: 2 ** 34, kernel: '6.1', cpuModel: 'any', virtual: false, remote: false },
      ...{ switches: ['direct'], frameworks: ['udp'] },
    },
    health: { state: 'good' },
    ...part,
  };
}

function open(id: number, part: Partial<Submission> = {}, more: Partial<Open> = {}): Open {
  return {
    submission: {
      ...{ id, user: 'ann', title: 't', campaignText: '', priority: 0, testbedLike: null, notBefore: null },
      ...{ submittedAt: NOW.toISOString(), state: 'running', reason: null, campaignId: `c${id}` },
      ...{ hosts: [hostRecord({ testbed: 'lab-9' })], canaryOf: null, rounds: 3, extends: false },
      ...part,
    },
    ...{ wish: null, roundMs: null, done: new Set(), inHand: [], failures: new Map(), refusals: new Map() },
    ...more,
  };
}

function lease(round: number, part: Partial<Lease> = {}): Lease {
  return {
    ...{ token: '8a1b0a62-6f3c-4f0e-9b3e-2f4f5c6d7e8f', submissionId: 1, round, rounds: 1, testbed: 'lab-2' },
    ...{
      machines: ['m2'],
      worker: 'v',
      takenAt: NOW.toISOString(),
      expiresAt: NOW.toISOString(),
      endedAt: null,
      end: null,
      reason: null,
    },
    ...part,
  };
}

function lab(opens: readonly Open[], part: Partial<Lab> = {}): Lab {
  return { open: opens, inHand: [], reservations: [], testbeds: [], shareOf: () => 0, ...part };
}

const chosen = (found: ReturnType<typeof nextBlock>) => found && [found.open.submission.id, found.round];

describe('the next block', () => {
  it('is the first round that nobody has done or in hand', () => {
    const one = open(1, {}, { done: new Set([0]), inHand: [lease(1)] });
    assert.deepEqual(chosen(nextBlock(testbed(), lab([one]), NOW)), [1, 2]);
  });

  it('has as many rounds as fit into its time, next to each other, but for what others could take meanwhile', () => {
    const long = (more: Partial<Open> = {}) => open(1, { rounds: 9 }, { roundMs: 1000, done: new Set([0]), ...more });
    const block = (one: Open, part: Partial<Lab> = {}) => {
      const found = nextBlock(testbed(), lab([one], part), NOW, 4_500);
      return found && [found.round, found.rounds];
    };
    assert.deepEqual(block(long()), [1, 4]);
    assert.deepEqual(block(long({ roundMs: 10_000 })), [1, 1], 'at least one');
    assert.deepEqual(block(long({ roundMs: null })), [1, 1], 'nobody knows how long one takes');
    assert.deepEqual(block(long({ inHand: [lease(3, { rounds: 2 })] })), [1, 2], 'up to those in hand');
    assert.deepEqual(block(long({ inHand: [lease(1, { rounds: 6 })] })), [7, 2], 'behind those in hand');
    assert.deepEqual(block(long({ failures: new Map([[1, 1]]) })), [1, 1], 'one that failed is tried alone');
    assert.deepEqual(block(long({ failures: new Map([[2, 1]]) })), [1, 1], 'and not together with others');
    const other = testbed({ name: 'lab-2', machines: ['m2'] });
    const few = long({ done: new Set([0, 1, 2, 3, 4]) });
    assert.deepEqual(block(few, { testbeds: [testbed(), other] }), [5, 2], 'half of them are another’s');
    const unlike = { ...other, hosts: [hostRecord({ testbed: 'lab-2', inventory: inventory({ kernel: '6.9' }) })] };
    assert.deepEqual(block(few, { testbeds: [testbed(), unlike] }), [5, 4]);
  });

  it('is the same in whatever order it is looked for, also where a newer one goes before an older one of the same user', () => {
    const [one, two, three] = [open(1), open(2, { user: 'bob' }), open(3, { priority: 5 })];
    for (const order of [
      [one, two, three],
      [three, two, one],
      [two, three, one],
    ])
      assert.equal(nextBlock(testbed(), lab(order), NOW)?.open.submission.id, 3);
  });

  it('is of whoever has had the least, and among their own of the highest priority, then the oldest', () => {
    const opens = [
      open(1),
      open(2, { user: 'bob' }),
      open(3, { user: 'bob', priority: 5 }),
      open(4, { user: 'bob', priority: 5 }),
    ];
    const shareOf = (user: string) => (user === 'ann' ? 10 : 5);
    assert.deepEqual(chosen(nextBlock(testbed(), lab(opens, { shareOf }), NOW)), [3, 0]);
    assert.deepEqual(chosen(nextBlock(testbed(), lab(opens), NOW)), [1, 0]);
  });

  it('is none where another testbed of the same machine is at work', () => {
    const shared = lab([open(1)], { inHand: [{ testbed: 'lab-2', machines: ['m0', 'm1'] }] });
    assert.equal(nextBlock(testbed(), shared, NOW), null);
    assert.deepEqual(whyClosed(testbed(), shared, NOW), { why: 'at-work', testbed: 'lab-2' });
  });

  it('is none while the testbed is reserved, drifted or broken', () => {
    const reservation: Reservation = {
      ...{ id: 1, testbed: 'lab-1', user: 'cy', from: '2026-12-01T11:00:00Z', until: '2026-12-01T13:00:00Z' },
      ...{ why: null, cancelledAt: null },
    };
    const reserved = lab([open(1)], { reservations: [reservation] });
    assert.equal(nextBlock(testbed(), reserved, NOW), null);
    assert.deepEqual(chosen(nextBlock(testbed(), reserved, new Date(reservation.until))), [1, 0]);
    for (const state of ['drifted', 'broken'] as const) {
      const ill = testbed({ health: { state, since: NOW.toISOString(), reason: 'r' } });
      assert.equal(nextBlock(ill, lab([open(1)]), NOW), null);
    }
  });

  it('is the canary of a testbed before all else, also where it is suspect or drifted, and no other testbed’s', () => {
    const opens = [
      open(1, { priority: 9 }),
      open(2, { canaryOf: 'lab-1', state: 'waiting', hosts: null, rounds: null }),
    ];
    for (const state of ['suspect', 'drifted'] as const) {
      const ill = testbed({ health: { state, since: NOW.toISOString(), reason: 'r' } });
      assert.deepEqual(chosen(nextBlock(ill, lab(opens), NOW)), [2, 0]);
    }
    assert.deepEqual(chosen(nextBlock(testbed(), lab(opens), NOW)), [2, 0]);
    const other = testbed({ name: 'lab-2', machines: ['m2'] });
    assert.deepEqual(chosen(nextBlock(other, lab(opens), NOW)), [1, 0]);
    const broken = testbed({ health: { state: 'broken', since: NOW.toISOString(), reason: 'r' } });
    assert.equal(nextBlock(broken, lab(opens), NOW), null);
    const busy = lab(opens, { inHand: [{ testbed: 'lab-3', machines: ['m1'] }] });
    assert.equal(nextBlock(testbed(), busy, NOW), null);
  });

  it('is none where another testbed of the machine has a canary to measure, unless its worker is silent or it is reserved', () => {
    const opens = [open(1), open(2, { canaryOf: 'lab-2', state: 'waiting', hosts: null, rounds: null })];
    const [one, two] = [testbed(), testbed({ name: 'lab-2' })];
    const shared = lab(opens, { testbeds: [one, two] });
    assert.equal(nextBlock(one, shared, NOW), null);
    assert.deepEqual(whyClosed(one, shared, NOW), { why: 'gives-way', testbed: 'lab-2' });
    assert.deepEqual(chosen(nextBlock(two, shared, NOW)), [2, 0]);
    const both = lab([...opens, open(3, { canaryOf: 'lab-1', hosts: null, rounds: null })], { testbeds: [one, two] });
    assert.deepEqual(chosen(nextBlock(one, both, NOW)), [3, 0]);
    const silent = { ...two, seenAt: new Date(NOW.getTime() - 120_000).toISOString() };
    assert.deepEqual(chosen(nextBlock(one, lab(opens, { testbeds: [one, silent] }), NOW)), [1, 0]);
    const reservations: Reservation[] = [
      {
        ...{ id: 1, testbed: 'lab-2', user: 'cy', from: '2026-12-01T11:00:00Z', until: '2026-12-01T13:00:00Z' },
        ...{ why: null, cancelledAt: null },
      },
    ];
    assert.deepEqual(chosen(nextBlock(one, { ...shared, reservations }, NOW)), [1, 0]);
  });

  it('is never of a campaign that an unlike machine began', () => {
    const other = testbed({ hosts: [hostRecord({ inventory: inventory({ kernel: '6.12' }) })] });
    assert.equal(nextBlock(other, lab([open(1)]), NOW), null);
    assert.deepEqual(whyNot(open(1), other, NOW), {
      why: 'unlike',
      differences: [{ what: 'kernel', a: '6.1.0-21-amd64', b: '6.12' }],
    });
  });

  it('is not what the testbed cannot do, has refused, or may not begin yet', () => {
    const wish = parseTestbedLike('sriov', null);
    assert.ok(wish.ok);
    assert.deepEqual(whyNot(open(1, {}, { wish: wish.value }), testbed(), NOW), { why: 'lacks', terms: ['sriov'] });
    const refused = open(1, {}, { refusals: new Map([['lab-1', 'no ovs']]) });
    assert.deepEqual(whyNot(refused, testbed(), NOW), { why: 'refused', reason: 'no ovs' });
    const at = '2026-12-01T22:00:00Z';
    assert.deepEqual(whyNot(open(1, { notBefore: at }), testbed(), NOW), { why: 'not-before', at });
    assert.equal(whyNot(open(1, { notBefore: at }), testbed(), new Date(at)), null);
  });
});

describe('rounds that are free', () => {
  it('is the first alone before anybody knows what the campaign is made of', () => {
    const fresh = open(1, { rounds: null, hosts: null });
    assert.deepEqual(freeRounds(fresh), [0]);
    assert.deepEqual(freeRounds({ ...fresh, inHand: [lease(0)] }), []);
  });

  it('are those beyond the planned ones only when all of these are done', () => {
    const one = open(1, { extends: true });
    assert.deepEqual(freeRounds({ ...one, done: new Set([0, 1]) }), [2]);
    assert.deepEqual(freeRounds({ ...one, done: new Set([0, 1]), inHand: [lease(2)] }), []);
    assert.deepEqual(freeRounds({ ...one, done: new Set([0, 1, 2]) }), [3]);
    assert.equal(isComplete({ ...one, done: new Set([0, 1, 2]) }), false);
    assert.equal(isComplete({ ...one, done: new Set([0, 1, 2, 3]) }), true);
  });
});
