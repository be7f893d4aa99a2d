// SPDX-License-Identifier: Apache-2.0
// A trial from its containers to its figures on scripted hosts, whose clocks differ, with applications and counters of which all is known
// beforehand: what comes out has to be just that.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { histogramOf, testCase } from '../../test/fixtures/campaign.ts';
import { FakeHost, FakeProcess, FakeUndoStack, procStat } from '../../test/fixtures/host.ts';
import type { FinalLine, RxTotals, SampleLine, TxTotals } from '../model/dataplane.ts';
import type { TestCase } from '../model/testcase.ts';
import type { PortCounters, RunningSwitch } from '../switches/driver.ts';
import type { Side } from './testbed.ts';
import { runTrial, type TrialContext } from './trial.ts';

const [WARMUP_MS, DURATION_MS, COOLDOWN_MS] = [300, 300, 100];
const MS = 1e6;
/** A packet each 100 µs, all of which arrive. */
const PPS = 10_000;
const OFFERED = ((WARMUP_MS + DURATION_MS + COOLDOWN_MS) * PPS) / 1000;
const STEADY = (DURATION_MS * PPS) / 1000;
/** How far the clocks are ahead of this process: another second on each host. */
const NEAR_AHEAD_NS = 5e9;
const FAR_AHEAD_NS = 1000e9;
/** What the counters of the switch said before the trial. */
const BEFORE = 1_000_000;
const SWITCH_PID = 77;

/** A host whose clock runs, and on which the switch uses a CPU while the warm-up lasts and a quarter of it afterwards. */
class ScriptedHost extends FakeHost {
  readonly aheadNs: number;
  /** When the sources began, of this host's clock. */
  startedNs = Number.POSITIVE_INFINITY;

  constructor(t: TestContext, aheadNs: number) {
    super(t);
    this.aheadNs = aheadNs;
    this.folders.add(DIRECTORY);
    this.answer(/^lxc-info .*--pid/, { stdout: '50\n' });
    this.put({ '/proc/50/stat': procStat(50) });
  }

  override async monotonicNs(): Promise<number> {
    return performance.now() * MS + this.aheadNs;
  }

  override async read(path: string): Promise<string | null> {
    if (path !== `/proc/${SWITCH_PID}/stat`) return super.read(path);
    const sinceMs = Math.max(0, ((await this.monotonicNs()) - this.startedNs) / MS);
    const busyMs = Math.min(sinceMs, WARMUP_MS) + Math.max(0, sinceMs - WARMUP_MS) / 4;
    return procStat(SWITCH_PID, { userTicks: Math.round(busyMs / 10) });
  }
}

const DIRECTORY = '/run/vswbench/containers';

/** A sample each 20 ms from the begin of the traffic to its end, in the clock of a host. */
function samples(counter: 'tx_packets' | 'rx_packets', beginNs: number, aheadNs: number): SampleLine[] {
  const lastMs = WARMUP_MS + DURATION_MS + COOLDOWN_MS;
  return Array.from({ length: lastMs / 20 + 1 }, (_, index) => ({
    ...{ v: 2, type: 'sample', t_ns: Math.round(beginNs + aheadNs + index * 20 * MS), cpu_ns: index * 20 * MS },
    ...{ tx_packets: 0, rx_packets: 0, rx_unique_packets: 0, minor_faults: 0, polls: 0, empty_polls: 0 },
    [counter]: index * 20 * (PPS / 1000),
    ...(counter === 'rx_packets' ? { rx_unique_packets: index * 20 * (PPS / 1000) } : {}),
  }));
}

function finalLine(role: FinalLine['role'], beginNs: number, tx: TxTotals | null, rx: RxTotals | null): FinalLine {
  const delays = rx === null ? null : { ...histogramOf(new Array<number>(100).fill(50_000)) };
  return {
    ...{ v: 2, type: 'final', role, io: 'dpdk', started_ns: Math.round(beginNs), ended_ns: Math.round(beginNs) + 7e8 },
    ...{ stopped_by: 'duration', tx, rx, cpu_ns: 7e8, voluntary_switches: 0, involuntary_switches: 0 },
    latency: { rtt_intended: null, rtt_actual: null, one_way_intended: delays, one_way_actual: delays },
    ...{ minor_faults: 0, clock_drift_ppm: 0, cycles: null, instructions: null, polls: 0, empty_polls: 0 },
  };
}

