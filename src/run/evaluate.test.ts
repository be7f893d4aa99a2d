// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogramOf, testCase } from '../../test/fixtures/campaign.ts';
import type { Cache } from '../model/cache.ts';
import type { FinalLine, ReadyLine, RxTotals, SampleLine, TxTotals } from '../model/dataplane.ts';
import { MeasurementSchema } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { type ApplicationEvidence, type Evidence, evaluate, type MachineEvidence } from './evaluate.ts';

const START_NS = 10_000_000_000;
const WARMUP_NS = 100_000_000;
const SECOND_NS = 1_000_000_000;
const NO_LATENCY = {
  rtt_intended: null,
  rtt_actual: null,
  one_way_intended: null,
  one_way_actual: null,
  one_way_event: null,
};

/** 100 ms of warm-up, one second measured, 100 ms of cool-down: 1.2 s at 10 000 packets/s. */
const OFFERED = 12_000;

/** A sample every 100 ms over 1.2 s, of an application that counts `pps` packets/s and uses `cpus` CPUs. */
function samples(counter: 'tx_packets' | 'rx_packets', pps: number, cpus: number): SampleLine[] {
  return Array.from({ length: 13 }, (_, index) => ({
    v: 2,
    type: 'sample',
    t_ns: START_NS + index * 1e8,
    ...{ tx_packets: 0, given_up_packets: 0 },
    rx_packets: 0,
    rx_unique_packets: 0,
    cpu_ns: Math.round(index * 1e8 * cpus),
    minor_faults: 0,
    polls: 0,
    empty_polls: 0,
    [counter]: (pps / 10) * index,
    ...(counter === 'rx_packets' ? { rx_unique_packets: (pps / 10) * index } : {}),
  }));
}

function txTotals(part: Partial<TxTotals> = {}): TxTotals {
  return {
    intended_packets: OFFERED,
    offered_packets: OFFERED,
    offered_bytes: OFFERED * 64,
    refused_packets: 0,
    missed_packets: 0,
    error_packets: 0,
    max_behind_ns: 0,
    max_debt_ns: 10_000_000,
    steady_intended_packets: 10_000,
    steady_offered_packets: 10_000,
    steady_given_up_packets: 0,
    steady_begin_ns: START_NS + WARMUP_NS,
    steady_end_ns: START_NS + WARMUP_NS + SECOND_NS,
    sizes: null,
    ...{ trains: null, gaps: null },
    ...part,
  };
}

function rxTotals(part: Partial<RxTotals> = {}): RxTotals {
  return {
    packets: OFFERED,
    bytes: OFFERED * 64,
    unique_packets: OFFERED,
    duplicated_packets: 0,
    reordered_packets: 0,
    corrupted_packets: 0,
    unidentified_packets: 0,
    foreign_packets: 0,
    late_packets: 0,
    dropped_packets: 0,
    steady_packets: 10_000,
    steady_corrupted_packets: 0,
    highest_sequence: OFFERED - 1,
    ...{ steady_bytes: 640_000, flows: null, sizes: null, trains: null, gaps: null },
    ...part,
  };
}

function final(part: Partial<FinalLine>): FinalLine {
  return {
    v: 2,
    type: 'final',
    role: 'sender',
    io: 'udp',
    started_ns: START_NS,
    ended_ns: START_NS + 2 * SECOND_NS,
    stopped_by: 'duration',
    tx: null,
    rx: null,
    latency: NO_LATENCY,
    cpu_ns: 0,
    voluntary_switches: 0,
    involuntary_switches: 0,
    cycles: null,
    instructions: null,
    minor_faults: 0,
    clock_drift_ppm: null,
    polls: 0,
    empty_polls: 0,
    ...part,
  };
}

function ready(role: ReadyLine['role'], path: string | null = null): ReadyLine {
  const queues = { tx_queue_bytes: null, rx_queue_bytes: null };
  const sizes = { payload_bytes: 22, frame_bytes: 64, ticks_hz: 2.6e9 };
  const kind = { path, run: 5, rx_moderation: false };
  return { v: 2, type: 'ready', role, io: 'udp', device: 'eth0', pid: 7, cpu: null, ...sizes, ...queues, ...kind };
}

function sender(part: Partial<TxTotals> = {}, pair = 0): ApplicationEvidence {
  return {
    pair,
    ready: ready('sender'),
    final: final({ tx: txTotals(part) }),
    samples: samples('tx_packets', 10_000, 0.5),
  };
}

function receiver(part: Partial<RxTotals> = {}, pps = 10_000, pair = 0): ApplicationEvidence {
  return {
    pair,
    ready: ready('receiver', 'mmap ring'),
    final: final({ role: 'receiver', rx: rxTotals(part), involuntary_switches: 6 }),
    samples: samples('rx_packets', pps, 0.25),
  };
}

function cpu(atS: number, steal: number, softirq: number, threadsS: number): MachineEvidence['before'] {
  const times = { busyS: 0, idleS: atS, irqS: 0, softirqS: softirq, stealS: steal };
  // CPU 0 has no part in the trial.
  const other = { ...times, softirqS: 100 * softirq, stealS: 100 * steal };
  const cpus = new Map([
    [0, other],
    [1, times],
    [2, times],
  ]);
  // 300 interrupts, 1 % more clock on CPU 2 and a quarter of a second of waiting in each second.
  const interrupts = new Map([
    [0, 1e6 * atS],
    [1, 200 * atS],
    [2, 100 * atS],
  ]);
  const frequencyMhz = new Map([
    [1, 2000],
    [2, atS < 11 ? 2000 : 2020],
  ]);
  const limits = { quotas: [], clockCaps: new Map(), hotCounts: new Map() };
  const looked = { interrupts, frequencyMhz, pressureS: atS / 4, limits, applications: new Map() };
  return { atNs: atS * 1e9, cpus, threadsS, threads: new Map(), ...looked };
}

