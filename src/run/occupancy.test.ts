// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import type { CpuTimes, ThreadTime } from '../host/cpu.ts';
import type { FinalLine, SampleLine, TxTotals } from '../model/dataplane.ts';
import type { ApplicationEvidence, Evidence } from './evaluate.ts';
import type { ApplicationName, MachineSnapshot } from './machines.ts';
import { lackOf, occupancyOf } from './occupancy.ts';

const WINDOW = { beginNs: 1e9, endNs: 2e9 };

/** An application that has `share` of its CPU. */
function application(role: FinalLine['role'], share: number, pair = 0): ApplicationEvidence {
  const tx: Partial<TxTotals> = { steady_begin_ns: WINDOW.beginNs, steady_end_ns: WINDOW.endNs };
  const samples = Array.from({ length: 11 }, (_, index) => ({ t_ns: 1e9 + index * 1e8, cpu_ns: index * 1e8 * share }));
  return {
    pair,
    ready: {} as ApplicationEvidence['ready'],
    final: { role, tx: role === 'sender' ? tx : null } as FinalLine,
    samples: samples.map((sample) => ({ tx_packets: 0, rx_packets: 0, ...sample }) as SampleLine),
  };
}

/** Each with a thread that waited for so long, and one that hardly runs and waits for longer. */
function applicationsOf(waits: [ApplicationName, number][]): [ApplicationName, Map<number, ThreadTime>][] {
  const thread = (runS: number, waitedS: number): ThreadTime => ({ cpu: 1, runS, ksoftirqd: false, waitedS });
  return waits.map(([name, waitedS]) => [
    name,
    new Map([
      [50, thread(0.01, 100 * waitedS)],
      [51, thread(10 * waitedS, waitedS)],
    ]),
  ]);
}

function look(
  atS: number,
  cpus: [number, Partial<CpuTimes>][],
  threads: [number, ThreadTime][] = [],
  waits: [ApplicationName, number][] = [],
): MachineSnapshot {
  const idle: CpuTimes = { busyS: 0, idleS: 0, irqS: 0, softirqS: 0, stealS: 0 };
  return {
    ...{ atNs: atS * 1e9, cpus: new Map(cpus.map(([cpu, times]) => [cpu, { ...idle, ...times }])), threadsS: 0 },
    ...{ threads: new Map(threads), interrupts: new Map(), frequencyMhz: new Map(), pressureS: null },
    ...{
      limits: { quotas: [], clockCaps: new Map(), hotCounts: new Map() },
      applications: new Map(applicationsOf(waits)),
    },
  };
}

/** A pair on CPUs 1 and 2, or as placed, over a second. */
function evidence(part: Partial<Evidence> = {}): Evidence {
  const placement = {
    ...{ pairs: [{ source: 1, sink: 2 }], switch: [], housekeeping: [0], far: null },
    ...{ sharedCpu: false, sharedHousekeeping: false, unlikeCpus: false },
  };
  return {
    ...{ testCase: testCase({ wait: 'poll' }), placement, startNs: 0, durationMs: 1000, oneClock: true },
    ...{
      sources: [application('sender', 1)],
      sinks: [application('receiver', 1)],
      background: null,
      churn: null,
      interfaces: [],
      ports: null,
    },
    ...{
      uplinks: null,
      served: null,
      announcedNs: 0,
      switchFigures: {},
      superPackets: false,
      observedS: 1,
      caches: [],
      clocksources: [],
    },
    machines: [
      {
        cpus: [1, 2],
        warmupMhz: new Map(),
        interruptsApart: null,
        before: look(
          1,
          [1, 2].map((c) => [c, {}]),
        ),
        after: look(
          2,
          [1, 2].map((c) => [c, {}]),
        ),
      },
    ],
    ...part,
  };
}

/** What each CPU is said to lack. */
function lacks(part: Partial<Evidence>): (string | null)[] {
  return occupancyOf(evidence(part)).map(lackOf);
}