/** A sender that does what it is told to, and a receiver that gets all of it. */
function applications(near: ScriptedHost, far: ScriptedHost) {
  const ready = (role: string) => ({
    ...{ v: 2, type: 'ready', role, io: 'dpdk', device: 'd', pid: 7, cpu: 0, ticks_hz: 2.6e9, run: 5, path: null },
    ...{ payload_bytes: 22, frame_bytes: 64, tx_queue_bytes: null, rx_queue_bytes: null, rx_moderation: false },
  });
  const story: string[] = [];
  const [source, sink] = [new FakeProcess(), new FakeProcess()];
  let begunNs = 0;
  source.send = (line) => {
    story.push(`source ${line.split(' ')[0]}`);
    if (line === 'stop') source.end();
    if (!line.startsWith('start ')) return;
    const startNs = Number(line.slice(6));
    begunNs = startNs - near.aheadNs;
    near.startedNs = startNs;
    far.startedNs = begunNs + far.aheadNs;
    for (const sample of samples('tx_packets', begunNs, near.aheadNs)) source.print(sample);
    const tx: TxTotals = {
      ...{ intended_packets: OFFERED, offered_packets: OFFERED, offered_bytes: OFFERED * 64, refused_packets: 0 },
      ...{ missed_packets: 0, error_packets: 0, max_behind_ns: 0, max_debt_ns: 1e7, steady_given_up_packets: 0 },
      ...{ steady_intended_packets: STEADY, steady_offered_packets: STEADY },
      steady_begin_ns: Math.round(startNs + WARMUP_MS * MS),
      steady_end_ns: Math.round(startNs + (WARMUP_MS + DURATION_MS) * MS),
    };
    source.print(finalLine('sender', startNs, tx, null));
  };
  let stops = 0;
  sink.send = (line) => {
    story.push(`sink ${line.split(' ')[0]}`);
    if (line.startsWith('start')) {
      const [first] = samples('rx_packets', performance.now() * MS, far.aheadNs);
      if (first !== undefined) sink.print({ ...first, t_ns: first.t_ns - 1e9 });
    }
    if (line !== 'stop') return;
    stops += 1;
    if (stops === 2) return sink.end();
    for (const sample of samples('rx_packets', begunNs, far.aheadNs)) sink.print(sample);
    const rx: RxTotals = {
      ...{
        packets: OFFERED,
        bytes: OFFERED * 64,
        unique_packets: OFFERED,
        duplicated_packets: 0,
        reordered_packets: 0,
      },
      ...{ corrupted_packets: 0, unidentified_packets: 0, foreign_packets: 0, late_packets: 0, dropped_packets: 0 },
      ...{ steady_packets: STEADY, steady_corrupted_packets: 0, highest_sequence: OFFERED - 1 },
    };
    sink.print(finalLine('receiver', begunNs + far.aheadNs, null, rx));
  };
  near.onStart(/--name vswbench-0-source /, () => {
    source.print(ready('sender'));
    return source;
  });
  far.onStart(/--name vswbench-0-sink /, () => {
    sink.print(ready('receiver'));
    return sink;
  });
  return story;
}

interface Bench {
  location: TestCase['location'];
  sameMachine?: boolean;
  /** What cannot be undone. */
  leftover?: string;
}

