// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CountedDrops, type Hop, makeLedger, makeUplinkLedger, type Way } from './ledger.ts';

const NAMES = [
  'offered by the application',
  "source's interface, sent",
  'switch, in',
  'switch, out',
  "sink's interface, received",
  'received by the application',
];

/** A way with the hops above and these counts; `counted` has what somebody counted as dropped before a hop, by its index. */
function way(packets: readonly number[], part: Partial<Way> & { counted?: Record<number, CountedDrops[]> } = {}): Way {
  const { counted = {}, ...rest } = part;
  const hops = packets.map((count, index): Hop => {
    const isEnd = index === 0 || index === packets.length - 1;
    return {
      name: NAMES[index] ?? 'nowhere',
      packets: count,
      source: isEnd ? 'application' : 'counter',
      counted: counted[index] ?? [],
    };
  });
  return { hops, copies: 0, foreign: 0, ...rest };
}

function ledgerOf(one: Way, lost: number) {
  return makeLedger({ pair: 3, ways: [one], lost });
}

/** Every hop from one on has this many packets. */
function lossBefore(hop: number, packets: number, part: Parameters<typeof way>[1] = {}): Way {
  return way(
    NAMES.map((_, index) => (index >= hop ? packets : 1000)),
    part,
  );
}

describe('makeLedger', () => {
  it('has every hop in the order of the way, and nothing to attribute where nothing is lost', () => {
    const ledger = ledgerOf(lossBefore(0, 1000), 0);
    assert.equal(ledger.pair, 3);
    assert.deepEqual(
      ledger.hops.map(({ hop }) => hop),
      NAMES,
    );
    assert.deepEqual(
      ledger.hops.map(({ source }) => source),
      ['application', 'counter', 'counter', 'counter', 'counter', 'application'],
    );
    assert.deepEqual([ledger.drops, ledger.lostPackets, ledger.unplacedPackets, ledger.closes], [[], 0, 0, true]);
  });

  it('has but the ends where nobody counts between them', () => {
    const [offered, received] = lossBefore(5, 990).hops.filter(({ source }) => source === 'application');
    assert.ok(offered !== undefined && received !== undefined);
    const { drops, unplacedPackets } = ledgerOf({ hops: [offered, received], copies: 0, foreign: 0 }, 10);
    assert.deepEqual(drops, [
      { where: "between 'offered by the application' and 'received by the application'", packets: 10 },
    ]);
    assert.equal(unplacedPackets, 0);
  });

  for (let hop = 1; hop < NAMES.length; hop += 1) {
    it(`finds a loss between '${NAMES[hop - 1]}' and '${NAMES[hop]}'`, () => {
      const ledger = ledgerOf(lossBefore(hop, 960), 40);
      assert.deepEqual(ledger.drops, [{ where: `between '${NAMES[hop - 1]}' and '${NAMES[hop]}'`, packets: 40 }]);
      assert.equal(ledger.unplacedPackets, 0);
      assert.ok(ledger.closes);
    });
  }

  it('gives a loss the cause that was counted, as far as it was', () => {
    const counted = {
      1: [{ where: "source's interface, dropped on sending", packets: 10 }],
      // 25 were counted and 20 are missing: the others were not of this way.
      3: [
        { where: 'dropped by the switch: ring full', packets: 15 },
        { where: 'dropped by the switch: too large', packets: 10 },
      ],
      4: [{ where: "sink's interface, dropped on receiving", packets: 4 }],
      5: [{ where: "receive queue of the sink's port full", packets: 60 }],
    };
    const ledger = ledgerOf(way([1000, 990, 990, 970, 965, 900], { counted }), 100);
    assert.deepEqual(ledger.drops, [
      { where: "source's interface, dropped on sending", packets: 10 },
      { where: 'dropped by the switch: ring full', packets: 15 },
      { where: 'dropped by the switch: too large', packets: 5 },
      { where: "sink's interface, dropped on receiving", packets: 4 },
      { where: "between 'switch, out' and 'sink's interface, received'", packets: 1 },
      { where: "receive queue of the sink's port full", packets: 60 },
      { where: "between 'sink's interface, received' and 'received by the application'", packets: 5 },
    ]);
  });

  it('does not call a loss elsewhere one of the receive queue', () => {
    const counted = { 5: [{ where: "receive queue of the sink's port full", packets: 7 }] };
    const ledger = ledgerOf(lossBefore(3, 960, { counted }), 40);
    assert.deepEqual(ledger.drops, [{ where: "between 'switch, in' and 'switch, out'", packets: 40 }]);
  });

  it('does not close where more arrived than was sent', () => {
    assert.ok(!ledgerOf(way([1000, 1001]), -1).closes);
    assert.equal(ledgerOf(way([1000, 1001]), -1).lostPackets, 0);
  });
});

