// SPDX-License-Identifier: Apache-2.0
// Six kinds of machine, each with what its owner would have written down. `source-sink` of each pair; near host's `switch source` for remote.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { altra } from '../../test/fixtures/machines/altra.ts';
import { board } from '../../test/fixtures/machines/board.ts';
import { epyc } from '../../test/fixtures/machines/epyc.ts';
import { guest } from '../../test/fixtures/machines/guest.ts';
import { hybrid } from '../../test/fixtures/machines/hybrid.ts';
import { xeon } from '../../test/fixtures/machines/xeon.ts';
import { cpusOf } from '../host/topology.ts';
import type { TestCase } from '../model/testcase.ts';
import { placeCase, placementObstacle } from './placement.ts';

interface Machine {
  files: Record<string, string>;
  /** Node of the network card. */
  uplinkNode: number;
  /** No thread of its own in the switch, 1vs1 and 4vs4; then one thread in it, 1vs1, on one host and between two. */
  expected: Record<'1vs1' | '4vs4' | 'ovs' | 'remote', string>;
  /** The other placements, 1vs1: without a thread in the switch, and with one. */
  close: Record<'same-core' | 'same-cache' | 'cross-socket', [string, string]>;
}

const NO_CACHE = 'the kernel tells of no cache that two cores share';
const NO_THREADS = 'no core has two hyperthreads that may be used';
const ONE_SOCKET = 'all CPUs that may be used are on one socket';

const MACHINES: Record<string, Machine> = {
  // CPU 0 serves interrupts and the rest; cores 1-19 are on its socket, 40 more are siblings of the first 40, and stay idle.
  // The card is on the other socket: so is what is measured between two hosts.
  'two-socket Xeon': {
    files: xeon,
    uplinkNode: 1,
    expected: {
      '1vs1': '1-2; rest 0',
      '4vs4': '1-2 3-4 5-6 7-8; rest 0',
      ovs: 'switch 1; 2-3; rest 0',
      remote: 'switch 20; 21-21; rest 0',
    },
    close: {
      'same-core': ['1-41; rest 0', 'switch 1; 2-42; rest 0'],
      'same-cache': ['1-2; rest 0', 'switch 1; 2-3; rest 0'],
      'cross-socket': ['1-20; rest 0', 'switch 1; 2-20; rest 0'],
    },
  },
  // A chiplet has eight cores: three pairs fit on what CPU 0 leaves of the first, and the fourth is not torn in two: 7 stays idle.
  'EPYC with chiplets': {
    files: epyc,
    uplinkNode: 0,
    expected: {
      '1vs1': '1-2; rest 0',
      '4vs4': '1-2 3-4 5-6 8-9; rest 0',
      ovs: 'switch 1; 2-3; rest 0',
      remote: 'switch 1; 2-2; rest 0',
    },
    close: {
      'same-core': ['1-65; rest 0', 'switch 1; 2-66; rest 0'],
      'same-cache': ['1-2; rest 0', 'switch 1; 2-3; rest 0'],
      'cross-socket': [ONE_SOCKET, ONE_SOCKET],
    },
  },
  // Fast cores are 0, 2, 4 … 14. Eight threads take all of them, 0 included, before any takes a slow one, where the rest then goes.
  'hybrid laptop': {
    files: hybrid,
    uplinkNode: 0,
    expected: {
      '1vs1': '2-4; rest 0',
      '4vs4': '0-2 4-6 8-10 12-14; rest 16',
      ovs: 'switch 2; 4-6; rest 0',
      remote: 'switch 2; 4-4; rest 0',
    },
    close: {
      'same-core': ['2-3; rest 0', 'switch 2; 4-5; rest 0'],
      'same-cache': ['2-4; rest 0', 'switch 2; 4-6; rest 0'],
      'cross-socket': [ONE_SOCKET, ONE_SOCKET],
    },
  },
  // No hyperthreads, and core_id is 0 or 1 for all: none may be taken for the sibling of another.
  '80-core Arm server': {
    files: altra,
    uplinkNode: 0,
    expected: {
      '1vs1': '1-2; rest 0',
      '4vs4': '1-2 3-4 5-6 7-8; rest 0',
      ovs: 'switch 1; 2-3; rest 0',
      remote: 'switch 1; 2-2; rest 0',
    },
    close: {
      'same-core': [NO_THREADS, NO_THREADS],
      'same-cache': [NO_CACHE, NO_CACHE],
      'cross-socket': [ONE_SOCKET, ONE_SOCKET],
    },
  },
  // The fast cores are 4-7. Eight threads take all cores, pairs of like ones, and nothing is left for the rest alone.
  'clustered Arm board': {
    files: board,
    uplinkNode: 0,
    expected: {
      '1vs1': '4-5; rest 0',
      '4vs4': '4-5 6-7 0-1 2-3; rest 0,1,2,3,4,5,6,7; shared housekeeping; unlike',
      ovs: 'switch 4; 5-6; rest 0',
      remote: 'switch 4; 5-5; rest 0',
    },
    close: {
      'same-core': [NO_THREADS, NO_THREADS],
      'same-cache': ['4-5; rest 0', 'switch 4; 5-6; rest 0'],
      'cross-socket': [ONE_SOCKET, ONE_SOCKET],
    },
  },
  // A poller that is the switch's has a CPU of its own, and both ends share the other.
  '2-CPU guest': {
    files: guest,
    uplinkNode: 0,
    expected: {
      '1vs1': '0-1; rest 0,1; shared housekeeping',
      '4vs4': '0-1 1-0 0-1 1-0; rest 0,1; shared CPUs',
      ovs: 'switch 1; 0-0; rest 0; shared CPUs',
      remote: 'switch 1; 0-0; rest 0; shared housekeeping',
    },
    close: {
      'same-core': [NO_THREADS, NO_THREADS],
      'same-cache': [
        '0-1; rest 0,1; shared housekeeping',
        'it takes 3 cores under one last-level cache, and there are 2 at most',
      ],
      'cross-socket': [ONE_SOCKET, ONE_SOCKET],
    },
  },
};