describe('who had the measured CPUs', () => {
  it('is the trial alone where its applications poll all the time', () => {
    assert.deepEqual(lacks({}), [null, null]);
    assert.deepEqual(lacks({ testCase: testCase({ wait: 'yield' }) }), [null, null]);
  });

  it('is told of an application that polls and got less, whatever is left for housekeeping', () => {
    const told = ['the sender of pair 0 got 61 % of CPU 1, which it polls on (less than 95 %)', null];
    const part = { sources: [application('sender', 0.61)] };
    assert.deepEqual(lacks(part), told);
    const { placement } = evidence();
    assert.deepEqual(lacks({ ...part, placement: { ...placement, sharedHousekeeping: true } }), told);
    assert.deepEqual(lacks({ ...part, testCase: testCase({ wait: 'yield' }) }), told);
  });

  it('is, of a CPU that applications share on purpose, only what neither of them had', () => {
    const placement = { ...evidence().placement, pairs: [{ source: 1, sink: 1 }], sharedCpu: true };
    const machines = [
      { cpus: [1], warmupMhz: new Map(), interruptsApart: null, before: look(1, [[1, {}]]), after: look(2, [[1, {}]]) },
    ];
    const shared = (sender: number, receiver: number) =>
      lacks({
        placement,
        machines,
        sources: [application('sender', sender)],
        sinks: [application('receiver', receiver)],
      });
    assert.deepEqual(shared(0.5, 0.48), [null]);
    assert.deepEqual(shared(0.9, 0.098), [null]);
    assert.deepEqual(shared(0.4, 0.25), ['others took 35 % of CPU 1 (more than 4 %)']);
  });

  it('is the switch on its own CPU: a neighbour there is told, and its own sleep is not', () => {
    const placement = { ...evidence().placement, switch: [3] };
    const thread = (runS: number, cpu = 3): [number, ThreadTime][] => [
      [77, { cpu, runS, ksoftirqd: false, waitedS: null }],
    ];
    const ran = (runS: number, idleS: number) =>
      lacks({
        placement,
        machines: [
          {
            cpus: [3],
            warmupMhz: new Map(),
            interruptsApart: null,
            before: look(1, [[3, {}]], thread(5)),
            after: look(2, [[3, { idleS }]], thread(5 + runS)),
          },
        ],
      });
    assert.deepEqual(ran(1, 0), [null]);
    assert.deepEqual(ran(0.2, 0.8), [null]);
    assert.deepEqual(ran(0.6, 0), ['others took 40 % of CPU 3 (more than 4 %)']);
  });

  it('leaves an application alone that sleeps, and tells of others that had its CPU', () => {
    const blocking = (share: number, idleS: number) =>
      lacks({
        testCase: testCase({ wait: 'block' }),
        sources: [application('sender', share)],
        machines: [
          {
            cpus: [1],
            warmupMhz: new Map(),
            interruptsApart: null,
            before: look(1, [[1, {}]]),
            after: look(2, [[1, { idleS }]]),
          },
        ],
      });
    assert.deepEqual(blocking(0.2, 0.8), [null]);
    assert.deepEqual(blocking(0.2, 0.3), ['others took 49 % of CPU 1 (more than 4 %)']);
  });

  it('asks of an application that sleeps for how long it was ready and had no CPU, where the kernel tells', () => {
    const blocking = (waitedS: number, beside: number | null = null) =>
      lacks({
        testCase: testCase({ wait: 'block' }),
        placement: { ...evidence().placement, pairs: [{ source: 1, sink: beside === null ? 2 : 1 }] },
        sources: [application('sender', 0.4)],
        sinks: [application('receiver', beside ?? 0)],
        machines: [
          {
            ...{ cpus: [1], warmupMhz: new Map(), interruptsApart: null },
            before: look(
              1,
              [[1, {}]],
              [],
              [
                ['source 0', 3],
                ['sink 0', 1],
              ],
            ),
            after: look(
              2,
              [[1, { idleS: 0.2 }]],
              [],
              [
                ['source 0', 3 + waitedS],
                ['sink 0', 1],
              ],
            ),
          },
        ],
      });
    // What of its CPU nobody had is the kernel's work of waking it.
    assert.deepEqual(blocking(0.03), [null]);
    assert.deepEqual(blocking(0.3), [
      'others kept the sender of pair 0 from CPU 1 for 30 % of the time (more than 4 %)',
    ]);
    // It waits for whom it shares its CPU with by design.
    assert.deepEqual(blocking(0.3, 0.28), [null]);
    assert.deepEqual(blocking(0.3, 0.2), [
      'others kept the sender of pair 0 from CPU 1 for 10 % of the time (more than 4 %)',
    ]);
  });

  it('asks the kernel whether it counts interrupts apart, and tells it from sums only where that does not say', () => {
    const placement = { ...evidence().placement, pairs: [{ source: 1, sink: 1 }], sharedCpu: true };
    const busy = (interruptsApart: boolean | null, share: number, softirqS: number) =>
      lacks({
        placement,
        sources: [application('sender', share)],
        sinks: [application('receiver', 0)],
        machines: [
          {
            ...{ cpus: [1], warmupMhz: new Map(), interruptsApart },
            before: look(1, [[1, {}]]),
            after: look(2, [[1, { softirqS }]]),
          },
        ],
      });
    // Apart: two parts of its time make the whole. Within: what is missing is a neighbour's, however much of the rest was interrupts.
    assert.deepEqual(busy(true, 0.6, 0.4), [null]);
    assert.deepEqual(busy(false, 0.6, 0.4), ['others took 40 % of CPU 1 (more than 4 %)']);
    assert.deepEqual(busy(null, 0.6, 0.4), [null]);
    // More than there was, so that they are within.
    assert.deepEqual(busy(null, 0.8, 0.4), ['others took 20 % of CPU 1 (more than 4 %)']);
  });

  it('counts the kernel threads of softirqs once: where interrupts are counted apart, they are among those', () => {
    const forwards = (interruptsApart: boolean, stranger: number) =>
      occupancyOf(
        evidence({
          testCase: testCase({ wait: 'block' }),
          sources: [application('sender', 0.3)],
          machines: [
            {
              ...{ cpus: [1], warmupMhz: new Map(), interruptsApart },
              before: look(1, [[1, {}]], [[9, { cpu: 1, runS: 5, ksoftirqd: true, waitedS: null }]]),
              after: look(
                2,
                [[1, { softirqS: 0.4, idleS: 0.3 - stranger }]],
                [[9, { cpu: 1, runS: 5.4, ksoftirqd: true, waitedS: null }]],
              ),
            },
          ],
        }),
      ).map(({ strangers }) => Math.round(100 * strangers));
    // The rest is idle but for a tick that may be missing.
    assert.deepEqual(forwards(true, 0), [0]);
    assert.deepEqual(forwards(false, 0), [0]);
    assert.deepEqual(forwards(true, 0.2), [19]);
    assert.deepEqual(forwards(false, 0.2), [19]);
  });

  it('counts interrupts on the CPU of an application that polls as its own, where they are counted apart', () => {
    const polls = (interruptsApart: boolean) =>
      lacks({
        sources: [application('sender', 0.6)],
        machines: [
          {
            ...{ cpus: [1], warmupMhz: new Map(), interruptsApart },
            before: look(1, [[1, {}]]),
            after: look(2, [[1, { softirqS: 0.4 }]]),
          },
        ],
      });
    assert.deepEqual(polls(true), [null]);
    assert.deepEqual(polls(false), ['the sender of pair 0 got 60 % of CPU 1, which it polls on (less than 95 %)']);
  });

  it('has one limit for a CPU, and a figure that is not rounded onto it', () => {
    const sender = (share: number) => lacks({ sources: [application('sender', share)] })[0];
    assert.equal(sender(0.951), null);
    assert.equal(sender(0.9496), 'the sender of pair 0 got 94.96 % of CPU 1, which it polls on (less than 95 %)');
    assert.equal(sender(0.949997), 'the sender of pair 0 got 94.9997 % of CPU 1, which it polls on (less than 95 %)');
  });
});
