// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import { parseCpuTimes, takeCpuSnapshot } from './cpu.ts';

/** As Linux 6.1 prints it; columns are user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
const STAT = `cpu  198801 433 100216 640772 3092 10 47773 132 0 0
cpu0 67440 187 43621 337187 631 10 46500 63 0 0
cpu11 131361 245 56595 303585 2460 0 1273 68 0 0
intr 3707154 0 0 0
ctxt 9876
btime 1700000000
softirq 47773 0 1
`;

describe('parseCpuTimes', () => {
  it('reads each CPU and not their sum', () => {
    assert.deepEqual([...parseCpuTimes(STAT).keys()], [0, 11]);
  });
  it('counts neither idle time, nor waiting, nor steal as busy', () => {
    // (67440 + 187 + 43621 + 10 + 46500) ticks of 10 ms
    assert.deepEqual(parseCpuTimes(STAT).get(0), { busyS: 1577.58, softirqS: 465, stealS: 0.63 });
  });
  it('takes columns that an old kernel does not have as 0', () => {
    assert.deepEqual(parseCpuTimes('cpu0 100 0 50 1000\n').get(0), { busyS: 1.5, softirqS: 0, stealS: 0 });
  });
});

describe('takeCpuSnapshot', () => {
  it('sums the time of the threads that are asked for, and passes over one that is gone', async (t) => {
    const host = new FakeHost(t).put({
      '/proc/stat': STAT,
      '/proc/5/stat': procStat(5, { name: 'ksoftirqd/0', userTicks: 1, systemTicks: 149 }),
      '/proc/6/stat': procStat(6, { userTicks: 50, systemTicks: 0 }),
    });
    host.nowNs = 5_000_000_123;
    const snapshot = await takeCpuSnapshot(host, [5, 6, 7]);
    assert.equal(snapshot.atNs, 5_000_000_123);
    assert.equal(snapshot.threadsS, 2);
    assert.equal(snapshot.cpus.get(11)?.stealS, 0.68);
  });
  it('has no CPU where /proc is not mounted', async (t) => {
    const snapshot = await takeCpuSnapshot(new FakeHost(t), []);
    assert.equal(snapshot.cpus.size, 0);
    assert.equal(snapshot.threadsS, 0);
  });
});
