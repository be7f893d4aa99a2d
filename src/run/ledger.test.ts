// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RxTotals } from '../model/dataplane.ts';
import { type LedgerInput, makeLedger, makeUplinkLedger } from './ledger.ts';

function received(part: Partial<RxTotals> = {}): RxTotals {
  return {
    packets: 1000,
    bytes: 64_000,
    unique_packets: 1000,
    duplicated_packets: 0,
    reordered_packets: 0,
    corrupted_packets: 0,
    unidentified_packets: 0,
    foreign_packets: 0,
    late_packets: 0,
    dropped_packets: 0,
    steady_packets: 900,
    steady_corrupted_packets: 0,
    highest_sequence: 999,
    ...part,
  };
}

/** A run without a loss, with every hop there is. */
function input(part: Partial<LedgerInput> = {}): LedgerInput {
  return {
    pair: 3,
    offeredPackets: 1000,
    sourceInterface: { txPackets: 1000, txDropped: 0 },
    switchIn: { packets: 1000 },
    switchOut: { packets: 1000 },
    switchDrops: [],
    sinkInterface: { rxPackets: 1000, rxDropped: 0 },
    received: received(),
    ...part,
  };
}

/** Every hop from one on has this many packets. */
function lossBefore(hop: number, packets: number): LedgerInput {
  const at = (index: number) => (index >= hop ? packets : 1000);
  return input({
    sourceInterface: { txPackets: at(1), txDropped: 0 },
    switchIn: { packets: at(2) },
    switchOut: { packets: at(3) },
    sinkInterface: { rxPackets: at(4), rxDropped: 0 },
    received: received({ packets, unique_packets: packets }),
  });
}

const HOPS = [
  'offered by the application',
  "source's interface, sent",
  'switch, in',
  'switch, out',
  "sink's interface, received",
  'received by the application',
];