for (const [name, { files, uplinkNode, expected, close }] of Object.entries(MACHINES)) {
  describe(name, () => {
    const told = async (t: it.TestContext, testCase: Partial<TestCase>, threads: number): Promise<string> => {
      const cpus = await cpusOf(new FakeHost(t).put(files));
      const hosts = { near: { cpus, uplinkNode }, far: { cpus, uplinkNode }, sameMachine: false };
      const asked = { location: 'local', pairs: 1, placement: 'spread', ...testCase } as const;
      const obstacle = placementObstacle(asked, hosts, threads);
      if (obstacle !== null) return obstacle.replace(/^placement [a-z-]+: /, '');
      const placed = placeCase(asked, hosts, threads);
      return [
        ...(placed.switch.length === 0 ? [] : [`switch ${placed.switch.join(',')}`]),
        placed.pairs.map(({ source, sink }) => `${source}-${sink}`).join(' '),
        `rest ${placed.housekeeping.join(',')}`,
        ...(placed.sharedCpu ? ['shared CPUs'] : placed.sharedHousekeeping ? ['shared housekeeping'] : []),
        ...(placed.unlikeCpus ? ['unlike'] : []),
      ].join('; ');
    };
    it('1vs1', async (t) => assert.equal(await told(t, {}, 0), expected['1vs1']));
    it('4vs4', async (t) => assert.equal(await told(t, { pairs: 4 }, 0), expected['4vs4']));
    it('ovs', async (t) => assert.equal(await told(t, {}, 1), expected.ovs));
    it('remote', async (t) => assert.equal(await told(t, { location: 'remote' }, 1), expected.remote));
    for (const placement of ['same-core', 'same-cache', 'cross-socket'] as const) {
      it(placement, async (t) => {
        assert.deepEqual([await told(t, { placement }, 0), await told(t, { placement }, 1)], close[placement]);
      });
    }
  });
}

describe('EPYC with chiplets, same-cache', () => {
  it('takes a whole chiplet for four pairs, and has none for a switch thread beside them', async (t) => {
    const cpus = await cpusOf(new FakeHost(t).put(epyc));
    const hosts = { near: { cpus }, far: null, sameMachine: false };
    const four = { location: 'local', pairs: 4, placement: 'same-cache' } as const;
    assert.deepEqual(
      placeCase(four, hosts, 0).pairs.flatMap(({ source, sink }) => [source, sink]),
      [8, 9, 10, 11, 12, 13, 14, 15],
    );
    assert.match(
      placementObstacle(four, hosts, 1) ?? '',
      /it takes 9 cores under one last-level cache, and there are 8/,
    );
  });
});
