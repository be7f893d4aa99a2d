// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import { interruptsBetween, parseCpuTimes, parseInterrupts, parsePressureS, takeCpuSnapshot } from './cpu.ts';

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
    assert.deepEqual(parseCpuTimes(STAT).get(0), {
      ...{ busyS: 1577.58, idleS: 3378.18, irqS: 0.1, softirqS: 465, stealS: 0.63 },
    });
  });
  it('takes columns that an old kernel does not have as 0', () => {
    assert.deepEqual(parseCpuTimes('cpu0 100 0 50 1000\n').get(0), {
      ...{ busyS: 1.5, idleS: 10, irqS: 0, softirqS: 0, stealS: 0 },
    });
  });
});

describe('parseInterrupts', () => {
  it('sums what each CPU served, by number, and passes over rows that are of no CPU', () => {
    const text =
      '           CPU0       CPU3       \n 24:          1          20  IO-APIC   5-edge      ACPI:Ged\n' +
      'LOC:        300       4000   Local timer interrupts\nERR:          7\nMIS:          0\n';
    assert.deepEqual(
      [...parseInterrupts(text)],
      [
        [0, 301],
        [3, 4020],
      ],
    );
    assert.equal(parseInterrupts('').size, 0);
  });
});

describe('interruptsBetween', () => {
  it('is what was served, also where a counter of 32 bits began anew', () => {
    assert.equal(interruptsBetween(1000, 1250), 250);
    assert.equal(interruptsBetween(7, 7), 0);
    // One of three kinds passed 2^32 meanwhile: its share of the sum is 2^32 less.
    assert.equal(interruptsBetween(3 * 2 ** 32 - 30, 2 * 2 ** 32 + 70), 100);
  });
});

describe('parsePressureS', () => {
  it('reads the total of tasks that waited, where the kernel keeps it', () => {
    assert.equal(
      parsePressureS('some avg10=0.00 avg60=0.12 avg300=0.05 total=2500000\nfull avg10=0.00 total=0\n'),
      2.5,
    );
    assert.equal(parsePressureS(''), null);
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
  it('tells the frequency of the CPUs asked for: from cpufreq, else from /proc/cpuinfo', async (t) => {
    const host = new FakeHost(t).put({
      '/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '2100000\n',
      '/proc/cpuinfo':
        'processor\t: 0\nmodel name\t: x\ncpu MHz\t\t: 1.5\n\nprocessor\t: 1\ncpu MHz\t\t: 2600.125\n\nprocessor\t: 2\ncpu MHz\t\t: 9\n',
    });
    const snapshot = await takeCpuSnapshot(host, [], [0, 1]);
    assert.deepEqual(
      [...snapshot.frequencyMhz],
      [
        [0, 2100],
        [1, 2600.125],
      ],
    );
    assert.equal((await takeCpuSnapshot(new FakeHost(t), [], [0])).frequencyMhz.size, 0);
  });
  it('has no CPU where /proc is not mounted', async (t) => {
    const snapshot = await takeCpuSnapshot(new FakeHost(t), []);
    assert.equal(snapshot.cpus.size, 0);
    assert.equal(snapshot.threadsS, 0);
  });
});