function machine(part: Partial<MachineEvidence> = {}): MachineEvidence {
  const looks = { before: cpu(10.1, 0, 0, 3), after: cpu(11.1, 0.01, 0.2, 3.125) };
  return { cpus: [1, 2], warmupMhz: new Map(), interruptsApart: false, ...looks, ...part };
}

function evidence(part: Partial<Evidence> = {}): Evidence {
  return {
    testCase: testCase({ rate: 10_000, wait: 'block' }),
    ...{ background: null, churn: null },
    placement: {
      pairs: [{ source: 1, sink: 2 }],
      switch: [],
      housekeeping: [0],
      far: null,
      sharedCpu: false,
      sharedHousekeeping: false,
      unlikeCpus: false,
    },
    startNs: START_NS,
    durationMs: 1000,
    served: null,
    announcedNs: 0,
    switchFigures: {},
    observedS: 1,
    caches: [],
    clocksources: [{ before: 'tsc', after: 'tsc' }],
    sources: [sender()],
    sinks: [receiver()],
    interfaces: [],
    ports: null,
    superPackets: false,
    oneClock: true,
    uplinks: null,
    machines: [machine()],
    ...part,
  };
}

function portIn({ packets, bytes }: { packets: number; bytes: number }) {
  return { inPackets: packets, inBytes: bytes };
}

function portOut({ packets, bytes }: { packets: number; bytes: number }) {
  return { outPackets: packets, outBytes: bytes };
}

/** What a port counts that everything passes, both ways. */
const TRAVERSED = { inPackets: OFFERED, inBytes: OFFERED * 64, outPackets: OFFERED, outBytes: OFFERED * 64 };

/** The measurement of evidence that must have one. */
function measured(part: Partial<Evidence> = {}) {
  const { measurement } = evaluate(evidence(part));
  assert.ok(measurement);
  return measurement;
}

const CACHE = {
  ...{ name: 'address table', entries: 1024, of: 'macs' as const },
  ...{ note: '', hitRatio: null, held: null },
} satisfies Cache;

