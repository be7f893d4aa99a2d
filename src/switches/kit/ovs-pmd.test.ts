// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PMD_QUEUES } from '../../../test/fixtures/ovs-answers.ts';
import { parseMainThread, parsePmdQueues, parsePmdStatistics } from './ovs-pmd.ts';

const PMD_STATISTICS = `pmd thread numa_id 0 core_id 1:
  packets received: 3643712
  packet recirculations: 0
  emc hits: 3643709
  miss with success upcall: 2
  miss with failed upcall: 1
  idle cycles: 1086487130 (41.26%)
  processing cycles: 1546858858 (58.74%)
  avg cycles per packet: 722.71 (2633345988/3643712)
  avg processing cycles per packet: 424.53 (1546858858/3643712)
main thread:
  packets received: 7
  idle cycles: 5 (41.26%)
  processing cycles: 5 (58.74%)
`;

describe('what OVS prints', () => {
  it('of its polling threads, without those that do not poll', () => {
    const { busyRatio = 0, cyclesPerPacket = 0, cacheMisses } = parsePmdStatistics(PMD_STATISTICS, [1]);
    assert.ok(Math.abs(busyRatio - 0.5874) < 1e-4);
    assert.ok(Math.abs(cyclesPerPacket - 424.53) < 0.01);
    assert.equal(cacheMisses, 3);
    assert.deepEqual(parsePmdStatistics('pmd thread numa_id 0 core_id 1:\n  packets received: 0\n', [1]), {});
  });
});

describe('what OVS prints of several threads', () => {
  it('of the queues that each polls', () => {
    assert.deepEqual(parsePmdQueues(PMD_QUEUES), [
      { cpu: 2, port: 'p0-3', queue: 0 },
      { cpu: 5, port: 'p1-3', queue: 0 },
    ]);
  });
  it('of how busy each was, by its number among the CPUs, and of all together', () => {
    const thread = (cpu: number, packets: number, idle: number, processing: number) =>
      `pmd thread numa_id 0 core_id ${cpu}:\n  packets received: ${packets}\n  idle cycles: ${idle} (0%)\n  processing cycles: ${processing} (0%)\n`;
    const both = thread(2, 10, 30, 10) + thread(5, 0, 0, 0) + thread(7, 30, 0, 60);
    assert.deepEqual(parsePmdStatistics(both, [7, 5, 2]), {
      ...{ busyRatio: 0.7, cyclesPerPacket: 70 / 40, cacheMisses: 0 },
      ...{ emcHitRatio: 0, smcHitRatio: 0, megaflowHitRatio: 0 },
      ...{ thread2BusyRatio: 0.25, thread1BusyRatio: 0, thread0BusyRatio: 1 },
    });
  });

  it('of the shares that each of their caches answered', () => {
    const hits = (emc: number, smc: number, megaflow: number, misses: number) =>
      `pmd thread numa_id 0 core_id 1:\n  packets received: 100\n  emc hits: ${emc}\n  smc hits: ${smc}\n  megaflow hits: ${megaflow}\n  miss with success upcall: ${misses}\n  idle cycles: 5 (50.00%)\n  processing cycles: 5 (50.00%)\n`;
    const { emcHitRatio, smcHitRatio, megaflowHitRatio } = parsePmdStatistics(
      hits(70, 20, 5, 5) + hits(50, 0, 50, 0),
      [1, 2],
    );
    assert.deepEqual([emcHitRatio, smcHitRatio, megaflowHitRatio], [0.6, 0.1, 0.275]);
  });
});

describe('what OVS prints of its main thread', () => {
  const told = (packets: number) =>
    `pmd thread numa_id 0 core_id 1:\n  packets received: 5\n  emc hits: 5\nmain thread:\n  packets received: ${packets}\n  emc hits: 6\n  smc hits: 0\n  megaflow hits: 3\n  miss with success upcall: 1\n`;

  it('is lookups alone: it does not tell its cycles', () => {
    const { cacheMisses, emcHitRatio, megaflowHitRatio, busyRatio } = parseMainThread(told(10));
    assert.deepEqual([cacheMisses, emcHitRatio, megaflowHitRatio, busyRatio], [1, 0.6, 0.3, undefined]);
  });
  it('is nothing where it had no packet', () => {
    assert.deepEqual([parseMainThread(told(0)), parseMainThread('')], [{}, {}]);
  });
});
