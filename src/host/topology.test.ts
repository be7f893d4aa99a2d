// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { altra } from '../../test/fixtures/machines/altra.ts';
import { board } from '../../test/fixtures/machines/board.ts';
import { epyc } from '../../test/fixtures/machines/epyc.ts';
import { guest } from '../../test/fixtures/machines/guest.ts';
import { hybrid } from '../../test/fixtures/machines/hybrid.ts';
import { xeon } from '../../test/fixtures/machines/xeon.ts';
import type { Cpu } from '../model/inventory.ts';
import { cpusOf, topologyOf } from './topology.ts';

/** How many there are of what CPUs with an equal value share. */
function count(cpus: readonly Cpu[], of: (cpu: Cpu) => unknown): number {
  return new Set(cpus.map(of)).size;
}

describe('cpusOf', () => {
  const CASES: [string, Record<string, string>, Record<'cores' | 'sockets' | 'nodes' | 'kinds' | 'caches', number>][] =
    [
      ['two-socket Xeon', xeon, { cores: 40, sockets: 2, nodes: 2, kinds: 1, caches: 2 }],
      ['EPYC with chiplets', epyc, { cores: 64, sockets: 1, nodes: 1, kinds: 1, caches: 8 }],
      ['hybrid laptop', hybrid, { cores: 16, sockets: 1, nodes: 1, kinds: 2, caches: 1 }],
      ['80-core Arm server, whose core_id is 0 or 1', altra, { cores: 80, sockets: 1, nodes: 1, kinds: 1, caches: 80 }],
      ['clustered Arm board, whose core_id repeats', board, { cores: 8, sockets: 1, nodes: 1, kinds: 2, caches: 1 }],
      ['2-CPU guest', guest, { cores: 2, sockets: 1, nodes: 1, kinds: 1, caches: 1 }],
    ];
  for (const [name, files, expected] of CASES) {
    it(name, async (t) => {
      const cpus = await cpusOf(new FakeHost(t).put(files));
      assert.deepEqual(
        {
          cores: count(cpus, ({ socket, core }) => `${socket}/${core}`),
          sockets: count(cpus, ({ socket }) => socket),
          nodes: count(cpus, ({ node }) => node),
          kinds: count(cpus, ({ kind }) => kind),
          caches: count(cpus, ({ cache }) => cache),
        },
        expected,
      );
    });
  }

  it('tells siblings by the lists: 40 apart, 64 apart, in pairs', async (t) => {
    const coreOf = async (files: Record<string, string>, id: number) =>
      (await cpusOf(new FakeHost(t).put(files))).find((cpu) => cpu.id === id)?.core;
    assert.equal(await coreOf(xeon, 61), 21);
    assert.equal(await coreOf(epyc, 64), 0);
    assert.equal(await coreOf(hybrid, 7), 6);
    assert.equal(await coreOf(hybrid, 17), 17);
  });

  it('takes the older name of the list where there is no other', async (t) => {
    const old = Object.fromEntries(Object.entries(xeon).filter(([path]) => !path.endsWith('core_cpus_list')));
    assert.equal((await cpusOf(new FakeHost(t).put(old))).find(({ id }) => id === 41)?.core, 1);
  });

  it('leaves out CPUs that are offline', async (t) => {
    const host = new FakeHost(t).put({ ...board, '/sys/devices/system/cpu/online': '0,2-3\n' });
    assert.deepEqual(
      (await cpusOf(host)).map(({ id }) => id),
      [0, 2, 3],
    );
  });

  it('takes CPUs for cores of their own where the kernel does not tell, or says that it does not know', async (t) => {
    const topology = (id: number) => `/sys/devices/system/cpu/cpu${id}/topology`;
    const host = new FakeHost(t).put({
      '/sys/devices/system/cpu/online': '0-1',
      [`${topology(0)}/physical_package_id`]: '-1\n',
      [`${topology(0)}/core_id`]: '0\n',
      [`${topology(1)}/physical_package_id`]: '-1\n',
      [`${topology(1)}/core_id`]: '0\n',
    });
    assert.deepEqual(
      (await cpusOf(host)).map(({ socket, core, die, cache }) => [socket, core, die, cache]),
      [
        [0, 0, null, null],
        [0, 1, null, null],
      ],
    );
  });

  it('tells isolated CPUs, those without a tick, and those that may not be used', async (t) => {
    const host = new FakeHost(t).put({
      ...board,
      '/sys/devices/system/cpu/isolated': '6-7\n',
      '/sys/devices/system/cpu/nohz_full': '7\n',
      '/proc/self/status': 'Cpus_allowed_list:\t4-7\n',
    });
    const cpus = await cpusOf(host);
    const ids = (of: (cpu: Cpu) => boolean) => cpus.filter(of).map(({ id }) => id);
    assert.deepEqual(
      ids(({ isolated }) => isolated),
      [6, 7],
    );
    assert.deepEqual(
      ids(({ nohzFull }) => nohzFull),
      [7],
    );
    assert.deepEqual(
      ids(({ allowed }) => allowed),
      [4, 5, 6, 7],
    );
  });
});

describe('kinds of CPUs', () => {
  const kinds = async (host: FakeHost) => (await cpusOf(host)).map(({ kind }) => kind).join('');

  it('are those of the units that count events, the fast ones first', async (t) => {
    assert.equal(await kinds(new FakeHost(t).put(hybrid)), `${'0'.repeat(16)}${'1'.repeat(8)}`);
  });
  it('are those of Arm’s part numbers; a cluster that is clocked a little lower is of the same kind', async (t) => {
    assert.equal(await kinds(new FakeHost(t).put(board)), '11110000');
  });
  for (const file of ['cpu_capacity', 'acpi_cppc/highest_perf', 'cpufreq/cpuinfo_max_freq']) {
    it(`are told by ${file} alone`, async (t) => {
      const host = new FakeHost(t).put(guest);
      assert.equal(await kinds(host), '00', 'alike where nothing is said');
      for (const [id, value] of [446, 1024].entries())
        host.put({ [`/sys/devices/system/cpu/cpu${id}/${file}`]: `${value}` });
      assert.equal(await kinds(host), '10');
    });
  }
  it('are one where cores differ by a few percent only, however far the first is from the last', async (t) => {
    const host = new FakeHost(t).put(epyc);
    for (let id = 0; id < 128; id += 1) {
      host.put({ [`/sys/devices/system/cpu/cpu${id}/acpi_cppc/highest_perf`]: `${166 + 5 * (id % 14)}` });
    }
    assert.equal(await kinds(host), '0'.repeat(128));
  });
});

describe('topologyOf', () => {
  it('tells each cache beyond the first level once, with those that share it', async (t) => {
    const { caches } = await topologyOf(new FakeHost(t).put(hybrid));
    assert.deepEqual(
      caches.filter(({ cpus }) => cpus.includes('23')),
      [
        { level: 2, type: 'Unified', sizeKib: 2048, cpus: '20-23' },
        { level: 3, type: 'Unified', sizeKib: 24_576, cpus: '0-23' },
      ],
    );
    assert.equal(caches.length, 11, 'eight and two of the second level, one of the third');
  });
  it('tells how far nodes are apart', async (t) => {
    assert.deepEqual((await topologyOf(new FakeHost(t).put(xeon))).distances, { 0: [10, 21], 1: [21, 10] });
  });
  it('tells nothing of a machine that tells nothing', async (t) => {
    assert.deepEqual(await topologyOf(new FakeHost(t)), { caches: [], distances: {} });
  });
});
