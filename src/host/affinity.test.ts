// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { allowedCpus, usableCpuIds } from './affinity.ts';

const V1 = { '/proc/mounts': 'cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n' };
const V2 = { '/proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n' };

describe('allowedCpus', () => {
  it('is what taskset or a container leaves us', async (t) => {
    const host = new FakeHost(t).put({
      '/proc/self/status': 'Name:\tnode\nCpus_allowed:\t5\nCpus_allowed_list:\t0,2\n',
    });
    assert.deepEqual(await allowedCpus(host), [0, 2]);
  });
});

describe('usableCpuIds', () => {
  interface Row {
    name: string;
    affinity: string;
    isolated?: number[];
    files?: Record<string, string>;
    expected: number[];
  }
  const ROWS: Row[] = [
    { name: 'all where nothing is taken away', affinity: '0-3', expected: [0, 1, 2, 3] },
    { name: 'what taskset leaves', affinity: '0', expected: [0] },
    {
      name: 'isolated ones too: the kernel alone has left them out',
      affinity: '0-1',
      isolated: [2, 3],
      expected: [0, 1, 2, 3],
    },
    {
      name: 'not the isolated ones where taskset has left out others as well',
      affinity: '0',
      isolated: [2, 3],
      expected: [0],
    },
    { name: 'isolated ones that taskset names', affinity: '2-3', isolated: [2, 3], expected: [2, 3] },
    {
      name: 'no isolated one that a cpuset forbids (cgroup v2)',
      affinity: '0-1',
      isolated: [2, 3],
      files: { ...V2, '/proc/self/cgroup': '0::/slurm/job\n', '/sys/fs/cgroup/slurm/cpuset.cpus.effective': '0-2\n' },
      expected: [0, 1, 2],
    },
    {
      name: 'no isolated one that a cpuset forbids (cgroup v1)',
      affinity: '0-1',
      isolated: [2, 3],
      files: {
        ...V1,
        '/proc/self/cgroup': '3:cpuset:/a\n',
        '/sys/fs/cgroup/cpuset/a/cpuset.effective_cpus': '0-1,3\n',
      },
      expected: [0, 1, 3],
    },
  ];
  for (const { name, affinity, isolated = [], files = {}, expected } of ROWS) {
    it(name, async (t) => {
      const host = new FakeHost(t).put({ '/proc/self/status': `Cpus_allowed_list:\t${affinity}\n`, ...files });
      assert.deepEqual(await usableCpuIds(host, [0, 1, 2, 3], isolated), expected);
    });
  }
});
