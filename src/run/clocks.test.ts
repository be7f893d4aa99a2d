// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { CLOCK_DRIFT_PPM_MAX, clockDrifts, clockOffsetNs, toNearClock, worstDriftPpm } from './clocks.ts';

describe('clockOffsetNs', () => {
  it('is the difference of the epochs of two hosts that share a clock, to the nanosecond', async (t) => {
    const [near, far] = [new FakeHost(t), new FakeHost(t)];
    near.epochNs = 9_200_000_003_000_000_000n;
    far.epochNs = 9_200_000_001_000_000_000n;
    // The same instant of the one clock, as either tells it.
    [near.nowNs, far.nowNs] = [500_000_001, 2_500_000_001];
    assert.equal(await clockOffsetNs(near, far, true), far.nowNs - near.nowNs);
  });
  it('takes the quickest of several exchanges with another machine, and the middle of it', async (t) => {
    const [near, far] = [new FakeHost(t), new FakeHost(t)];
    const spansNs = [9000, 100, 7000, 5000, 3000];
    let asked = 0;
    near.monotonicNs = async () => {
      // Half of an exchange has gone by before the far clock is read, and half after.
      if (asked % 2 === 1) near.advance(spansNs[(asked - 1) / 2] ?? 0);
      asked += 1;
      return near.nowNs;
    };
    far.monotonicNs = async () => near.nowNs + 1_000_000 + (spansNs[(asked - 1) / 2] === 100 ? 50 : 4000);
    assert.equal(await clockOffsetNs(near, far, false), 1_000_000);
  });
});

it('toNearClock moves samples by as much as the far clock is ahead', () => {
  const counts = {
    given_up_packets: 0,
    tx_packets: 0,
    rx_packets: 0,
    rx_unique_packets: 0,
    cpu_ns: 0,
    minor_faults: 0,
    polls: 0,
    empty_polls: 0,
  };
  const [moved] = toNearClock([{ v: 2, type: 'sample', t_ns: 5000, ...counts }], 2000);
  assert.equal(moved?.t_ns, 3000);
});

it('worstDriftPpm is that of the application furthest off, whichever way', () => {
  const finals = [3, null, -70, 40].map((ppm) => ({ clock_drift_ppm: ppm }));
  assert.equal(worstDriftPpm(finals), -70);
  assert.equal(worstDriftPpm([{ clock_drift_ppm: null }]), null);
  assert.equal(worstDriftPpm([]), null);
});

describe('the clocks of a trial', () => {
  const CASES: [string, boolean, number | null, (string | null)[][]][] = [
    ['are sound where counter and kernel agree', false, 2, [['tsc', 'tsc']]],
    ['are sound up to the limit', false, -CLOCK_DRIFT_PPM_MAX, [['kvm-clock', 'kvm-clock']]],
    ['drift beyond it, either way', true, -CLOCK_DRIFT_PPM_MAX - 0.1, [['tsc', 'tsc']]],
    [
      'are in doubt where the kernel of either host has left the counter',
      true,
      0,
      [
        ['tsc', 'tsc'],
        ['tsc', 'hpet'],
      ],
    ],
    ['are in doubt where it never was on it', true, 0, [['acpi_pm', 'acpi_pm']]],
    ['are in doubt where it has changed its mind, be it for the better', true, 0, [['hpet', 'tsc']]],
    ['are not doubted where nobody says anything', false, null, [[null, null]]],
  ];
  for (const [what, drifts, ppm, sources] of CASES) {
    it(what, () => {
      const hosts = sources.map(([before = null, after = null]) => ({ before, after }));
      assert.equal(clockDrifts(ppm, hosts), drifts);
    });
  }
});