describe('copies', () => {
  it('explain that a hop has more than the one before, and no more than there are', () => {
    assert.ok(ledgerOf(lossBefore(3, 1005, { copies: 5 }), 0).closes);
    assert.ok(!ledgerOf(way([1000, 1000, 1000, 1006, 1005, 1005], { copies: 5 }), 0).closes);
    assert.ok(!ledgerOf(way([1000, 1000, 999, 1000, 1000, 1000]), 0).closes);
    assert.ok(!ledgerOf(way([1000, 1000, 1000, 1000, 999, 1000]), 0).closes);
  });

  const SCHEDULE = { 3: [{ where: 'dropped by the switch: by its schedule', packets: 10 }] };
  it('do not hide a packet that the switch says it dropped', () => {
    const ledger = ledgerOf(way([1000, 1000, 1000, 998, 995, 995], { counted: SCHEDULE, copies: 8 }), 13);
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [
      { where: 'dropped by the switch: by its schedule', packets: 10 },
      { where: "between 'switch, out' and 'sink's interface, received'", packets: 3 },
    ]);
    assert.equal(ledger.unplacedPackets, 0);
  });

  it('hide none where the switch makes more of them than it drops', () => {
    const ledger = ledgerOf(lossBefore(3, 1005, { counted: SCHEDULE, copies: 15 }), 10);
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [{ where: 'dropped by the switch: by its schedule', packets: 10 }]);
  });

  it('hide as many losses where nobody counts drops, which then have no place', () => {
    const ledger = ledgerOf(lossBefore(3, 998, { copies: 5 }), 7);
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [{ where: "between 'switch, in' and 'switch, out'", packets: 2 }]);
    assert.deepEqual([ledger.lostPackets, ledger.unplacedPackets], [7, 5]);
  });

  it('were made where there is but one place for it', () => {
    const ledger = ledgerOf(way([1000, 998], { copies: 5 }), 7);
    assert.deepEqual(ledger.drops, [{ where: `between '${NAMES[0]}' and '${NAMES[1]}'`, packets: 7 }]);
    assert.equal(ledger.unplacedPackets, 0);
  });

  it('do not explain the growth of two hops', () =>
    assert.ok(!ledgerOf(way([1000, 1000, 1005, 1010, 1005, 1005], { copies: 5 }), 0).closes));
});

describe("another's packets", () => {
  it('that the end knew are none of the received ones, and hide no loss', () => {
    // Three came in at the switch, which lost five; the end told the three apart.
    const ledger = ledgerOf(way([1000, 1000, 1000, 1003, 1003, 995], { foreign: 3 }), 5);
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, [
      { where: "between 'sink's interface, received' and 'received by the application'", packets: 5 },
    ]);
  });

  it('do not hide a packet that the switch says it dropped', () => {
    const counted = { 3: [{ where: 'dropped by the switch: by its schedule', packets: 10 }] };
    const ledger = ledgerOf(way([1000, 1000, 1000, 998, 998, 995], { counted, copies: 5, foreign: 3 }), 10);
    assert.ok(ledger.closes);
    assert.deepEqual(ledger.drops, counted[3]);
    assert.equal(ledger.unplacedPackets, 0);
  });

  it('that came in where as many were lost leave those without a place', () => {
    const ledger = ledgerOf(way([1000, 1000, 1000, 998, 998, 995], { foreign: 3 }), 5);
    assert.deepEqual(ledger.drops, [{ where: "between 'switch, in' and 'switch, out'", packets: 2 }]);
    assert.equal(ledger.unplacedPackets, 3);
  });

  it('that nobody counted before the end change nothing', () => {
    assert.deepEqual(ledgerOf(way([1000, 999], { foreign: 6 }), 1).drops, [
      { where: `between '${NAMES[0]}' and '${NAMES[1]}'`, packets: 1 },
    ]);
  });

  it('that the cable has carried explain what the end never heard of, and no more than that', () => {
    const surplus = [1000, 1000, 1000, 1004, 1004, 1000];
    assert.equal(ledgerOf(way(surplus, { foreign: 2 }), 0).closes, false);
    assert.equal(ledgerOf(way(surplus, { foreign: 2, strangers: 3 }), 0).closes, false);
    assert.equal(ledgerOf(way(surplus, { foreign: 2, strangers: 4 }), 0).closes, true);
    assert.equal(ledgerOf(way(surplus, { strangers: 4 }), 0).closes, true);
    assert.equal(ledgerOf(way([1000, 1000, 1000, 1004, 1004, 1004], { strangers: 4 }), -4).closes, false);
  });
  it('that the cable has carried hide no loss where there is no surplus', () => {
    const { drops, unplacedPackets } = ledgerOf(lossBefore(5, 990, { strangers: 10 }), 10);
    assert.deepEqual([drops.map(({ packets }) => packets), unplacedPackets], [[10], 0]);
  });

  it('explain no surplus that is not theirs', () => {
    assert.ok(ledgerOf(way([1000, 1000, 1002, 1002, 1002, 1000], { foreign: 2 }), 0).closes);
    assert.ok(!ledgerOf(way([1000, 1000, 1003, 1003, 1003, 1000], { foreign: 2 }), 3).closes);
    // They did not get to the end.
    assert.ok(!ledgerOf(way([1000, 1000, 1002, 1000, 1000, 1000], { foreign: 2 }), 0).closes);
  });
});