async function trialOf(t: TestContext, { location, sameMachine = false, leftover }: Bench) {
  const near = new ScriptedHost(t, NEAR_AHEAD_NS);
  const far = location === 'local' ? near : new ScriptedHost(t, sameMachine ? NEAR_AHEAD_NS : FAR_AHEAD_NS);
  const story = applications(near, far);
  const ends = location === 'local' ? (['source', 'sink'] as const) : (['source'] as const);
  const sideOf = (role: Side['role'], host: ScriptedHost, ends: readonly ('source' | 'sink')[]) => {
    const undo = Object.assign(new FakeUndoStack(host), { close: async () => [] });
    if (leftover !== undefined) undo.unwindTo = async () => [leftover];
    const side: Side = {
      ...{ role, host, undo, artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] }, cpus: [] },
      ...{ uplink: null, clocksource: null, directory: `/run/vswbench/${role}` },
      containers: { path: DIRECTORY, ipv6: false },
    };
    let reads = 0;
    const running: RunningSwitch = {
      ports: ends.map((end) => ({ pair: 0, end, kind: 'vhost-user', directory: '/s', device: 'd' })),
      flags: [],
      settled: async () => {
        story.push('settled');
        return null;
      },
      counters: async () => {
        reads += 1;
        story.push(`counters ${reads}`);
        const packets = BEFORE + (reads === 1 ? 0 : OFFERED);
        const of = (end: 'source' | 'sink'): PortCounters => ({
          ...{ pair: 0, end, inPackets: BEFORE, outPackets: BEFORE, drops: [] },
          ...(end === 'source' ? { inPackets: packets } : { outPackets: packets }),
        });
        return ends.map(of);
      },
      threads: async () => [SWITCH_PID],
      health: async () => null,
    };
    return { side, running };
  };
  const sides = [sideOf('near', near, ends), ...(location === 'remote' ? [sideOf('far', far, ['sink'])] : [])];
  const context: TrialContext = {
    ...{ sameMachine, signal: new AbortController().signal, warmupMs: WARMUP_MS, warmupAuto: false },
    durationMs: DURATION_MS,
  };
  const placement = {
    ...{ pairs: [{ source: 0, sink: 1 }], switch: [2], housekeeping: [3], sharedCpu: false, sharedHousekeeping: false },
    far: location === 'remote' ? { switch: [2], housekeeping: [3] } : null,
  };
  const test = testCase({ location, io: 'dpdk', port: 'vhost-user', switch: 'ovs', rate: PPS, wait: 'poll' });
  const ended = await runTrial(context, { testCase: test, placement, round: 0, ordinal: 0, seed: 1, runTag: 5 }, sides);
  return { ended, story };
}

describe('a trial of which all is known', { timeout: 60_000 }, () => {
  it('tells what was sent, received and used within the window, and not what was before it', async (t) => {
    const { ended, story } = await trialOf(t, { location: 'local' });
    assert.deepEqual(ended.outcome, { outcome: 'measured' });
    const { measurement } = ended;
    assert.ok(measurement !== null);
    assert.equal(Math.round(measurement.throughputPps), PPS);
    assert.deepEqual(
      [measurement.offeredPackets, measurement.receivedPackets, measurement.lostPackets],
      [OFFERED, OFFERED, 0],
    );
    assert.deepEqual([measurement.steadyOfferedPackets, measurement.steadyReceivedPackets], [STEADY, STEADY]);
    // A quarter of a CPU in the window; with the warm-up it would be five eighths.
    assert.ok(measurement.cpu.switch > 0.1 && measurement.cpu.switch < 0.45, `switch ${measurement.cpu.switch}`);
    const [ledger] = measurement.ledgers;
    assert.deepEqual(
      ledger?.hops.map(({ packets }) => packets),
      [OFFERED, OFFERED, OFFERED, OFFERED],
    );
    assert.equal(measurement.latencyNs?.oneWay?.count, 100);
    // Who receives is at work before anybody sends, and counters stand around all of it.
    const order = ['settled', 'counters 1', 'sink start', 'source start', 'sink stop', 'counters 2', 'source stop'];
    assert.deepEqual(
      story.filter((step, index) => story.indexOf(step) === index),
      order,
    );
  });

  it('lines up the samples of a far host by the difference of the clocks, and makes no delay of it', async (t) => {
    const { ended } = await trialOf(t, { location: 'remote' });
    assert.deepEqual(ended.outcome, { outcome: 'measured' });
    assert.equal(Math.round(ended.measurement?.throughputPps ?? 0), PPS);
    assert.equal(ended.measurement?.latencyNs?.oneWay, undefined);
    assert.deepEqual(Object.keys(ended.histograms), []);
    // All of the far host's progress, at the times of the near one's clock.
    const steady = ended.measurement?.samples.filter(({ steady }) => steady) ?? [];
    assert.ok(steady.length >= DURATION_MS / 20 - 1, `${steady.length} samples`);
    assert.ok(steady.every(({ offeredPackets, receivedPackets }) => Math.abs(offeredPackets - receivedPackets) <= 200));
  });

  it('gives delays where two hosts are parts of one machine', async (t) => {
    const { ended } = await trialOf(t, { location: 'remote', sameMachine: true });
    assert.deepEqual(ended.outcome, { outcome: 'measured' });
    assert.equal(ended.measurement?.latencyNs?.oneWay?.count, 100);
  });

  it('is not measured where something could not be undone', async (t) => {
    const { ended } = await trialOf(t, { location: 'local', leftover: 'bridge vswbr0 is still there' });
    assert.deepEqual(ended.outcome, { outcome: 'failed', step: 'clean up', reason: 'bridge vswbr0 is still there' });
  });
});
