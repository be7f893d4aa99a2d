// SPDX-License-Identifier: Apache-2.0
// What a trial measures, played in virtual time on hosts with clocks of their own: figures that are known beforehand must come out.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { PACKETS, type Play, play, RATE_PPS, SWITCH_CPUS } from '../../test/fixtures/trial.ts';

async function measured(t: TestContext, how: Play = {}) {
  const { trial, events } = await play(t, how);
  assert.deepEqual(trial.outcome, { outcome: 'measured' });
  assert.ok(trial.measurement !== null);
  return { ...trial.measurement, events };
}

describe('a trial that is played', { timeout: 20_000 }, () => {
  it('measures what was sent and received, from the first sample of the window to the last', async (t) => {
    const { throughputPps, offeredPps, offeredPackets, lostPackets } = await measured(t);
    assert.deepEqual([throughputPps, offeredPps, offeredPackets, lostPackets], [RATE_PPS, RATE_PPS, PACKETS, 0]);
  });

  it('counts from before the first packet, whatever the counters stood at', async (t) => {
    const { ledgers } = await measured(t);
    assert.deepEqual(
      ledgers[0]?.hops.map(({ packets }) => packets),
      Array.from({ length: 6 }, () => PACKETS),
    );
  });

  it("has the switch's CPU time of the window, and not that of the warm-up", async (t) => {
    const { cpu, durationS } = await measured(t);
    assert.ok(Math.abs(cpu.switch - SWITCH_CPUS) < 0.02, `${cpu.switch}`);
    assert.ok(durationS <= 1);
  });

  it('takes its first counts when the counters stand still', async (t) => {
    const { events } = await measured(t, { restless: 3 });
    // The switch is asked before the interfaces are: what they have at the third look it has at the fourth, and the fifth is equal.
    const before = events.slice(0, events.indexOf('sink start'));
    assert.equal(before.filter((event) => event === 'look').length, 5);
  });

  it('takes its last counts when the switch has counted what it held', async (t) => {
    const { ledgers } = await measured(t, { trailing: 3 });
    assert.deepEqual(new Set(ledgers[0]?.hops.map(({ packets }) => packets)), new Set([PACKETS]));
  });

  it('asks whether the switch knows everybody, then starts sinks, then sources, and ends them in that order', async (t) => {
    const { events } = await measured(t);
    const order = ['settled?', 'sink start', 'source start', 'sink stop', 'source stop'];
    assert.deepEqual(
      [...new Set(events)].filter((event) => order.includes(event)),
      order,
    );
  });

  it('lines samples of the far host up with the near clock', async (t) => {
    const { throughputPps, samples } = await measured(t, { remote: true });
    assert.equal(throughputPps, RATE_PPS);
    // Counted at the same instants, what was sent has arrived.
    for (const { offeredPackets, receivedPackets } of samples) assert.equal(receivedPackets, offeredPackets);
    assert.ok(samples.length >= 10);
  });

  it('tells no delay from one clock to another, and does where there is one', async (t) => {
    assert.equal((await measured(t, { remote: true })).latencyNs, undefined);
    t.mock.restoreAll();
    assert.equal((await measured(t, { remote: true, sameMachine: true })).latencyNs?.oneWay?.p50, 5000);
  });

  it('stops no container that LXC has ended well', async (t) => {
    const { trial, undos } = await play(t);
    assert.deepEqual(trial.outcome, { outcome: 'measured' });
    const containers = undos.filter((event) => event.includes('stop-container vswbench-0-'));
    assert.deepEqual(containers.filter((event) => event.startsWith('undo ')).length, 2);
    assert.deepEqual(
      containers.filter((event) => event.startsWith('undone ')),
      [],
    );
  });

  it('is not measured where something could not be undone', async (t) => {
    const { trial } = await play(t, { leftovers: ['vswc0source is still there'] });
    assert.deepEqual(trial.outcome, { outcome: 'failed', step: 'clean up', reason: 'vswc0source is still there' });
  });
});