describe('a ledger there and back', () => {
  const back = (packets: number[], part: Partial<Way> = {}): Way => {
    const one = way(packets, part);
    return { ...one, hops: one.hops.map((hop) => ({ ...hop, name: `${hop.name}, way back` })) };
  };
  it('has the hops of both ways, and the losses of both', () => {
    const ledger = makeLedger({ pair: 0, ways: [way([1000, 990, 990]), back([990, 985, 980])], lost: 20 });
    assert.equal(ledger.hops.length, 6);
    assert.ok(ledger.closes);
    assert.deepEqual(
      ledger.drops.map(({ packets }) => packets),
      [10, 5, 5],
    );
    assert.equal(ledger.unplacedPackets, 0);
  });
  it('does not take what the server did not answer for a loss', () => {
    const ledger = makeLedger({ pair: 0, ways: [way([1000, 1000]), back([900, 900])], lost: 0 });
    assert.deepEqual([ledger.drops, ledger.closes], [[], true]);
  });
  it('finds no drop twice that was counted once, and does not say on which way it was', () => {
    const counted = { 1: [{ where: 'dropped by the switch: ring full', packets: 12 }] };
    const ways = [way([1000, 990], { counted }), { ...back([990, 980]), hops: way([990, 980], { counted }).hops }];
    const { drops } = makeLedger({ pair: 0, ways, lost: 20 });
    assert.deepEqual(
      drops.map(({ packets }) => packets),
      [12, 8],
    );
  });
  it('closes where copies that were answered were dropped, of which nothing else was lost', () => {
    const ways = [way([1000, 1010], { copies: 10 }), back([1010, 1004])];
    assert.ok(makeLedger({ pair: 0, ways, lost: 0, spareCopies: 10 }).closes);
    assert.ok(!makeLedger({ pair: 0, ways, lost: 0, spareCopies: 5 }).closes);
  });
});

describe('the ledger of the cable', () => {
  const hops = [
    'offered by the application',
    'near switch, in',
    'near uplink, sent',
    'far uplink, received',
    'far switch, out',
    'received by the application',
  ];
  const cable = (packets: number[], part: Parameters<typeof way>[1] = {}): Way => {
    const one = way(packets, part);
    return { ...one, hops: one.hops.map((hop, index) => ({ ...hop, name: hops[index] ?? '' })) };
  };
  const ledgerOf = (one: Way, lost: number) => makeUplinkLedger({ ways: [one], lost });

  it('begins and ends with the applications', () => {
    const ledger = ledgerOf(cable([1000, 1000, 1000, 1000, 1000, 1000]), 0);
    assert.deepEqual(
      ledger.hops.map(({ hop }) => hop),
      hops,
    );
    assert.deepEqual([ledger.drops, ledger.foreignPackets, ledger.unplacedPackets], [[], 0, 0]);
  });
  it('gives each loss its place, and its cause as far as somebody has counted it', () => {
    const counted = { 4: [{ where: 'dropped by the far switch: ring full', packets: 90 }] };
    const { drops, foreignPackets } = ledgerOf(cable([1000, 980, 980, 930, 830, 830], { counted }), 170);
    assert.deepEqual(drops, [
      { where: "between 'offered by the application' and 'near switch, in'", packets: 20 },
      { where: "between 'near uplink, sent' and 'far uplink, received'", packets: 50 },
      { where: 'dropped by the far switch: ring full', packets: 90 },
      { where: "between 'far uplink, received' and 'far switch, out'", packets: 10 },
    ]);
    assert.equal(foreignPackets, 0);
  });
  it('tells packets that were not of the trial, and does not call it a loss when they leave', () => {
    const { drops, foreignPackets, unplacedPackets } = ledgerOf(cable([1000, 1000, 1003, 1004, 1000, 990]), 10);
    assert.equal(foreignPackets, 4);
    assert.equal(
      drops.reduce((sum, { packets }) => sum + packets, 0),
      10,
    );
    assert.equal(unplacedPackets, 0);
  });
  it('counts those of them that an application received', () =>
    assert.equal(ledgerOf(cable([1000, 1000, 1002, 1002, 1002, 1000], { foreign: 2 }), 0).foreignPackets, 2));
});