describe('evaluate', () => {
  it('tells what a packet costs where both ends count it', () => {
    const counting = (application: ApplicationEvidence, cycles: number): ApplicationEvidence => {
      return { ...application, final: { ...application.final, cycles, instructions: 2 * cycles } };
    };
    const sources = [counting(sender(), 1_200_000), counting(sender({}, 1), 3_600_000)];
    const sinks = [counting(receiver(), 600_000), counting(receiver({}, 10_000, 1), 600_000)];
    const both = measured({ sources, sinks });
    assert.deepEqual(both.cyclesPerPacket, { sender: 200, receiver: 50 });
    assert.deepEqual(both.instructionsPerPacket, { sender: 400, receiver: 100 });
    assert.equal(
      measured({ sources, sinks: [counting(receiver(), 1), receiver({}, 10_000, 1)] }).cyclesPerPacket,
      null,
    );
  });

  it('flags addresses that were announced more slowly than asked for, by more than a wake-up', () => {
    const flagsOf = (announcedNs: number, part: Partial<TestCase>) =>
      evaluate(evidence({ announcedNs, testCase: { ...evidence().testCase, ...part } })).flags;
    const asked = { macs: 1001, announceRatePps: 10_000 };
    assert.deepEqual(flagsOf(101e6, asked), []);
    assert.deepEqual(flagsOf(103e6, asked), ['announce-rate-not-reached']);
    assert.deepEqual(flagsOf(0, { macs: 1 }), []);
  });

  it('tells the figures that the evidence gives by hand', () => {
    const verdict = evaluate(evidence());
    assert.deepEqual(verdict.outcome, { outcome: 'measured' });
    assert.deepEqual(verdict.flags, []);
    const {
      ledgers,
      samples: progress,
      pairs,
      switchFigures,
      caches,
      ...figures
    } = measured({
      switchFigures: { busyRatio: 0.75 },
      caches: [CACHE],
    });
    assert.deepEqual(switchFigures, { busyRatio: 0.75 });
    assert.deepEqual(caches, [CACHE]);
    assert.deepEqual(figures, {
      durationS: 1,
      warmupS: 0.1,
      intendedPackets: 12_000,
      offeredPackets: 12_000,
      receivedPackets: 12_000,
      lostPackets: 0,
      duplicatedPackets: 0,
      reorderedPackets: 0,
      corruptedPackets: 0,
      steadyOfferedPackets: 10_000,
      steadyReceivedPackets: 10_000,
      throughputPps: 10_000,
      // 10 000 packets/s of 64 bytes
      throughputBps: 5_120_000,
      offeredPps: 10_000,
      receivePath: 'mmap ring',
      minorFaults: 0,
      clockDriftPpm: null,
      cpu: { sender: 0.5, receiver: 0.25, switch: 0.125, total: 0.875 },
      // 0.01 s stolen on each of two CPUs; 6 switches in 2 s; 0.2 s of softirq work on each of two CPUs
      cyclesPerPacket: null,
      instructionsPerPacket: null,
      ways: null,
      uplink: null,
      ...{ unidentifiedPackets: 0, latePackets: 0, foreignPackets: 0, steadyCorruptedPackets: 0 },
      ...{ steadyGivenUpPackets: 0, rawPps: 10_000, rxModerated: false, flows: null, sizes: null, served: null },
      background: null,
      search: null,
      ...{ trains: null, churn: null },
      burst: null,
      noise: {
        stealRatio: 0.01,
        involuntarySwitchesPerS: 3,
        softirqCpus: 0.4,
        ...{ interruptsPerS: 300, frequencyMhz: 2005, frequencyChangeRatio: 0.01, cpuPressureRatio: 0.25 },
        ...{ strangersRatio: 0, quotaCpus: null, throttledS: 0 },
        reasons: [],
      },
    });
    assert.deepEqual(pairs, [
      { pair: 0, throughputPps: 10_000, offeredPackets: 12_000, receivedPackets: 12_000, lostPackets: 0, ways: null },
    ]);
    assert.equal(progress.length, 13);
    assert.deepEqual(progress[1], { tS: 0.1, offeredPackets: 1000, receivedPackets: 1000, steady: true });
    assert.equal(progress[0]?.steady, false);
    assert.equal(progress[12]?.steady, false);
    assert.ok(ledgers[0]?.closes);
  });

  it('gives a measurement that can be stored', () => {
    const measurement = measured();
    assert.deepEqual(MeasurementSchema.parse(measurement), measurement);
  });

  it('counts what was lost', () => {
    const measurement = measured({
      sinks: [receiver({ packets: 9000, unique_packets: 9000, steady_packets: 7500 }, 7500)],
    });
    assert.equal(measurement.lostPackets, 3000);
    assert.equal(measurement.steadyReceivedPackets, 7500);
    assert.equal(measurement.throughputPps, 7500);
  });

  it('does not take a duplicate for one that was lost', () => {
    const rx = { packets: 12_000, unique_packets: 11_900, duplicated_packets: 100, reordered_packets: 3 };
    const measurement = measured({ sinks: [receiver(rx)] });
    assert.equal(measurement.lostPackets, 100);
    assert.equal(measurement.duplicatedPackets, 100);
    assert.equal(measurement.reorderedPackets, 3);
  });

  it('counts corrupted and late packets as arrived', () => {
    const rx = { packets: 12_000, unique_packets: 11_950, corrupted_packets: 40, late_packets: 10 };
    const measurement = measured({ sinks: [receiver(rx)] });
    assert.equal(measurement.lostPackets, 0);
    assert.equal(measurement.corruptedPackets, 40);
  });

  it('adds up the flows of all pairs, of which one lost most', () => {
    const flows = (count: number, most: number) => ({
      flows: { count, with_loss: 3, with_reordering: 1, most_lost_packets: most },
    });
    const measurement = measured({
      testCase: testCase({ pairs: 2, rate: 10_000, flows: 100 }),
      placement: { ...evidence().placement, pairs: [1, 2].map((id) => ({ source: id, sink: id })) },
      sources: [sender({}, 0), sender({}, 1)],
      sinks: [receiver(flows(100, 9), 10_000, 0), receiver(flows(100, 4), 10_000, 1)],
    });
    assert.deepEqual(measurement.flows, { count: 200, withLoss: 6, withReordering: 2, mostLostPackets: 9 });
  });

  it('adds up the sizes of all pairs, and takes bits from the bytes that came', () => {
    const sizes = (packets: number) => ({ sizes: [{ from: 60, to: 60, packets }] });
    const measurement = measured({
      testCase: testCase({ pairs: 2, rate: 10_000, packetSize: 'imix' }),
      placement: { ...evidence().placement, pairs: [1, 2].map((id) => ({ source: id, sink: id })) },
      sources: [sender(sizes(70), 0), sender(sizes(50), 1)],
      sinks: [
        receiver({ ...sizes(60), steady_bytes: 4_000_000 }, 10_000, 0),
        receiver({ ...sizes(50), steady_bytes: 2_000_000 }, 10_000, 1),
      ],
    });
    assert.deepEqual(measurement.sizes, [{ from: 60, to: 60, sentPackets: 120, lostPackets: 10 }]);
    assert.equal(measurement.throughputBps, 10_000 * 8 * 400 + 10_000 * 8 * 200);
  });

  it('sums over pairs, and keeps them apart too', () => {
    const measurement = measured({
      testCase: testCase({ pairs: 2, rate: 10_000 }),
      placement: { ...evidence().placement, pairs: [1, 2].map((id) => ({ source: id, sink: id })) },
      sources: [sender({}, 0), sender({}, 1)],
      sinks: [receiver({ packets: 6000, unique_packets: 6000 }, 5000, 1), receiver({}, 10_000, 0)],
    });
    assert.equal(measurement.throughputPps, 15_000);
    assert.equal(measurement.offeredPackets, 24_000);
    assert.equal(measurement.lostPackets, 6000);
    assert.equal(measurement.cpu.sender, 1);
    assert.deepEqual(
      measurement.pairs.map(({ throughputPps }) => throughputPps),
      [10_000, 5000],
    );
  });

  it('takes interfaces and ports into the ledger', () => {
    const counters = { rxPackets: 0, rxBytes: 0, rxDropped: 0, txPackets: 0, txBytes: 0, txDropped: 0 };
    const [ledger] = measured({
      interfaces: [
        { pair: 0, end: 'source', counters: { ...counters, txPackets: 12_000 } },
        { pair: 0, end: 'sink', counters: { ...counters, rxPackets: 11_000 } },
      ],
      ports: [
        { pair: 0, end: 'source', inPackets: 12_000, outPackets: 0, drops: [] },
        { pair: 0, end: 'sink', inPackets: 0, outPackets: 11_000, drops: [{ reason: 'ring full', packets: 1000 }] },
      ],
      sinks: [receiver({ packets: 11_000, unique_packets: 11_000 })],
    }).ledgers;
    assert.deepEqual(
      ledger?.hops.map(({ packets }) => packets),
      [12_000, 12_000, 12_000, 11_000, 11_000, 11_000],
    );
    assert.deepEqual(ledger?.drops, [{ where: 'dropped by the switch: ring full', packets: 1000 }]);
  });

  it('tells packets from bytes where counters are of super-packets', () => {
    const none = { rxPackets: 0, rxBytes: 0, rxDropped: 0, txPackets: 0, txBytes: 0, txDropped: 0 };
    // 12 000 datagrams of 22 bytes in 200 super-packets of 60, the last two of which found no room.
    const counted = { packets: 200, bytes: 200 * 42 + 12_000 * 22 };
    const verdict = evaluate(
      evidence({
        superPackets: true,
        interfaces: [
          { pair: 0, end: 'source', counters: { ...none, txPackets: counted.packets, txBytes: counted.bytes } },
          { pair: 0, end: 'sink', counters: { ...none, rxPackets: counted.packets, rxBytes: counted.bytes } },
        ],
        ports: [
          { ...{ pair: 0, end: 'source', outPackets: 0, outBytes: 0, drops: [] }, ...portIn(counted) },
          { ...{ pair: 0, end: 'sink', inPackets: 0, inBytes: 0, drops: [] }, ...portOut(counted) },
        ],
        sinks: [receiver({ packets: 11_880, unique_packets: 11_880, dropped_packets: 2 })],
      }),
    );
    assert.deepEqual(verdict.outcome, { outcome: 'measured' });
    assert.deepEqual(verdict.measurement?.ledgers, [
      {
        ...{ pair: 0, from: 'source' },
        hops: [
          { hop: 'offered by the application', packets: 12_000, source: 'application' },
          ...["source's interface, sent", 'switch, in', 'switch, out', "sink's interface, received"].map((hop) => ({
            ...{ hop: `${hop} (datagrams, by bytes)`, packets: 12_000, source: 'counter', superPackets: 200 },
          })),
          { hop: 'received by the application', packets: 11_880, source: 'application' },
        ],
        drops: [{ where: "receive queue of the sink's port full", packets: 120 }],
        lostPackets: 120,
        unplacedPackets: 0,
        closes: true,
      },
    ]);
    assert.deepEqual(MeasurementSchema.parse(verdict.measurement), verdict.measurement);
  });

  describe('where both ends send', () => {
    /** Of a peer whose packets the other one offers: it loses `lost` of them. */
    const peer = (lost: number, part: Partial<TxTotals> = {}): ApplicationEvidence => {
      const [out, into] = [sender(part), receiver({ packets: OFFERED - lost, unique_packets: OFFERED - lost })];
      const { rx } = into.final;
      return {
        ...out,
        final: final({ role: 'peer', tx: out.final.tx, rx, cycles: 2_400_000 - 100 * lost, instructions: 0 }),
        samples: out.samples.map((sample, index) => ({
          ...sample,
          rx_packets: 1000 * index,
          rx_unique_packets: 1000 * index,
        })),
      };
    };
    const both = {
      testCase: testCase({ rate: 10_000, wait: 'block', direction: 'both' }),
      sources: [peer(100)],
      sinks: [peer(0, { refused_packets: 7, intended_packets: OFFERED + 7 })],
      ports: [
        {
          ...{ pair: 0, end: 'source' as const, drops: [] },
          ...TRAVERSED,
          outPackets: OFFERED - 100,
          outBytes: (OFFERED - 100) * 64,
        },
        { ...{ pair: 0, end: 'sink' as const, drops: [{ reason: 'full', packets: 100 }] }, ...TRAVERSED },
      ],
    };

    it('adds both ways up, tells each, and has a ledger of each', () => {
      const { throughputPps, offeredPackets, lostPackets, ways, ledgers, pairs, cyclesPerPacket } = measured(both);
      assert.deepEqual(
        { throughputPps, offeredPackets, lostPackets },
        { throughputPps: 20_000, offeredPackets: 2 * OFFERED, lostPackets: 100 },
      );
      assert.deepEqual([ways?.there.lostPackets, ways?.back.lostPackets], [0, 100]);
      assert.deepEqual([ways?.there.refusedPackets, ways?.back.refusedPackets], [0, 7]);
      assert.deepEqual([ways?.there.throughputPps, ways?.back.throughputPps], [10_000, 10_000]);
      assert.deepEqual(pairs[0]?.ways, ways);
      assert.deepEqual(
        ledgers.map(({ from, closes, lostPackets: lost, drops }) => ({ from, closes, lost, drops })),
        [
          { from: 'source', closes: true, lost: 0, drops: [] },
          { from: 'sink', closes: true, lost: 100, drops: [{ where: 'dropped by the switch: full', packets: 100 }] },
        ],
      );
      // Each sent and received.
      assert.deepEqual(cyclesPerPacket, { sender: 100, receiver: 100 });
    });

    it('finds what was counted once in one of the ledgers', () => {
      const { ledgers } = measured({
        ...both,
        sinks: [peer(60, {})],
        ports: [
          both.ports[0] ?? assert.fail(),
          { ...(both.ports[1] ?? assert.fail()), outPackets: OFFERED - 60, outBytes: (OFFERED - 60) * 64 },
        ],
      });
      const placed = ledgers.map(({ drops }) => drops.map(({ where, packets }) => `${where} ${packets}`));
      assert.deepEqual(placed, [
        ['dropped by the switch: full 60'],
        ['dropped by the switch: full 40', "between 'switch, in' and 'switch, out' 60"],
      ]);
    });

    it('has no figure where one of the ways has none, and says which', () => {
      const silent = (one: ApplicationEvidence) => ({
        ...one,
        final: { ...one.final, rx: rxTotals({ packets: 0, unique_packets: 0, steady_packets: 0 }) },
      });
      const { outcome } = evaluate(evidence({ ...both, ports: null, sources: [silent(peer(0))] }));
      assert.deepEqual(outcome, {
        outcome: 'failed',
        step: 'traffic',
        reason: "of what the sink sent: no packet arrived; they were last seen at 'offered by the application'",
      });
    });
  });

  describe('beside a background', () => {
    /** A pair of its own that sends 12 000 packets, or so many, of which `lost` do not arrive; the port knows of `dropped`. */
    const beside = ({ sent = OFFERED, lost = 0 } = {}, dropped = lost): Partial<Evidence> => ({
      testCase: testCase({ rate: 10_000, wait: 'block', background: '50%' }),
      placement: {
        ...{ pairs: [1, 1].map((source) => ({ source, sink: 2 })), switch: [], housekeeping: [0], far: null },
        ...{ sharedCpu: true, sharedHousekeeping: false, unlikeCpus: false },
      },
      background: {
        testCase: testCase({ pairs: 2, rate: 10_000, wait: 'block' }),
        capacityPps: 20_000,
        sources: [sender({ offered_packets: sent }, 1)],
        sinks: [receiver({ packets: sent - lost, unique_packets: sent - lost }, 10_000, 1)],
      },
      ports: [0, 1].flatMap((pair) => [
        {
          ...{ pair, end: 'source' as const, drops: [] },
          ...TRAVERSED,
          ...(pair === 0 ? {} : { inPackets: sent, inBytes: sent * 64 }),
        },
        {
          ...{ pair, end: 'sink' as const, drops: pair === 0 ? [] : [{ reason: 'full', packets: dropped }] },
          ...TRAVERSED,
          ...(pair === 0 ? {} : { outPackets: sent - lost, outBytes: (sent - lost) * 64 }),
        },
      ]),
    });

    it('counts what went beside by itself', () => {
      const { outcome, flags } = evaluate(evidence(beside({ lost: 100 })));
      assert.deepEqual([outcome, flags], [{ outcome: 'measured' }, []]);
      const { offeredPackets, lostPackets, ledgers, background } = measured(beside({ lost: 100 }));
      assert.deepEqual([offeredPackets, lostPackets, ledgers.length], [OFFERED, 0, 1]);
      const { ledgers: own = [], ...told } = background ?? {};
      const counts = {
        intendedPackets: OFFERED,
        offeredPackets: OFFERED,
        receivedPackets: OFFERED - 100,
        lostPackets: 100,
      };
      assert.deepEqual(told, {
        ratePps: 10_000,
        capacityPps: 20_000,
        ...counts,
        offeredPps: 10_000,
        throughputPps: 10_000,
      });
      assert.deepEqual(
        own.map(({ pair, closes, drops }) => ({ pair, closes, drops })),
        [{ pair: 1, closes: true, drops: [{ where: 'dropped by the switch: full', packets: 100 }] }],
      );
    });

    it('flags one whose sender did not keep its rate', () => {
      assert.deepEqual(evaluate(evidence(beside({ sent: 0.995 * OFFERED }))).flags, []);
      assert.deepEqual(evaluate(evidence(beside({ sent: 0.98 * OFFERED }))).flags, ['background-not-reached']);
    });

    it('is invalid where the packets of the background do not add up', () => {
      const { outcome, measurement } = evaluate(evidence(beside({ lost: -5 }, 0)));
      assert.ok(outcome.outcome === 'invalid' && /^of the background: .*ledger of pair 1/.test(outcome.reason));
      assert.equal(measurement?.offeredPackets, OFFERED);
    });
  });

  it('has no hop for a switch that counts super-packets but no bytes', () => {
    const [ledger] = measured({
      superPackets: true,
      ports: [
        { pair: 0, end: 'source', inPackets: 200, outPackets: 0, drops: [] },
        { pair: 0, end: 'sink', inPackets: 0, outPackets: 200, drops: [] },
      ],
    }).ledgers;
    assert.equal(ledger?.hops.length, 2);
    assert.ok(ledger.closes);
  });

  it('is invalid where more arrived than was sent, and keeps the evidence', () => {
    const { outcome, measurement } = evaluate(
      evidence({ sinks: [receiver({ packets: 12_001, unique_packets: 12_001 })] }),
    );
    assert.equal(outcome.outcome, 'invalid');
    assert.match(
      'reason' in outcome ? outcome.reason : '',
      /ledger of pair 0 does not close: .*12000.*received by the application 12001/,
    );
    assert.equal(measurement?.lostPackets, 0);
    assert.deepEqual(MeasurementSchema.parse(measurement), measurement);
  });

  it('fails where the port took nothing', () => {
    const nothing = { packets: 0, unique_packets: 0, steady_packets: 0 };
    const { outcome } = evaluate(
      evidence({ sources: [sender({ offered_packets: 0 })], sinks: [receiver(nothing, 0)] }),
    );
    assert.deepEqual(outcome, { outcome: 'failed', step: 'traffic', reason: 'the port accepted no packet' });
  });

  describe('fails where nothing arrived, and names the hop where packets were last seen', () => {
    const nothing = { packets: 0, unique_packets: 0, steady_packets: 0 };
    const reasonOf = (foreign: number, outPackets: number) => {
      const { outcome } = evaluate(
        evidence({
          sinks: [receiver({ ...nothing, foreign_packets: foreign }, 0)],
          ports: [
            { pair: 0, end: 'source', inPackets: 12_000, outPackets: 0, drops: [] },
            { pair: 0, end: 'sink', inPackets: 0, outPackets, drops: [] },
          ],
        }),
      );
      assert.equal(outcome.outcome, 'failed');
      return 'reason' in outcome ? outcome.reason : '';
    };
    it('at the switch', () => assert.match(reasonOf(0, 0), /last seen at 'switch, in'/));
    it('behind the switch', () => assert.match(reasonOf(0, 12_000), /last seen at 'switch, out'/));
    it('and is not misled by what others sent, as ARP', () =>
      assert.match(reasonOf(2, 2), /last seen at 'switch, in'/));
  });

  it('is invalid with too few samples', () => {
    const few = { ...receiver(), samples: receiver().samples.slice(0, 2) };
    assert.deepEqual(evaluate(evidence({ sinks: [few] })), {
      outcome: { outcome: 'invalid', reason: 'pair 0: too few samples in the steady state' },
      measurement: null,
      histograms: {},
      flags: ['disturbed'],
    });
  });
  for (const [what, part] of [
    ['a sink', { sinks: [] }],
    ["a sender's totals", { sources: [{ ...sender(), final: final({}) }] }],
    ["a receiver's totals", { sinks: [{ ...receiver(), final: final({ role: 'receiver' }) }] }],
  ] as const) {
    it(`is invalid without ${what}`, () => {
      const { outcome } = evaluate(evidence(part));
      assert.deepEqual(outcome, { outcome: 'invalid', reason: 'pair 0: an application did not tell its totals' });
    });
  }

  it('flags a trial of which the hypervisor took more than 2 % of the CPUs', () => {
    const flagsAt = (steal: number) =>
      evaluate(evidence({ machines: [machine({ after: cpu(11.1, steal, 0, 3) })] })).flags;
    assert.deepEqual(flagsAt(0.019), []);
    assert.deepEqual(flagsAt(0.021), ['disturbed']);
  });

  it('flags a trial whose clocks are in doubt', () => {
    const flagsOf = (part: Partial<Evidence>) => evaluate(evidence(part)).flags;
    const drifting = (ppm: number) => ({ ...receiver(), final: { ...receiver().final, clock_drift_ppm: ppm } });
    assert.deepEqual(flagsOf({ sinks: [drifting(-49)] }), []);
    assert.deepEqual(flagsOf({ sinks: [drifting(-51)] }), ['clock-drift']);
    assert.equal(measured({ sinks: [drifting(-51)] }).clockDriftPpm, -51);
    const left = [
      { before: 'tsc', after: 'tsc' },
      { before: 'tsc', after: 'hpet' },
    ];
    assert.deepEqual(flagsOf({ clocksources: left }), ['clock-drift']);
  });

  describe('whose warm-up was not over when the window began', () => {
    const reasonsOf = (part: Partial<Evidence>) => measured(part).noise.reasons;
    const faulty = (first: number, last: number): ApplicationEvidence => ({
      ...receiver(),
      samples: receiver().samples.map((sample, index) => ({
        ...sample,
        minor_faults: 20 * Math.max(0, Math.min(index, last) - first),
      })),
    });
    it('is disturbed by page faults within it, of whichever application', () => {
      const reason = 'the warm-up was not over: the receiver of pair 0 took 100 page faults a second (more than 10)';
      assert.deepEqual(reasonsOf({ sinks: [faulty(0, 6)] }), [reason]);
      assert.deepEqual(evaluate(evidence({ sinks: [faulty(0, 6)] })).flags, ['disturbed']);
      assert.equal(measured({ sinks: [faulty(0, 6)] }).minorFaults, 100);
    });
    it('is not by those before or after it', () => {
      assert.deepEqual(reasonsOf({ sinks: [faulty(0, 1)] }), []);
      assert.deepEqual(reasonsOf({ sinks: [faulty(11, 12)] }), []);
    });
    it('is disturbed by a clock that still rose', () => {
      const base = machine();
      const frequencyMhz = new Map([[1, 2600]]);
      const [before, after] = [base.before, base.after].map((look) => ({ ...look, frequencyMhz }));
      assert.ok(before !== undefined && after !== undefined);
      const machines = [{ ...base, warmupMhz: new Map([[1, 2000]]), before, after }];
      assert.deepEqual(reasonsOf({ machines }), [
        "the warm-up was not over: a CPU's frequency still rose by 30 % (more than 5 %)",
      ]);
    });
    it('is disturbed by flow caches that still fill, on whichever host', () => {
      const switchFigures = { cacheMisses: 50, farCacheMisses: 60 };
      assert.deepEqual(reasonsOf({ switchFigures, observedS: 2 }), []);
      assert.equal(reasonsOf({ switchFigures, observedS: 1 }).length, 1);
    });
  });

  it('counts unique and intact packets as throughput, and tells everything that arrived beside it', () => {
    const sink = receiver();
    const samples = sink.samples.map((sample) => ({ ...sample, rx_packets: sample.rx_packets * 1.1 }));
    const measurement = measured({ sinks: [{ ...sink, samples }] });
    assert.equal(measurement.throughputPps, 10_000);
    assert.equal(Math.round(measurement.rawPps ?? 0), 11_000);
    assert.equal(measurement.samples[1]?.receivedPackets, 1000);
  });

  it('tells what kinds of packets there were', () => {
    const kinds = { late_packets: 3, foreign_packets: 4, unidentified_packets: 5, corrupted_packets: 9 };
    const rx = { unique_packets: OFFERED - 12, steady_corrupted_packets: 7, ...kinds };
    const measurement = measured({
      sources: [sender({ steady_given_up_packets: 6 })],
      sinks: [receiver(rx)],
    });
    const { latePackets, foreignPackets, unidentifiedPackets, corruptedPackets } = measurement;
    assert.deepEqual([latePackets, foreignPackets, unidentifiedPackets, corruptedPackets], [3, 4, 5, 9]);
    assert.deepEqual([measurement.steadyCorruptedPackets, measurement.steadyGivenUpPackets], [7, 6]);
    assert.deepEqual([measurement.lostPackets, measurement.ledgers[0]?.lostPackets], [0, 0]);
  });

  it('adds to one-way delays from the intended send time what was due and never sent', () => {
    const oneWay = histogramOf(Array.from({ length: 90 }, () => 5000));
    const latency = { ...NO_LATENCY, one_way_intended: oneWay, one_way_actual: oneWay };
    const { histograms } = evaluate(
      evidence({
        sources: [sender({ steady_given_up_packets: 10, max_debt_ns: 10_000_000 })],
        sinks: [{ ...receiver(), final: { ...receiver().final, latency } }],
      }),
    );
    const { oneWay: intended, oneWayActual: actual } = histograms;
    assert.deepEqual([intended?.count, intended?.censored, intended?.censored_at_least], [90, 10, 10_000_000]);
    assert.equal(intended?.p90, oneWay.p50);
    assert.equal(intended?.p99, null);
    assert.equal(actual?.censored, 0);
  });

  describe('whose window holds no packet', () => {
    const reasonOf = (part: Partial<Evidence>) => {
      const { outcome } = evaluate(evidence(part));
      assert.equal(outcome.outcome, 'failed');
      return 'reason' in outcome ? outcome.reason : '';
    };
    const still = { ...receiver(), samples: samples('rx_packets', 0, 0.25) };
    it('is not measured where none was sent in it, and says what to do', () => {
      const sources = [sender({ steady_offered_packets: 0 })];
      const sinks = [{ ...still, final: receiver({ steady_packets: 0 }).final }];
      assert.match(reasonOf({ sources, sinks }), /^no packet was sent within the measured window: .*--duration/);
    });
    it('says what had the CPUs instead, where that is known', () => {
      const sources = [sender({ steady_offered_packets: 0 })];
      const sinks = [{ ...still, final: receiver({ steady_packets: 0 }).final }];
      const machines = [machine({ after: cpu(11.1, 0.5, 0.2, 3.125) })];
      assert.match(
        reasonOf({ sources, sinks, machines }),
        /^no packet was sent within the measured window: the hypervisor took/,
      );
    });
    it('is not measured where all of them came beside its samples', () =>
      assert.match(reasonOf({ sinks: [still] }), /^no packet arrived between the first sample/));
    it('is not measured where none of its packets arrived, or none intact', () => {
      assert.match(reasonOf({ sinks: [receiver({ steady_packets: 0 })] }), /10000 packets .* none arrived, /);
      const damaged = receiver({ steady_packets: 0, steady_corrupted_packets: 10_000 });
      assert.match(reasonOf({ sinks: [damaged] }), /none arrived intact$/);
    });
  });

  describe('of the dimension latency', () => {
    const rtt = histogramOf([20_000, 22_000, 30_000]);
    const client: ApplicationEvidence = {
      pair: 0,
      ready: ready('client'),
      final: final({
        role: 'client',
        tx: txTotals(),
        rx: rxTotals({ packets: 11_000, unique_packets: 11_000, steady_packets: 9000 }),
        latency: { ...NO_LATENCY, rtt_intended: rtt, rtt_actual: rtt },
      }),
      samples: samples('tx_packets', 10_000, 0.5).map((sample) => ({
        ...sample,
        rx_packets: sample.tx_packets,
        rx_unique_packets: sample.tx_packets * 0.9,
      })),
    };
    const server: ApplicationEvidence = {
      pair: 0,
      ready: ready('server'),
      final: final({ role: 'server', tx: txTotals(), rx: rxTotals() }),
      samples: samples('rx_packets', 10_000, 0.25),
    };
    const latency = { testCase: testCase({ dimension: 'latency' }), sources: [client], sinks: [server] };

    it("counts the client's echoes", () => {
      const measurement = measured(latency);
      assert.equal(measurement.receivedPackets, 11_000);
      assert.equal(measurement.lostPackets, 1000);
      assert.equal(measurement.throughputPps, 9000);
      assert.equal(measurement.samples[1]?.receivedPackets, 900);
      assert.equal(measurement.cpu.receiver, 0.25);
    });
    it('gives round trips and their histogram', () => {
      const { histograms, measurement } = evaluate(evidence(latency));
      assert.deepEqual(Object.keys(histograms), ['rtt', 'rttActual']);
      assert.equal(measurement?.latencyNs?.rtt?.count, 3);
      assert.equal(measurement?.latencyNs?.rtt?.mean, 24_000);
      assert.equal(measurement?.latencyNs?.oneWay, undefined);
    });
    it('follows both ways in the ledger, each with its hops', () => {
      const none = { rxPackets: 0, rxBytes: 0, rxDropped: 0, txPackets: 0, txBytes: 0, txDropped: 0 };
      const [ledger] = measured({
        ...latency,
        interfaces: [
          { pair: 0, end: 'source', counters: { ...none, txPackets: 12_000, rxPackets: 11_000, rxDropped: 4 } },
          { pair: 0, end: 'sink', counters: { ...none, rxPackets: 12_000, txPackets: 12_000 } },
        ],
        ports: [
          { pair: 0, end: 'source', inPackets: 12_000, outPackets: 11_010, drops: [{ reason: 'full', packets: 900 }] },
          { pair: 0, end: 'sink', inPackets: 12_000, outPackets: 12_000, drops: [] },
        ],
      }).ledgers;
      assert.deepEqual(
        ledger?.hops.map(({ hop, packets }) => [hop, packets]),
        [
          ['offered by the client', 12_000],
          ["client's interface, sent", 12_000],
          ['switch, in', 12_000],
          ['switch, out', 12_000],
          ["server's interface, received", 12_000],
          ['received by the server', 12_000],
          ['intact, to be answered by the server', 12_000],
          ['answered by the server', 12_000],
          ["server's interface, sent", 12_000],
          ['switch, in, way back', 12_000],
          ['switch, out, way back', 11_010],
          ["client's interface, received", 11_000],
          ['received by the client', 11_000],
        ],
      );
      assert.deepEqual(ledger?.drops, [
        { where: 'dropped by the switch: full', packets: 900 },
        { where: "between 'switch, in, way back' and 'switch, out, way back'", packets: 90 },
        { where: "client's interface, dropped on receiving", packets: 4 },
        { where: "between 'switch, out, way back' and 'client's interface, received'", packets: 6 },
      ]);
      assert.deepEqual([ledger?.lostPackets, ledger?.unplacedPackets, ledger?.closes], [1000, 0, true]);
    });
    it('does not call lost what arrived damaged and was not answered, nor what the port took no answer for', () => {
      const rx = rxTotals({ packets: 12_000, unique_packets: 11_900, corrupted_packets: 100 });
      const tx = txTotals({ intended_packets: 11_900, offered_packets: 11_890, refused_packets: 10 });
      const sinks = [{ ...server, final: { ...server.final, rx, tx } }];
      const echoes = rxTotals({ packets: 11_890, unique_packets: 11_890 });
      const sources = [{ ...client, final: { ...client.final, rx: echoes } }];
      const measurement = measured({ ...latency, sources, sinks });
      assert.equal(measurement.lostPackets, 10);
      assert.equal(measurement.corruptedPackets, 100);
      assert.deepEqual(measurement.ledgers[0]?.drops, [
        { where: "answers that the server's port did not take", packets: 10 },
      ]);
      assert.deepEqual([measurement.ledgers[0]?.unplacedPackets, measurement.ledgers[0]?.closes], [0, true]);
    });
  });
});