describe('makeLedger', () => {
  it('has every hop in the order of the way, and nothing to attribute where nothing is lost', () => {
    const ledger = makeLedger(input());
    assert.equal(ledger.pair, 3);
    assert.deepEqual(
      ledger.hops.map(({ hop }) => hop),
      HOPS,
    );
    assert.deepEqual(
      ledger.hops.map(({ source }) => source),
      ['application', 'counter', 'counter', 'counter', 'counter', 'application'],
    );
    assert.deepEqual(ledger.drops, []);
    assert.ok(ledger.closes);
  });

  it('has but the ends where nobody counts between them', () => {
    const ledger = makeLedger(
      input({
        sourceInterface: null,
        switchIn: null,
        switchOut: null,
        sinkInterface: null,
        received: received({ packets: 990 }),
      }),
    );
    assert.deepEqual(
      ledger.hops.map(({ packets }) => packets),
      [1000, 990],
    );
    assert.deepEqual(ledger.drops, [
      { where: "between 'offered by the application' and 'received by the application'", packets: 10 },
    ]);
  });

  for (let hop = 1; hop < HOPS.length; hop += 1) {
    it(`finds a loss between '${HOPS[hop - 1]}' and '${HOPS[hop]}'`, () => {
      const ledger = makeLedger(lossBefore(hop, 960));
      assert.deepEqual(ledger.drops, [{ where: `between '${HOPS[hop - 1]}' and '${HOPS[hop]}'`, packets: 40 }]);
      assert.ok(ledger.closes);
    });
  }

  it('gives a loss the cause that was counted, as far as it was', () => {
    const { sourceInterface, switchIn, switchOut, sinkInterface } = {
      sourceInterface: { txPackets: 990, txDropped: 10 },
      switchIn: { packets: 990 },
      switchOut: { packets: 970 },
      sinkInterface: { rxPackets: 965, rxDropped: 4 },
    };
    const ledger = makeLedger(
      input({
        sourceInterface,
        switchIn,
        switchOut,
        switchDrops: [
          { reason: 'ring full', packets: 15 },
          { reason: 'too large', packets: 10 },
        ],
        sinkInterface,
        received: received({ packets: 900, dropped_packets: 60 }),
      }),
    );
    assert.deepEqual(ledger.drops, [
      { where: "source's interface, dropped on sending", packets: 10 },
      // 25 were counted and 20 are missing: the others were not of this way.
      { where: 'dropped by the switch: ring full', packets: 15 },
      { where: 'dropped by the switch: too large', packets: 5 },
      { where: "sink's interface, dropped on receiving", packets: 4 },
      { where: "between 'switch, out' and 'sink's interface, received'", packets: 1 },
      { where: "receive queue of the sink's port full", packets: 60 },
      { where: "between 'sink's interface, received' and 'received by the application'", packets: 5 },
    ]);
    assert.equal(
      ledger.drops.reduce((sum, { packets }) => sum + packets, 0),
      100,
    );
  });

  it('does not call a loss elsewhere one of the receive queue', () => {
    const ledger = makeLedger({
      ...lossBefore(3, 960),
      received: received({ packets: 960, dropped_packets: 7 }),
    });
    assert.deepEqual(ledger.drops, [{ where: "between 'switch, in' and 'switch, out'", packets: 40 }]);
  });

  it('closes where a hop has more by what was counted as duplicates', () => {
    const more = input({
      switchOut: { packets: 1005 },
      sinkInterface: { rxPackets: 1005, rxDropped: 0 },
      received: received({ packets: 1005, duplicated_packets: 5 }),
    });
    assert.ok(makeLedger(more).closes);
    assert.ok(!makeLedger({ ...more, switchOut: { packets: 1006 } }).closes);
  });

  it('does not let a duplicate hide a packet that the switch says it dropped', () => {
    const ledger = makeLedger(
      input({
        switchOut: { packets: 998 },
        switchDrops: [{ reason: 'by its schedule', packets: 10 }],
        sinkInterface: { rxPackets: 995, rxDropped: 0 },
        received: received({ packets: 995, unique_packets: 987, duplicated_packets: 8 }),
      }),
    );
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [
      { where: 'dropped by the switch: by its schedule', packets: 10 },
      { where: "between 'switch, out' and 'sink's interface, received'", packets: 3 },
    ]);
  });

  it('finds all drops of a switch that makes more duplicates than it drops', () => {
    const ledger = makeLedger(
      input({
        switchOut: { packets: 1005 },
        switchDrops: [{ reason: 'by its schedule', packets: 10 }],
        sinkInterface: { rxPackets: 1005, rxDropped: 0 },
        received: received({ packets: 1005, unique_packets: 990, duplicated_packets: 15 }),
      }),
    );
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [{ where: 'dropped by the switch: by its schedule', packets: 10 }]);
  });

  it('does not let the same duplicates explain the growth of two hops', () => {
    const ledger = makeLedger(
      input({
        switchIn: { packets: 1005 },
        switchOut: { packets: 1010 },
        sinkInterface: { rxPackets: 1005, rxDropped: 0 },
        received: received({ packets: 1005, duplicated_packets: 5 }),
      }),
    );
    assert.ok(!ledger.closes);
  });

  it('closes where foreign packets came through the same interfaces', () => {
    const ledger = makeLedger(
      input({
        sourceInterface: { txPackets: 1002, txDropped: 0 },
        switchIn: { packets: 1002 },
        switchOut: { packets: 1002 },
        sinkInterface: { rxPackets: 1002, rxDropped: 0 },
        received: received({ foreign_packets: 2 }),
      }),
    );
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, []);
  });

  it('does not close where a hop has more than the one before, and nobody can say why', () => {
    const ledger = makeLedger(input({ switchIn: { packets: 999 } }));
    assert.ok(!ledger.closes);
  });

  it('does not close where the application received more than its interface', () => {
    assert.ok(!makeLedger(input({ sinkInterface: { rxPackets: 999, rxDropped: 0 } })).closes);
  });
});

describe('the ledger of the cable', () => {
  const whole = { switchIn: 1000, sent: 1000, arrived: 1000, switchOut: 1000, nearDrops: [], farDrops: [] };

  it('has four hops, two where the switch counts at no port', () => {
    const hops = (input: Parameters<typeof makeUplinkLedger>[0]) => makeUplinkLedger(input).hops.map(({ hop }) => hop);
    assert.deepEqual(hops(whole), [
      ...['near switch, in', 'near uplink, sent'],
      ...['far uplink, received', 'far switch, out'],
    ]);
    assert.deepEqual(hops({ ...whole, switchIn: null, switchOut: null }), [
      'near uplink, sent',
      'far uplink, received',
    ]);
    assert.deepEqual(makeUplinkLedger(whole).drops, []);
  });
  it('gives each loss its place, and its cause as far as somebody has counted it', () => {
    const farDrops = [{ where: 'dropped by the far switch: ring full', packets: 90 }];
    const { drops, foreignPackets } = makeUplinkLedger({ ...whole, arrived: 950, switchOut: 850, farDrops });
    assert.deepEqual(drops, [
      { where: "between 'near uplink, sent' and 'far uplink, received'", packets: 50 },
      { where: 'dropped by the far switch: ring full', packets: 90 },
      { where: "between 'far uplink, received' and 'far switch, out'", packets: 10 },
    ]);
    assert.equal(foreignPackets, 0);
  });
  it('tells packets that were not of the trial', () => {
    assert.equal(makeUplinkLedger({ ...whole, sent: 1003, arrived: 1004, switchOut: 1004 }).foreignPackets, 4);
  });
});
