// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogramOf } from '../../test/fixtures/campaign.ts';
import type { SampleLine } from '../model/dataplane.ts';
import { type ChurnFacts, type ChurnWay, churnOf } from './churn-figures.ts';
import type { Happening } from './newcomer.ts';

const MS = 1e6;
const PER_MS = 10;
/** Measured from 100 ms on. */
const WINDOW = { beginNs: 100 * MS, endNs: 2100 * MS };

const LEAVES: Happening = {
  ...{ kind: 'leaves', beginNs: 300 * MS, readyNs: null, firstPacketNs: null, endNs: 400 * MS },
};
const JOINS: Happening = {
  ...{ kind: 'joins', beginNs: 800 * MS, readyNs: 950 * MS, firstPacketNs: 960 * MS, endNs: 1000 * MS },
};

/** Each millisecond, of who counts so many packets by then. */
function samples(counts: (ms: number) => Partial<SampleLine>): SampleLine[] {
  return Array.from({ length: 2201 }, (_, ms) => ({
    ...{ v: 2, type: 'sample', t_ns: ms * MS, tx_packets: 0, given_up_packets: 0, rx_packets: 0 },
    ...{ rx_unique_packets: 0, cpu_ns: 0, minor_faults: 0, polls: 0, empty_polls: 0, ...counts(ms) },
  }));
}

const EVEN = samples((ms) => ({ tx_packets: ms * PER_MS }));
const STEADY = samples((ms) => ({ rx_packets: ms * PER_MS }));
const ALL = 2200 * PER_MS;

function way(part: Partial<ChurnWay> = {}): ChurnWay {
  const tx = { offered_packets: ALL };
  const rx = { highest_sequence: ALL - 1, gaps: [] };
  return { tx, rx, sent: EVEN, received: STEADY, delays: { all: null, events: null }, ...part };
}

function facts(ways: ChurnWay[], part: Partial<ChurnFacts> = {}): ChurnFacts {
  const how = { hotplug: 'port', ratePps: 1000 * PER_MS, window: WINDOW, oneClock: true } as const;
  return { ...how, happenings: [LEAVES, JOINS], ways, ...part };
}

describe('losses', () => {
  it('are of the event within which the first of them was sent', () => {
    const gaps: [number, number, number][] = [
      [2995, 2999, 5],
      [3000, 3199, 200],
      [3999, 4100, 60],
      [8500, 8799, 300],
    ];
    const { events, quiet, blockedMs, worstBlockedMs } = churnOf(
      facts([way({ rx: { highest_sequence: ALL - 1, gaps } })]),
    );
    assert.deepEqual(
      events.map(({ lostPackets }) => lostPackets),
      [260, 300],
    );
    assert.equal(quiet.lostPackets, 5);
    assert.equal(worstBlockedMs, 30);
    // Without 5 packets in 1.7 s of quiet, and so 0.9 in 0.3 s of events.
    assert.ok(Math.abs(blockedMs - (560 - (5 * 300) / 1700) / PER_MS) < 1e-9, `${blockedMs}`);
  });

  it('behind the last number that came are losses as well', () => {
    const { events } = churnOf(facts([way({ rx: { highest_sequence: 8499, gaps: [] } })]));
    assert.deepEqual(
      events.map(({ lostPackets }) => lostPackets),
      [0, ALL - 8500],
    );
  });

  it('are no more than what is lost all the time', () => {
    const gaps = Array.from({ length: 2000 }, (_, ms): [number, number, number] => [
      (100 + ms) * PER_MS,
      (100 + ms) * PER_MS,
      1,
    ]);
    const { blockedMs, events, quiet } = churnOf(facts([way({ rx: { highest_sequence: ALL - 1, gaps } })]));
    assert.deepEqual([...events.map(({ lostPackets }) => lostPackets), quiet.lostPackets], [100, 200, 1700]);
    assert.ok(blockedMs < 1e-9, `${blockedMs}`);
  });

  it('of several pairs are told by the rate of all', () => {
    const lossy = way({ rx: { highest_sequence: ALL - 1, gaps: [[8500, 8699, 200]] } });
    const { events } = churnOf(facts([lossy, way()]));
    assert.deepEqual(
      events.map(({ blockedMs }) => blockedMs),
      [0, 10],
    );
  });
});

