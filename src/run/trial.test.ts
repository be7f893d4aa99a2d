// SPDX-License-Identifier: Apache-2.0
// What a trial does when something breaks. That it measures is for the end-to-end tests: it takes packets.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { FakeHost, FakeProcess, FakeUndoStack } from '../../test/fixtures/host.ts';
import type { Artifacts } from '../host/artifacts.ts';
import { HostLostError } from '../host/host.ts';
import type { RunningSwitch } from '../switches/driver.ts';
import type { Side } from './testbed.ts';
import { KeptApplications, runTrial, type TrialContext } from './trial.ts';

const DIRECTORY = '/run/vswbench/containers';
const NET_DEV = 'Inter-|\n face |\n  eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n';

function readyLine(role: string): object {
  return {
    ...{ v: 2, type: 'ready', role, io: 'udp', device: 'eth0', pid: 7, cpu: 0, ticks_hz: 2.6e9 },
    ...{ payload_bytes: 22, frame_bytes: 64, tx_queue_bytes: null, rx_queue_bytes: null, path: null },
    ...{ run: 5, rx_moderation: false },
  };
}

const SILENCE = {
  ...{ tx_packets: 0, rx_packets: 0, rx_unique_packets: 0 },
  ...{ cpu_ns: 0, minor_faults: 0, polls: 0, empty_polls: 0 },
};

/** A pair of containers on a switch that has nothing to do; the measured window is ten minutes long. */
function bench(t: TestContext) {
  const host = new FakeHost(t);
  host.folders.add(DIRECTORY);
  const processes = { source: new FakeProcess(), sink: new FakeProcess() };
  host
    .onStart(/--name vswbench-0-source /, () => processes.source)
    .onStart(/--name vswbench-0-sink /, () => processes.sink)
    .answer(/^lxc-info .*--pid/, { stdout: '50\n' })
    .put({
      '/proc/50/net/dev': NET_DEV,
      '/proc/50/stat': '50 (init) S 1 50 50 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0\n',
    });
  const undo = new FakeUndoStack(host);
  const stop = new AbortController();
  const context: TrialContext = {
    sameMachine: false,
    signal: stop.signal,
    warmupMs: 0,
    warmupAuto: false,
    durationMs: 600_000,
  };
  const artifacts: Artifacts = { programs: '/p', application: '/a', root: '/r', frameworks: [] };
  const side: Side = {
    ...{
      role: 'near',
      host,
      undo: Object.assign(undo, { close: async () => [] }),
      artifacts,
      cpus: [],
      uplink: null,
      uplinkNode: null,
    },
    ...{ hostname: 'testbed-1', clocksource: null, interruptsApart: false },
    ...{ directory: '/run/vswbench/near', containers: { path: DIRECTORY, ipv6: false, appArmor: false } },
  };
  const running: RunningSwitch = {
    nextPorts: () =>
      (['source', 'sink'] as const).map((end) => ({ pair: 0, end, kind: 'netdev', interface: `vswc0${end}` })),
    flags: ['bridge-netfilter'],
    settled: async () => null,
    counters: () => null,
    threads: async () => [],
    health: async () => null,
  };
  const placement = {
    ...{ pairs: [{ source: 0, sink: 1 }], switch: [], housekeeping: [0] },
    ...{ far: null, sharedCpu: false, sharedHousekeeping: true, unlikeCpus: false },
  };
  const plan = {
    testCase: testCase(),
    background: null,
    calibrates: false,
    churn: false,
    placement,
    round: 2,
    ordinal: 3,
    seed: 4,
    runTag: 5,
  };
  return {
    ...{ host, undo, stop, processes, running, artifacts },
    run: (part: Partial<RunningSwitch> = {}, how: Partial<TrialContext> = {}, kept: KeptApplications | null = null) =>
      runTrial({ ...context, ...how }, plan, [{ side, running: { ...running, ...part } }], kept),
    ready: () => {
      processes.source.print(readyLine('sender'));
      processes.sink.print(readyLine('receiver'));
    },
    /** Resolves when the sender has been told to start, which it is only when the receiver is at work. */
    started: async () => {
      while (processes.sink.sent.length === 0) await new Promise((turn) => setImmediate(turn));
      assert.deepEqual(processes.source.sent, []);
      processes.sink.print({ v: 2, type: 'sample', t_ns: 1, ...SILENCE });
      while (processes.source.sent.length === 0) await new Promise((turn) => setImmediate(turn));
    },
  };
}

