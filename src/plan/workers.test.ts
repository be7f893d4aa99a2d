// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import type { Framework } from '../model/dataplane.ts';
import type { Workers } from '../model/workers.ts';
import type { SwitchOffer, TestbedOffer } from './offer.ts';
import { workerObstacles } from './workers.ts';

interface Situation {
  workers?: Workers;
  location?: 'local' | 'remote';
  pairs?: number;
  /** Of the near host and of the far one. */
  cpus?: [number, number];
  /** Queues of a port that the framework opens. */
  io?: number;
}

function obstacles(
  situation: Situation,
  asked: { switchThreads?: number | 'auto'; queues?: number; pin?: 'ports' | 'receivers' },
) {
  const { workers, location = 'local', pairs = 2, cpus = [8, 8], io = 8 } = situation;
  const offer: SwitchOffer = {
    ...{ id: 'mine', title: 'Mine', ports: ['netdev'], locations: ['local', 'remote'], threads: 1 },
    ...(workers === undefined ? {} : { workers }),
    available: { ok: true, version: '1' },
  };
  const [near, far] = cpus.map((count) => ({ name: 'local', switches: [offer], cpus: plainCpus(count) }));
  assert.ok(near !== undefined && far !== undefined);
  const testbed: TestbedOffer = { name: 'local', frameworks: [], near, far, sameMachine: false };
  const framework: Framework = {
    ...{ name: 'dpdk', title: 'DPDK', built: true, usable: true, why: null, whole_frames: true, super_packets: false },
    ...{ can_block: false, ports: ['netdev'], hugepage_bytes: 0, jumbo_hugepage_bytes: 0, mixed_sizes: true },
    ...{ queues_max: io, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
    ...{ flow_fields: [], headers: [], answers_to_any_port: true },
  };
  return workerObstacles(
    { dimension: 'throughput', location, pairs, testbed, offer, framework, port: 'netdev' },
    testCase(asked),
  );
}

const ANY: Workers = { threadsMax: 4, apart: true, pinned: true };

describe('threads that a switch cannot have', () => {
  it('are none where nobody asks for any, whatever the switch', () => {
    assert.deepEqual(obstacles({}, {}), []);
  });
  it('are none where it can', () => {
    for (const switchThreads of [1, 2, 3, 4]) {
      assert.deepEqual(obstacles({ workers: ANY, cpus: [4, 1] }, { switchThreads, pin: 'receivers' }), []);
    }
    assert.deepEqual(obstacles({ workers: ANY, location: 'remote' }, { switchThreads: 3 }), []);
  });

  const told: [situation: Situation, asked: Parameters<typeof obstacles>[1], expected: string][] = [
    [{}, { switchThreads: 1 }, 'mine cannot be told how many polling threads it has: leave out --switch-threads'],
    [
      { workers: ANY, pairs: 8 },
      { switchThreads: 5 },
      'mine has at most 4 polling threads, not 5: give --switch-threads 4 or fewer',
    ],
    [
      { workers: { threadsMax: 1, why: 'its table has no lock' } },
      { switchThreads: 2 },
      'mine has one polling thread (its table has no lock), not 2: give --switch-threads 1',
    ],
    [
      { workers: ANY, pairs: 1 },
      { switchThreads: 3 },
      'of 3 threads of mine only 2 would have a queue to serve: give fewer --switch-threads, more pairs (-S) or more --queues',
    ],
    [
      { workers: ANY, location: 'remote' },
      { switchThreads: 4 },
      'of 4 threads of mine only 3 would have a queue to serve: give fewer --switch-threads, more pairs (-S) or more --queues',
    ],
    [
      { workers: ANY, cpus: [2, 8] },
      { switchThreads: 3 },
      'mine has no two polling threads on one CPU, and 2 may be used: give at most 2 --switch-threads',
    ],
    [
      { workers: ANY, location: 'remote', cpus: [8, 1] },
      { switchThreads: 2 },
      'mine has no two polling threads on one CPU, and 1 may be used: give at most 1 --switch-threads',
    ],
    [
      { workers: { ...ANY, cpusBeside: 1 }, cpus: [2, 8] },
      { switchThreads: 2 },
      'mine has no two polling threads on one CPU, and 2 may be used, of which 1 is for its main thread: give at most 1 --switch-threads',
    ],
    [
      { workers: { threadsMax: 4 } },
      { pin: 'ports' },
      'mine cannot be told which thread serves which port: give --pin auto',
    ],
    [{}, { queues: 2 }, 'ports of mine have one queue: give --queues 1'],
    [
      { workers: { threadsMax: 1, queuesMax: 4 } },
      { queues: 5 },
      'ports of mine have at most 4 queues: give --queues 4',
    ],
    [
      { workers: { threadsMax: 1, queuesMax: 4 }, io: 1 },
      { queues: 2 },
      'applications with dpdk have ports of one queue: give --queues 1, or another --io, as dpdk',
    ],
    [{}, { pin: 'ports' }, 'mine cannot be told which thread serves which port: give --pin auto'],
    [
      { workers: ANY, location: 'remote' },
      { pin: 'ports' },
      'between two hosts all that comes in goes through one queue of the uplink: give --pin auto',
    ],
  ];
  for (const [situation, asked, expected] of told) {
    it(`${JSON.stringify(asked)}: ${expected}`, () => assert.deepEqual(obstacles(situation, asked), [expected]));
  }
  it('may be more where ports have more queues', () => {
    const workers = { threadsMax: 8, queuesMax: 2 };
    assert.deepEqual(obstacles({ workers, pairs: 1 }, { switchThreads: 4, queues: 2 }), []);
    assert.equal(obstacles({ workers, pairs: 1 }, { switchThreads: 5, queues: 2 }).length, 1);
  });
  it('leave a CPU to a thread that does not poll, unless there is but one', () => {
    const workers = { ...ANY, cpusBeside: 1 };
    assert.deepEqual(obstacles({ workers, cpus: [3, 3] }, { switchThreads: 2 }), []);
    assert.deepEqual(obstacles({ workers, cpus: [1, 1] }, { switchThreads: 1 }), []);
  });
  it('may be more than CPUs where two may be on one', () => {
    assert.deepEqual(obstacles({ workers: { threadsMax: 4 }, cpus: [1, 1] }, { switchThreads: 4 }), []);
  });
});