describe('a remote trial', () => {
  const uplink = (inPackets: number, outPackets: number) => ({ inPackets, outPackets, drops: [] });

  it('has a ledger of the cable, of all pairs together', () => {
    const port = (end: 'source' | 'sink', pair: number) => ({ pair, end, ...uplink(12_000, 12_000) });
    const { uplink: ledger } = measured({
      testCase: testCase({ rate: 10_000, location: 'remote', pairs: 2 }),
      sources: [sender({}, 0), sender({}, 1)],
      sinks: [receiver({}, 10_000, 0), receiver({}, 10_000, 1)],
      ports: [port('source', 0), port('sink', 0), port('source', 1), port('sink', 1)],
      uplinks: { near: uplink(7, 24_000), far: uplink(24_000, 7) },
    });
    assert.deepEqual(
      ledger?.hops.map(({ packets }) => packets),
      [24_000, 24_000, 24_000, 24_000, 24_000, 24_000],
    );
    assert.deepEqual([ledger?.drops, ledger?.foreignPackets], [[], 0]);
  });
  it('has what was lost before the uplink and behind it in the table of the cable, where no switch counts', () => {
    const { uplink: ledger, lostPackets } = measured({
      testCase: testCase({ rate: 10_000, location: 'remote' }),
      sinks: [receiver({ packets: 11_075, unique_packets: 11_075 })],
      uplinks: { near: uplink(0, 11_520), far: uplink(11_520, 0) },
    });
    assert.equal(lostPackets, 925);
    assert.deepEqual(ledger?.drops, [
      { where: "between 'offered by the application' and 'near uplink, sent'", packets: 480 },
      { where: "between 'far uplink, received' and 'received by the application'", packets: 445 },
    ]);
    assert.deepEqual([ledger?.lostPackets, ledger?.unplacedPackets], [925, 0]);
  });
  it('is flagged where the uplink carried packets of others', () => {
    const flagsOf = (arrived: number) =>
      evaluate(evidence({ uplinks: { near: uplink(0, 12_000), far: uplink(arrived, 0) } })).flags;
    assert.deepEqual(flagsOf(12_009), []);
    assert.deepEqual(flagsOf(12_100), ['shared-uplink']);
  });
  it('is measured where others send by the cable as well, and invalid where a switch makes packets up', () => {
    const outcomeOf = (arrived: number, out: number) =>
      evaluate(
        evidence({
          testCase: testCase({ rate: 10_000, location: 'remote' }),
          ports: [
            { pair: 0, end: 'source', ...uplink(12_000, 0) },
            { pair: 0, end: 'sink', ...uplink(0, out) },
          ],
          uplinks: { near: uplink(0, 12_000), far: uplink(arrived, 0) },
        }),
      ).outcome.outcome;
    assert.equal(outcomeOf(12_000, 12_000), 'measured');
    assert.equal(outcomeOf(12_004, 12_004), 'measured');
    assert.equal(outcomeOf(12_000, 12_004), 'invalid');
    assert.equal(outcomeOf(12_003, 12_004), 'invalid');
  });
  it('has no delay from one clock to another', () => {
    const oneWay = histogramOf([5000]);
    const latency = { ...NO_LATENCY, one_way_intended: oneWay, one_way_actual: oneWay };
    const sinks = [{ ...receiver(), final: { ...receiver().final, latency } }];
    assert.ok(measured({ sinks }).latencyNs?.oneWay);
    assert.equal(measured({ sinks, oneClock: false }).latencyNs, undefined);
  });
});

it('sums what two machines have measured of themselves', () => {
  const alone = measured({ machines: [machine()] });
  const both = measured({ machines: [machine(), machine()] });
  assert.equal(both.cpu.switch, 2 * alone.cpu.switch);
  assert.equal(both.noise.softirqCpus, 2 * alone.noise.softirqCpus);
  assert.equal(both.noise.stealRatio, alone.noise.stealRatio);
});