describe('applications that are kept', () => {
  it('are gone with a trial that failed, and the next one starts its own', async (t) => {
    const b = bench(t);
    const kept = new KeptApplications();
    const failed = b.run({}, {}, kept);
    b.ready();
    await b.started();
    assert.equal(kept.deployments?.length, 2);
    b.processes.sink.end({ exitCode: 1, stderr: 'gone\n' });
    const { outcome, hostnames } = await failed;
    assert.deepEqual([outcome.outcome, hostnames], ['failed', ['testbed-1']], 'with who tried it');
    assert.deepEqual([b.undo.undos.length, kept.deployments], [0, null]);
    const starts = () => b.host.events.filter((event) => event.startsWith('start ')).length;
    assert.equal(starts(), 2);
    const again = b.run({}, {}, kept);
    assert.equal((await again).outcome.outcome, 'failed', 'their process is the one that has ended');
    assert.equal(starts(), 4);
    assert.deepEqual(await kept.end(new AbortController().signal), []);
  });
  it('end where nobody has kept any', async () => {
    assert.deepEqual(await new KeptApplications().end(new AbortController().signal), []);
  });
});

describe('a trial', () => {
  it('fails where a container ends before it is ready, with what that said', async (t) => {
    const b = bench(t);
    const ended = b.run();
    b.processes.sink.end({ exitCode: 1, stderr: 'lxc-execute: c: x.c: f: 12 No space left on device\n' });
    const { outcome, flags, round, ordinal } = await ended;
    assert.deepEqual(outcome, {
      outcome: 'failed',
      step: 'run application',
      reason: 'vswbench-0-sink: No space left on device',
    });
    assert.deepEqual(flags, ['shared-housekeeping', 'bridge-netfilter']);
    assert.deepEqual([round, ordinal], [2, 3]);
    assert.equal(b.undo.undos.length, 0);
  });

  it('says of every trial where packets cross as super-packets, also of one that failed', async (t) => {
    const b = bench(t);
    b.artifacts.frameworks.push({
      ...{ name: 'udp', title: 'UDP', built: true, usable: true, why: null, whole_frames: false },
      ...{ super_packets: true, can_block: true },
      ...{ ports: ['netdev' as const], hugepage_bytes: 0, jumbo_hugepage_bytes: 0 },
      ...{ flow_fields: [], headers: [], answers_to_any_port: true, mixed_sizes: true },
      ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
    });
    const ended = b.run();
    b.processes.sink.end({ exitCode: 1 });
    assert.deepEqual((await ended).flags, ['shared-housekeeping', 'bridge-netfilter', 'super-packets']);
  });

  it('gives a container with a port of netmap the device, and the namespace in which the port is known', async (t) => {
    const b = bench(t);
    const ends = ['source', 'sink'] as const;
    const ended = b.run({
      nextPorts: () =>
        ends.map((end) => ({
          pair: 0,
          end,
          kind: 'netmap',
          namespace: '/proc/9/ns/net',
          device: `netmap:v:${end}`,
        })),
    });
    b.ready();
    await b.started();
    const config = b.host.files.get(`${DIRECTORY}/vswbench-0-sink.conf`) ?? '';
    assert.match(config, /^lxc\.namespace\.share\.net = \/proc\/9\/ns\/net$/m);
    assert.match(config, /^lxc\.mount\.entry = \/dev\/netmap dev\/netmap /m);
    assert.ok(b.host.events.some((event) => /^start lxc-execute .* --device netmap:v:sink /.test(event)));
    b.processes.source.end({ exitCode: 137 });
    assert.equal((await ended).outcome.outcome, 'failed');
  });

  it('fails at once where one ends while traffic runs, and nothing of it goes on', async (t) => {
    const b = bench(t);
    const ended = b.run();
    b.ready();
    await b.started();
    b.processes.source.end({ exitCode: 137 });
    assert.equal((await ended).outcome.outcome, 'failed');
    assert.equal(b.undo.undos.length, 0);
  });

  it('tells the times of a host since its epoch, which its applications are given, and the tag of the trial', async (t) => {
    const b = bench(t);
    b.host.nowNs = 2_000_000_000;
    const ended = b.run();
    b.ready();
    await b.started();
    b.processes.source.end({ exitCode: 137 });
    assert.equal((await ended).outcome.outcome, 'failed');
    const commands = b.host.events.filter((event) => event.startsWith('start lxc-execute'));
    assert.equal(commands.length, 2);
    for (const command of commands) assert.match(command, / --epoch-ns 9100000000000000 --run 5 /);
    assert.equal(b.processes.sink.sent[0], 'start 0');
    assert.deepEqual(b.processes.source.sent, ['start 2015000000']);
  });

  describe('whose warm-up finds its own end', { timeout: 20_000 }, () => {
    /** Samples of both ends at every 20 ms from the first packet on, and then the clock goes on by ten seconds. */
    const warmedUp = async (t: TestContext, packets: (index: number) => number) => {
      const b = bench(t);
      b.host.nowNs = 1_000_000_000;
      const observed: string[] = [];
      const observe = async () => {
        observed.push(...b.processes.source.sent);
        return async () => ({});
      };
      const ended = b.run({ observe }, { warmupMs: 5000, warmupAuto: true, durationMs: 500 });
      b.ready();
      await b.started();
      for (let index = 0; index <= 25; index += 1) {
        const count = packets(index);
        const counts = { ...SILENCE, tx_packets: count, rx_packets: count, rx_unique_packets: count };
        const line = { v: 2, type: 'sample', t_ns: 1_015_000_000 + 20_000_000 * index, ...counts };
        b.processes.source.print(line);
        b.processes.sink.print(line);
      }
      for (let turn = 0; turn < 100; turn += 1) await new Promise((next) => setImmediate(next));
      b.host.advance(10_000_000_000);
      while (observed.length === 0) await new Promise((next) => setImmediate(next));
      for (let turn = 0; turn < 10; turn += 1) await new Promise((next) => setImmediate(next));
      b.processes.source.end({ exitCode: 137 });
      assert.equal((await ended).outcome.outcome, 'failed');
      return { observed, sent: b.processes.source.sent };
    };

    it('looks at the switch when the figures have no trend, and measures from then on', async (t) => {
      const { observed, sent } = await warmedUp(t, (index) => 1000 * index);
      assert.deepEqual(observed, ['start 1015000000']);
      // Ten seconds later, and time for every application to have read it.
      assert.deepEqual(sent.slice(0, 2), ['start 1015000000', 'measure 11015000000']);
    });
    it('has the applications themselves end it where the figures never stand still', async (t) => {
      const { observed, sent } = await warmedUp(t, (index) => index ** 2);
      assert.deepEqual(observed, ['start 1015000000']);
      assert.ok(!sent.some((line) => line.startsWith('measure')), sent.join());
    });
  });

  it('has the applications announce themselves until the switch knows them all, and starts only then', async (t) => {
    const b = bench(t);
    const answers = ['port does not forward', 'address not learned'];
    const ended = b.run({ settled: async () => answers.shift() ?? null });
    b.ready();
    const sent = b.processes.sink.sent;
    while (!sent.some((line) => line.startsWith('start '))) await new Promise((turn) => setImmediate(turn));
    assert.deepEqual(sent.slice(0, 2), ['announce', 'announce']);
    assert.deepEqual(b.processes.source.sent.slice(0, 2), ['announce', 'announce']);
    assert.equal(sent.length, 3);
    b.processes.source.end({ exitCode: 137 });
    assert.equal((await ended).outcome.outcome, 'failed');
  });

  it('cleans up only when every container is started that was begun', async (t) => {
    const b = bench(t);
    b.host.broken.set(`${DIRECTORY}/vswbench-0-source.conf`, 'ENOSPC');
    // The other one is slower.
    const write = b.host.write.bind(b.host);
    b.host.write = async (path, text) => {
      if (path.includes('sink'))
        for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
      await write(path, text);
    };
    const { outcome } = await b.run();
    assert.deepEqual([outcome.outcome, 'step' in outcome && outcome.step], ['failed', 'host']);
    const events = b.host.events.map((event) => event.split(' ').slice(0, 2).join(' '));
    const started = events.indexOf('start lxc-execute');
    assert.ok(started >= 0 && started < events.indexOf('undone stop-container'), events.join('\n'));
  });

  it('fails where the switch is no longer there', { timeout: 20_000 }, async (t) => {
    const b = bench(t);
    const ended = b.run({ health: async () => 'bridge vswbr0 is gone' });
    b.ready();
    assert.deepEqual((await ended).outcome, { outcome: 'failed', step: 'switch', reason: 'bridge vswbr0 is gone' });
  });

  it('fails, and the campaign does not, where a driver has a bug', async (t) => {
    const b = bench(t);
    const ended = b.run({ threads: () => Promise.reject(new TypeError('x is undefined')) });
    b.ready();
    assert.deepEqual((await ended).outcome, {
      outcome: 'failed',
      step: 'run',
      reason: 'TypeError: x is undefined',
    });
  });

  it('stops at once when the user wants to, cleans up, and leaves neither timer nor listener', {
    timeout: 20_000,
  }, async (t) => {
    const b = bench(t);
    const ended = b.run();
    b.ready();
    await b.started();
    b.stop.abort();
    await assert.rejects(ended, (error) => error === b.stop.signal.reason);
    assert.equal(b.undo.undos.length, 0);
    assert.deepEqual(getEventListeners(b.stop.signal, 'abort'), []);
    // The runner waits for what is still going on: a timer of ten minutes would be noticed.
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout'),
      [],
    );
  });

  it('does not start where the user has wanted to stop before', async (t) => {
    const b = bench(t);
    b.stop.abort();
    await assert.rejects(b.run(), (error) => error === b.stop.signal.reason);
    assert.deepEqual(b.processes.source.sent, []);
    assert.equal(b.undo.undos.length, 0);
  });

  it('names the host that is lost, whatever else is seen of it', { timeout: 20_000 }, async (t) => {
    const b = bench(t);
    const loss = new AbortController();
    b.host.lost = loss.signal;
    const ended = b.run();
    b.ready();
    await b.started();
    b.processes.sink.end({ exitCode: null, stderr: 'host far is lost: cut off' });
    loss.abort(new HostLostError('host far is lost: cut off'));
    assert.deepEqual((await ended).outcome, {
      outcome: 'failed',
      step: 'host lost',
      reason: 'host far is lost: cut off',
    });
  });
});