it('what a sender gives up is of the event within which it does', () => {
  const sent = samples((ms) => ({ tx_packets: ms * PER_MS, given_up_packets: ms < 350 ? 0 : ms < 1500 ? 70 : 90 }));
  const { events, quiet } = churnOf(facts([way({ sent })]));
  assert.deepEqual([...events.map(({ unsentPackets }) => unsentPackets), quiet.unsentPackets], [70, 0, 20]);
});

describe('silence', () => {
  it('is the longest time that samples vouch for, of the pair that had longest', () => {
    const stopped = samples((ms) => ({ rx_packets: ms > 850 && ms <= 870 ? 850 * PER_MS : ms * PER_MS }));
    const { events, silenceMs, quiet } = churnOf(facts([way(), way({ received: stopped })]));
    assert.deepEqual(
      events.map((one) => one.silenceMs),
      [0, 20],
    );
    assert.deepEqual([silenceMs, quiet.silenceMs], [20, 0]);
  });

  it('before an event and behind it is none of the event’s', () => {
    const received = samples((ms) => ({ rx_packets: ms > 700 && ms <= 805 ? 700 * PER_MS : ms * PER_MS }));
    const { events, quiet } = churnOf(facts([way({ received })]));
    assert.deepEqual([events[1]?.silenceMs, quiet.silenceMs], [5, 100]);
  });
});

it('events are told from their begin on', () => {
  const [leaves, joins] = churnOf(facts([way()])).events;
  assert.deepEqual([leaves?.atMs, leaves?.tookMs, leaves?.readyMs, leaves?.firstPacketMs], [200, 100, null, null]);
  assert.deepEqual([joins?.atMs, joins?.tookMs, joins?.readyMs, joins?.firstPacketMs], [700, 200, 150, 160]);
  assert.throws(() => churnOf(facts([way()], { happenings: [LEAVES] })), RangeError);
});

it('what is not over when the window is counts for nothing', () => {
  const late = [LEAVES, JOINS].map((one) => ({ ...one, beginNs: one.beginNs + 1e9, endNs: one.endNs + 1.2e9 }));
  const lossy = way({ rx: { highest_sequence: ALL - 1, gaps: [[13_500, 13_599, 100]] } });
  const { events, quiet, blockedMs } = churnOf(facts([lossy], { happenings: [LEAVES, JOINS, ...late] }));
  assert.deepEqual([events.length, blockedMs], [2, 0]);
  // From 100 to 1300 ms, without 300 ms of events.
  assert.deepEqual([quiet.durationMs, quiet.lostPackets], [900, 0]);
});

it('delays between events are all but those of events', () => {
  const quick = Array.from({ length: 20_000 }, (_, index) => 20_000 + (index % 500));
  const slow = Array.from({ length: 12_000 }, () => 3_000_000);
  const all = histogramOf([...quick, ...slow]);
  const told = churnOf(facts([way({ delays: { all, events: histogramOf(slow) } })])).delaysNs;
  assert.equal(told?.events.packets, 12_000);
  assert.equal(told?.quiet.packets, 20_000);
  assert.ok((told?.events.p50 ?? 0) > 2_900_000);
  assert.ok((told?.quiet.p999 ?? Number.NaN) < 21_000);
  const few = churnOf(facts([way({ delays: { all, events: null } })])).delaysNs;
  assert.deepEqual(few?.events, { packets: 0, p50: null, p99: null, p999: null });
  assert.equal(churnOf(facts([way({ delays: { all, events: null } })], { oneClock: false })).delaysNs, null);
});
