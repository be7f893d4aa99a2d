// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpu, plainCpus } from '../../test/fixtures/cpus.ts';
import type { Cpu } from '../model/inventory.ts';
import { type Placement, PlacementSchema } from '../model/placement.ts';
import { placeCase, placeTrial } from './placement.ts';

const plain = plainCpus;

/** `count` cores with two hyperthreads, numbered as Linux mostly does: all first threads, then all second ones. */
function smt(count: number): Cpu[] {
  return Array.from({ length: 2 * count }, (_, id) => cpu({ id, core: id % count }));
}

/** Two sockets, each a NUMA node of `count` cores; core numbers repeat on the second socket. */
function twoNodes(count: number): Cpu[] {
  return Array.from({ length: 2 * count }, (_, id) => {
    const socket = id < count ? 0 : 1;
    return cpu({ id, node: socket, socket, core: id % count });
  });
}

interface Row {
  name: string;
  cpus: Cpu[];
  pairs: number;
  switchThreads: number;
  /** `source-sink` of each pair. */
  expected: { pairs: string; switch: number[]; housekeeping: number[]; shared: 'nothing' | 'housekeeping' | 'cpu' };
}

const rows: Row[] = [
  {
    name: '1 CPU, nothing to choose',
    cpus: plain(1),
    pairs: 1,
    switchThreads: 0,
    expected: { pairs: '0-0', switch: [], housekeeping: [0], shared: 'cpu' },
  },
  {
    name: '1 CPU with a switch thread',
    cpus: plain(1),
    pairs: 2,
    switchThreads: 1,
    expected: { pairs: '0-0 0-0', switch: [0], housekeeping: [0], shared: 'cpu' },
  },
  {
    name: '2 CPUs: an end on each, and housekeeping where there is room',
    cpus: plain(2),
    pairs: 1,
    switchThreads: 0,
    expected: { pairs: '0-1', switch: [], housekeeping: [0, 1], shared: 'housekeeping' },
  },
  {
    name: '2 CPUs: the switch alone, the rest with the applications, which yield',
    cpus: plain(2),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '0-0', switch: [1], housekeeping: [0], shared: 'cpu' },
  },
  {
    name: '2 CPUs, 2 switch threads: the pollers together rather than beside applications',
    cpus: plain(2),
    pairs: 1,
    switchThreads: 2,
    expected: { pairs: '0-0', switch: [1, 1], housekeeping: [0], shared: 'cpu' },
  },
  {
    name: '2 CPUs, 4 pairs: ends apart, sources and sinks mixed',
    cpus: plain(2),
    pairs: 4,
    switchThreads: 0,
    expected: { pairs: '0-1 1-0 0-1 1-0', switch: [], housekeeping: [0, 1], shared: 'cpu' },
  },
  {
    name: '3 CPUs: the lowest goes to an application when housekeeping has to share',
    cpus: plain(3),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '2-0', switch: [1], housekeeping: [0, 2], shared: 'housekeeping' },
  },
  {
    name: '4 CPUs: one for everything',
    cpus: plain(4),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '2-3', switch: [1], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '4 CPUs, a kernel switch: the last one idle',
    cpus: plain(4),
    pairs: 1,
    switchThreads: 0,
    expected: { pairs: '1-2', switch: [], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '4 CPUs, 2 pairs: as many CPUs as ends',
    cpus: plain(4),
    pairs: 2,
    switchThreads: 0,
    expected: { pairs: '0-1 2-3', switch: [], housekeeping: [0, 1, 2, 3], shared: 'housekeeping' },
  },
  {
    name: '4 CPUs, 2 pairs and a switch thread: 4 ends on 3 CPUs',
    cpus: plain(4),
    pairs: 2,
    switchThreads: 1,
    expected: { pairs: '0-2 3-0', switch: [1], housekeeping: [0, 2, 3], shared: 'cpu' },
  },
  {
    name: '4 CPUs, 4 pairs',
    cpus: plain(4),
    pairs: 4,
    switchThreads: 0,
    expected: { pairs: '0-1 2-3 1-0 3-2', switch: [], housekeeping: [0, 1, 2, 3], shared: 'cpu' },
  },
  {
    name: '8 CPUs, 3 pairs and a switch thread: just enough with housekeeping',
    cpus: plain(8),
    pairs: 3,
    switchThreads: 1,
    expected: { pairs: '2-3 4-5 6-7', switch: [1], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '8 CPUs, 4 pairs',
    cpus: plain(8),
    pairs: 4,
    switchThreads: 0,
    expected: { pairs: '0-1 2-3 4-5 6-7', switch: [], housekeeping: [0, 1, 2, 3, 4, 5, 6, 7], shared: 'housekeeping' },
  },
  {
    name: '4 cores with 2 hyperthreads: second ones stay idle while there are cores',
    cpus: smt(4),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '2-3', switch: [1], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '4 cores with 2 hyperthreads: housekeeping is the first to share a core',
    cpus: smt(4),
    pairs: 2,
    switchThreads: 0,
    expected: { pairs: '0-1 2-3', switch: [], housekeeping: [4], shared: 'housekeeping' },
  },
  {
    name: '2 cores with 2 hyperthreads: the pair shares a core before the switch does',
    cpus: smt(2),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '0-2', switch: [1], housekeeping: [3], shared: 'housekeeping' },
  },
  {
    name: '2 cores with 2 hyperthreads, all in use',
    cpus: smt(2),
    pairs: 2,
    switchThreads: 0,
    expected: { pairs: '0-1 3-2', switch: [], housekeeping: [0, 1, 2, 3], shared: 'housekeeping' },
  },
  {
    name: '2 cores with 2 hyperthreads, one thread too many',
    cpus: smt(2),
    pairs: 2,
    switchThreads: 1,
    expected: { pairs: '0-2 3-0', switch: [1], housekeeping: [0, 2, 3], shared: 'cpu' },
  },
  {
    name: '2 × 4 CPUs: what fits beside housekeeping stays on its node',
    cpus: twoNodes(4),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '2-3', switch: [1], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '2 × 4 CPUs: what does not fit there goes to the other node whole',
    cpus: twoNodes(4),
    pairs: 2,
    switchThreads: 0,
    expected: { pairs: '4-5 6-7', switch: [], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '2 × 4 CPUs: of what fits on no node, no pair is torn',
    cpus: twoNodes(4),
    pairs: 2,
    switchThreads: 1,
    expected: { pairs: '5-6 1-2', switch: [4], housekeeping: [0], shared: 'nothing' },
  },
  {
    name: '2 × 2 CPUs: a pair is torn only where it has to be',
    cpus: twoNodes(2),
    pairs: 1,
    switchThreads: 1,
    expected: { pairs: '3-1', switch: [2], housekeeping: [0], shared: 'nothing' },
  },
];

function expand({ expected }: Row): Omit<Placement, 'unlikeCpus'> {
  return {
    pairs: expected.pairs.split(' ').map((pair) => {
      const [source = Number.NaN, sink = Number.NaN] = pair.split('-').map(Number);
      return { source, sink };
    }),
    switch: expected.switch,
    housekeeping: expected.housekeeping,
    far: null,
    sharedCpu: expected.shared === 'cpu',
    sharedHousekeeping: expected.shared !== 'nothing',
  };
}

describe('placeTrial', () => {
  for (const row of rows) {
    it(row.name, () => {
      const { cpus, pairs, switchThreads } = row;
      assert.deepEqual(placeTrial(cpus, pairs, switchThreads), expand(row));
      assert.deepEqual(placeTrial(cpus.toReversed(), pairs, switchThreads), expand(row), 'whatever the order of CPUs');
    });
  }

  it('keeps to CPUs that it was given, whatever their numbers', () => {
    const cpus = plain(8).filter((cpu) => cpu.id === 3 || cpu.id === 6);
    assert.deepEqual(placeTrial(cpus, 1, 1), {
      pairs: [{ source: 3, sink: 3 }],
      switch: [6],
      housekeeping: [3],
      far: null,
      sharedCpu: true,
      sharedHousekeeping: true,
    });
  });

  it('refuses what is no trial', () => {
    assert.throws(() => placeTrial([], 1, 0), RangeError);
    assert.throws(() => placeTrial(plain(2), 0, 0), RangeError);
    assert.throws(() => placeTrial(plain(2), 1, -1), RangeError);
  });

  it('holds what it promises on every machine and for every load', () => {
    for (const cpus of [1, 2, 3, 4, 6, 8].flatMap((count) => [plain(count), smt(count), twoNodes(count)])) {
      for (const pairs of [1, 2, 3, 4, 8]) {
        for (const switchThreads of [0, 1, 2, 4]) checkPromises(cpus, pairs, switchThreads);
      }
    }
  });
});

describe('placeCase', () => {
  type Told = [cpus: Cpu[], machines: 'one' | 'two', pairs: number, threads: number, ...Expected];
  type Expected = [pairs: string, near: string, far: string, housekeeping: string, shared: 'no' | 'hk' | 'cpu'];
  // Hosts are alike in each row, so that both have the same housekeeping.
  const told: Told[] = [
    [plain(2), 'one', 1, 0, '0-1', '', '', '0,1', 'hk'],
    [plain(2), 'one', 1, 1, '0-0', '1', '1', '0', 'cpu'],
    [plain(2), 'one', 4, 0, '0-1 1-0 0-1 1-0', '', '', '0,1', 'cpu'],
    [plain(2), 'one', 4, 1, '0-0 0-0 0-0 0-0', '1', '1', '0', 'cpu'],
    [plain(2), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [plain(2), 'two', 1, 1, '0-0', '1', '1', '0', 'hk'],
    [plain(2), 'two', 4, 0, '0-0 1-1 0-0 1-1', '', '', '0,1', 'cpu'],
    [plain(2), 'two', 4, 1, '0-0 0-0 0-0 0-0', '1', '1', '0', 'cpu'],
    [smt(1), 'one', 1, 0, '0-1', '', '', '0,1', 'hk'],
    [smt(1), 'one', 1, 1, '1-1', '0', '0', '1', 'cpu'],
    [smt(1), 'one', 4, 0, '0-1 1-0 0-1 1-0', '', '', '0,1', 'cpu'],
    [smt(1), 'one', 4, 1, '1-1 1-1 1-1 1-1', '0', '0', '1', 'cpu'],
    [smt(1), 'two', 1, 0, '0-0', '', '', '1', 'hk'],
    [smt(1), 'two', 1, 1, '1-1', '0', '0', '1', 'hk'],
    [smt(1), 'two', 4, 0, '0-0 1-1 0-0 1-1', '', '', '0,1', 'cpu'],
    [smt(1), 'two', 4, 1, '1-1 1-1 1-1 1-1', '0', '0', '1', 'cpu'],
    [plain(4), 'one', 1, 0, '1-2', '', '', '0', 'no'],
    [plain(4), 'one', 1, 1, '3-0', '1', '2', '0,3', 'hk'],
    [plain(4), 'one', 4, 0, '0-1 2-3 1-0 3-2', '', '', '0,1,2,3', 'cpu'],
    [plain(4), 'one', 4, 1, '0-3 3-0 0-3 3-0', '1', '2', '0,3', 'cpu'],
    [plain(4), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [plain(4), 'two', 1, 1, '2-2', '1', '1', '0', 'no'],
    [plain(4), 'two', 4, 0, '0-0 1-1 2-2 3-3', '', '', '0,1,2,3', 'hk'],
    [plain(4), 'two', 4, 1, '0-0 2-2 3-3 0-0', '1', '1', '0,2,3', 'cpu'],
    [smt(2), 'one', 1, 0, '0-1', '', '', '2', 'hk'],
    [smt(2), 'one', 1, 1, '2-3', '1', '0', '2,3', 'hk'],
    [smt(2), 'one', 4, 0, '0-1 2-3 1-0 3-2', '', '', '0,1,2,3', 'cpu'],
    [smt(2), 'one', 4, 1, '2-3 3-2 2-3 3-2', '1', '0', '2,3', 'cpu'],
    [smt(2), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [smt(2), 'two', 1, 1, '0-0', '1', '1', '2', 'hk'],
    [smt(2), 'two', 4, 0, '0-0 1-1 3-3 2-2', '', '', '0,1,2,3', 'hk'],
    [smt(2), 'two', 4, 1, '0-0 2-2 3-3 0-0', '1', '1', '0,2,3', 'cpu'],
    [plain(8), 'one', 1, 0, '1-2', '', '', '0', 'no'],
    [plain(8), 'one', 1, 1, '3-4', '1', '2', '0', 'no'],
    [plain(8), 'one', 4, 0, '0-1 2-3 4-5 6-7', '', '', '0,1,2,3,4,5,6,7', 'hk'],
    [plain(8), 'one', 4, 1, '0-3 4-5 6-7 3-0', '1', '2', '0,3,4,5,6,7', 'cpu'],
    [plain(8), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [plain(8), 'two', 1, 1, '2-2', '1', '1', '0', 'no'],
    [plain(8), 'two', 4, 0, '1-1 2-2 3-3 4-4', '', '', '0', 'no'],
    [plain(8), 'two', 4, 1, '2-2 3-3 4-4 5-5', '1', '1', '0', 'no'],
    [smt(4), 'one', 1, 0, '1-2', '', '', '0', 'no'],
    [smt(4), 'one', 1, 1, '3-0', '1', '2', '4', 'hk'],
    [smt(4), 'one', 4, 0, '0-1 2-3 7-6 5-4', '', '', '0,1,2,3,4,5,6,7', 'hk'],
    [smt(4), 'one', 4, 1, '0-3 4-5 6-7 3-0', '1', '2', '0,3,4,5,6,7', 'cpu'],
    [smt(4), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [smt(4), 'two', 1, 1, '2-2', '1', '1', '0', 'no'],
    [smt(4), 'two', 4, 0, '0-0 1-1 2-2 3-3', '', '', '4', 'hk'],
    [smt(4), 'two', 4, 1, '2-2 3-3 0-0 4-4', '1', '1', '5', 'hk'],
    [plain(16), 'one', 1, 0, '1-2', '', '', '0', 'no'],
    [plain(16), 'one', 1, 1, '3-4', '1', '2', '0', 'no'],
    [plain(16), 'one', 4, 0, '1-2 3-4 5-6 7-8', '', '', '0', 'no'],
    [plain(16), 'one', 4, 1, '3-4 5-6 7-8 9-10', '1', '2', '0', 'no'],
    [plain(16), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [plain(16), 'two', 1, 1, '2-2', '1', '1', '0', 'no'],
    [plain(16), 'two', 4, 0, '1-1 2-2 3-3 4-4', '', '', '0', 'no'],
    [plain(16), 'two', 4, 1, '2-2 3-3 4-4 5-5', '1', '1', '0', 'no'],
    [smt(8), 'one', 1, 0, '1-2', '', '', '0', 'no'],
    [smt(8), 'one', 1, 1, '3-4', '1', '2', '0', 'no'],
    [smt(8), 'one', 4, 0, '0-1 2-3 4-5 6-7', '', '', '8', 'hk'],
    [smt(8), 'one', 4, 1, '3-4 5-6 7-0 8-15', '1', '2', '9', 'hk'],
    [smt(8), 'two', 1, 0, '1-1', '', '', '0', 'no'],
    [smt(8), 'two', 1, 1, '2-2', '1', '1', '0', 'no'],
    [smt(8), 'two', 4, 0, '1-1 2-2 3-3 4-4', '', '', '0', 'no'],
    [smt(8), 'two', 4, 1, '2-2 3-3 4-4 5-5', '1', '1', '0', 'no'],
  ];
  for (const [cpus, machines, pairs, threads, ...expected] of told) {
    it(`${cpus.length} CPUs, ${new Set(cpus.map(({ core }) => core)).size} cores, ${machines} machine(s), ${pairs} pairs, ${threads} threads`, () => {
      const hosts = { near: { cpus }, far: { cpus: cpus.toReversed() }, sameMachine: machines === 'one' };
      const placement = PlacementSchema.parse(
        placeCase({ location: 'remote', pairs, placement: 'spread' }, hosts, threads),
      );
      const { far, sharedCpu, sharedHousekeeping } = placement;
      assert.deepEqual(far?.housekeeping, placement.housekeeping);
      assert.deepEqual(
        [
          placement.pairs.map(({ source, sink }) => `${source}-${sink}`).join(' '),
          placement.switch.join(','),
          far?.switch.join(','),
          placement.housekeeping.join(','),
          sharedCpu ? 'cpu' : sharedHousekeeping ? 'hk' : 'no',
        ],
        expected,
      );
    });
  }

  it('is that of one host for a local case, whatever else there is', () => {
    const hosts = { near: { cpus: plain(4) }, far: { cpus: plain(2) }, sameMachine: false };
    assert.deepEqual(placeCase({ location: 'local', pairs: 2, placement: 'spread' }, hosts, 1), {
      ...placeTrial(plain(4), 2, 1),
      unlikeCpus: false,
    });
    assert.deepEqual(placeCase({ location: 'local', pairs: 2, placement: 'spread' }, { ...hosts, far: null }, 1), {
      ...placeTrial(plain(4), 2, 1),
      unlikeCpus: false,
    });
  });

  it('places each host by its own CPUs, and tells of sharing on either', () => {
    const remote = { location: 'remote', pairs: 2, placement: 'spread' } as const;
    const [small, large] = [{ cpus: plain(2) }, { cpus: plain(8).slice(4) }];
    const {
      pairs,
      switch: near,
      far,
      sharedCpu,
    } = placeCase(remote, { near: large, far: small, sameMachine: false }, 1);
    assert.deepEqual(
      pairs.map(({ source, sink }) => [source, sink]),
      [
        [6, 0],
        [7, 0],
      ],
    );
    assert.deepEqual([near, far], [[5], { switch: [1], housekeeping: [0] }]);
    assert.equal(sharedCpu, true);
    assert.equal(placeCase(remote, { near: large, far: large, sameMachine: false }, 1).sharedCpu, false);
  });

  it('refuses a remote case without a far host', () => {
    const hosts = { near: { cpus: plain(4) }, far: null, sameMachine: false };
    assert.throws(() => placeCase({ location: 'remote', pairs: 1, placement: 'spread' }, hosts, 0), RangeError);
  });

  it('on two machines no poller meets an application on a CPU, and ends are spread evenly', () => {
    for (const cpus of [1, 2, 3, 4, 6, 8].flatMap((count) => [plain(count), smt(count), twoNodes(count)])) {
      for (const pairs of [1, 2, 3, 4, 8]) {
        for (const threads of [0, 1, 2, 4]) {
          const hosts = { near: { cpus }, far: { cpus }, sameMachine: false };
          const {
            pairs: placed,
            switch: own,
            far,
            sharedCpu,
          } = placeCase({ location: 'remote', pairs, placement: 'spread' }, hosts, threads);
          assert.equal(placed.length, pairs);
          assert.equal(sharedCpu, threads + pairs > cpus.length);
          for (const [ends, pollers] of [
            [placed.map(({ source }) => source), own],
            [placed.map(({ sink }) => sink), far?.switch ?? assert.fail()],
          ] as const) {
            assert.equal(pollers.length, threads);
            if (cpus.length > 1) assert.ok(!ends.some((cpu) => pollers.includes(cpu)));
            const loads = [...new Set(ends)].map((cpu) => ends.filter((other) => other === cpu).length);
            assert.ok(Math.max(...loads) - Math.min(...loads) <= 1);
          }
        }
      }
    }
  });
});

describe('pollers of which no two may be on one CPU', () => {
  const switchCpus = (count: number, threads: number, pairs: number) =>
    placeCase(
      { location: 'local', pairs, placement: 'spread' },
      { near: { cpus: plain(count) }, far: null, sameMachine: false },
      threads,
      { apart: true },
    );
  it('have a CPU each, also beside applications, which are on all others or, where there are none, on all', () => {
    const placed = switchCpus(2, 2, 1);
    assert.deepEqual([placed.switch, placed.pairs, placed.sharedCpu], [[1, 0], [{ source: 0, sink: 1 }], true]);
    const more = switchCpus(3, 2, 2);
    assert.deepEqual(
      [more.switch, more.pairs.flatMap(({ source, sink }) => [source, sink])],
      [
        [1, 2],
        [0, 0, 0, 0],
      ],
    );
  });
  it('leave a CPU to housekeeping, where there is one more', () => {
    for (const threads of [2, 3, 5]) {
      const { switch: own, housekeeping } = switchCpus(threads + 1, threads, 4);
      assert.ok(
        housekeeping.some((cpu) => !own.includes(cpu)),
        `${threads}: ${housekeeping}, ${own}`,
      );
    }
  });
  it('are placed as all others where there are CPUs enough', () => {
    assert.deepEqual(switchCpus(8, 2, 2), {
      ...placeTrial(plain(8), 2, 2),
      unlikeCpus: false,
    });
  });
  it('are those of each host, where two hosts share the CPUs of one machine', () => {
    const hosts = { near: { cpus: plain(2) }, far: { cpus: plain(2) }, sameMachine: true };
    const placed = placeCase({ location: 'remote', pairs: 1, placement: 'spread' }, hosts, 2, { apart: true });
    assert.deepEqual(
      [placed.switch, placed.far?.switch],
      [
        [1, 0],
        [1, 0],
      ],
    );
  });
});

function checkPromises(cpus: Cpu[], pairs: number, switchThreads: number): void {
  const placement = PlacementSchema.parse(placeTrial(cpus, pairs, switchThreads));
  const told = `${cpus.length} CPUs, ${pairs} pairs, ${switchThreads} threads: ${JSON.stringify(placement)}`;
  const applications = placement.pairs.flatMap(({ source, sink }) => [source, sink]);
  const threads = [...placement.switch, ...applications];
  const known = new Set(cpus.map((cpu) => cpu.id));
  assert.ok(
    [...threads, ...placement.housekeeping].every((cpu) => known.has(cpu)),
    told,
  );
  assert.equal(placement.pairs.length, pairs, told);
  assert.equal(placement.switch.length, switchThreads, told);
  assert.ok(placement.housekeeping.length > 0, told);
  assert.equal(placement.sharedCpu, new Set(threads).size < threads.length, told);
  assert.equal(placement.sharedCpu, threads.length > cpus.length, told);
  if (!placement.sharedHousekeeping) assert.ok(!threads.some((cpu) => placement.housekeeping.includes(cpu)), told);
  if (cpus.length === 1) return;
  assert.ok(!placement.switch.some((cpu) => applications.includes(cpu)), `a poller beside an application: ${told}`);
  const usedByApplications = new Set(applications);
  const loads = [...usedByApplications].map((cpu) => applications.filter((other) => other === cpu).length);
  assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, `uneven: ${told}`);
  if (usedByApplications.size > 1) {
    assert.ok(
      placement.pairs.every(({ source, sink }) => source !== sink),
      `a pair on one CPU: ${told}`,
    );
  }
}
