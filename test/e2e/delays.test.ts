// SPDX-License-Identifier: Apache-2.0
// Known truth of delays: what vswbench reports of switches that hold packets back or stand still for a known time, and of a load
// generator that was stopped on purpose.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import type { Histogram } from '../../src/model/dataplane.ts';
import { openStore } from '../../src/store/store.ts';
import type { Schedule } from '../fixtures/impaired-switch/impaired.ts';
import { measure, type Truth } from './impaired.ts';
import { cannotMeasure, comesOutOnce, type Ended, ownInterfaces, suite, suiteWorkspace, until } from './machine.ts';

const missing = await packagesMissing(localHost, ['switches']);
const withoutDpdk = missing.includes('libdpdk-dev') && 'libdpdk-dev not installed: vswbench setup';

const MS = 1e6;
/** Of a delay that was put in, as the figure promises it. */
const TOLERANCE = 0.05;

/** What a run of one trial left. */
type Seen = Pick<Truth, 'measurement' | 'histograms'>;

suite('known delays', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  /** Measures one trial over a switch with known delays. */
  async function impaired(schedule: Schedule, options: string): Promise<Seen> {
    const [first] = await measure(workspace, { impaired: schedule }, `--trials 1 ${options}`);
    assert.ok(first !== undefined);
    assertNothingLeft();
    return first;
  }

  /** The first trial of the latest campaign. */
  function latest(ended: Ended): Seen {
    assert.equal(ended.code, 0, ended.stderr);
    assertNothingLeft();
    const store = openStore(join(workspace.results, 'vswbench.db'));
    try {
      const trial = store.load('latest')?.cases[0]?.trials[0];
      assert.ok(trial?.outcome.outcome === 'measured' && trial.measurement !== null, ended.stderr);
      return { measurement: trial.measurement, histograms: trial.histograms };
    } finally {
      store.close();
    }
  }

  // Twenty times what a busy machine adds by itself, which at p99.9 is milliseconds. Late packets are so many that some of the
  // latest may be disturbed; they arrive so often that nobody takes the flow for ended, and are overtaken by all that
  // were sent in the meantime.
  const [PROMPT, LATE, EACH] = [40 * MS, 200 * MS, 20];
  const BIMODAL = { 'delay-us': PROMPT / 1e3, slow: EACH, 'slow-us': LATE / 1e3 };
  const PACE = '-R 1k -B 1 -P 64 --warmup 200ms --duration 2s';
  const DELAYS = [
    { options: `-D throughput --io raw-mmsg ${PACE}`, names: ['oneWay', 'oneWayActual'] },
    { options: `-D throughput --io udp ${PACE}`, names: ['oneWay', 'oneWayActual'] },
    { options: `-D latency --io udp ${PACE}`, names: ['rtt', 'rttActual', 'oneWay'] },
  ] as const;
  for (const { options, names } of DELAYS) {
    it(`finds a delay of two peaks within 5 % at p50, p99 and p99.9: ${options}`, { timeout: 120_000 }, async () => {
      await comesOutOnce(async () => {
        const { measurement, histograms } = await impaired(BIMODAL, options);
        const { offeredPackets, lostPackets, reorderedPackets } = measurement;
        assert.equal(lostPackets, 0);
        const held = heldUp(histograms, names);
        if (held !== null) return held;
        if (options.includes('throughput')) {
          // Each of the slow ones is overtaken, but for one that nobody follows.
          assert.equal(reorderedPackets, Math.floor(offeredPackets / EACH) - (offeredPackets % EACH === 0 ? 1 : 0));
        }
        const late = names.map((name) => {
          const latency = measurement.latencyNs?.[name];
          assert.ok(latency !== undefined, name);
          // Of all packets, however few: a summary withholds p99.9 of two thousand.
          const { p50 = null, p99 = null, p999 = null } = histograms[name] ?? {};
          const text = `${name}: ${JSON.stringify({ ...latency, p999 })}`;
          assert.ok(latency.count >= 1900 && latency.min >= PROMPT && latency.p999 === null, text);
          assert.ok(p50 !== null && p99 !== null && p999 !== null, text);
          assert.ok(p50 >= PROMPT && p99 >= atLeast(LATE) && p999 >= atLeast(LATE), text);
          return p50 <= atMost(PROMPT) && p99 <= atMost(LATE) && p999 <= atMost(LATE) ? null : text;
        });
        return late.find((text) => text !== null) ?? null;
      });
    });
  }

  // A sender does not notice that a switch stands still: its packets leave at their time and wait in the switch. So both
  // histograms show it, and it proves only that neither hides what happens on the way.
  it('shows a switch that stands still for 200 ms, by either send time', { timeout: 120_000 }, async () => {
    await comesOutOnce(async () => {
      const { measurement, histograms } = await impaired({ 'stall-at': 700, 'stall-ms': 200 }, `--io udp ${PACE}`);
      assert.equal(measurement.lostPackets, 0);
      const names = ['oneWay', 'oneWayActual'];
      const held = heldUp(histograms, names);
      if (held !== null) return held;
      const late = names.map((name) => {
        const histogram = histograms[name];
        assert.ok(histogram !== undefined && histogram.max >= 195 * MS, `${name}: ${histogram?.max}`);
        // One packet is due each millisecond, and those of the first half wait longer than half of the time.
        const half = countAbove(histogram, 100 * MS);
        assert.ok(half >= 100 - 15, `${name}: ${half}`);
        return half <= 100 + 15 && histogram.max < 250 * MS ? null : `${name}: ${half} packets, ${histogram.max} ns`;
      });
      return late.find((text) => text !== null) ?? null;
    });
  });

  // A port in shared memory takes no more than its ring holds, so whoever sends through a switch that stands still has to wait with what
  // is due. Of packets that were due in the stall each waited for what was left of it; all others hardly waited. The rates are more than a
  // ring holds meanwhile, and so little that the switch soon has caught up, also where it shares two CPUs with both applications.
  const STALLED = [
    { what: 'vhost-user', options: '-V basicfwd --io dpdk', pps: 4_000, stopped: /^\S*\/basicfwd / },
    { what: 'memif', options: '-V direct --io dpdk --port memif', pps: 8_000, stopped: /^\/bin\/vswload server / },
    // As many as the queue of the server's socket holds meanwhile, and are answered in no time when it goes on.
    { what: 'udp', options: '-V direct --io udp', pps: 5_000, stopped: /^\/bin\/vswload server / },
  ];
  for (const { what, options, pps, stopped } of STALLED) {
    const skip = options.includes('dpdk') && withoutDpdk;
    it(`knows what a stall of 200 ms costs each packet: ${what}, ${pps} packets/s`, {
      timeout: 120_000,
      skip,
    }, async () => {
      await comesOutOnce(async () => {
        const { stoppedMs, histograms } = await stopWithin(
          `${options} -D latency -S 1vs1 -P 64 -R ${pps} -B 1 --warmup 500ms --duration 1000ms`,
          stopped,
        );
        const { rtt } = histograms;
        assert.ok(rtt !== undefined);
        const expected = stallOf(stoppedMs * MS, rtt.count + rtt.censored, pps);
        const found = { mean: rtt.mean, p90: rtt.p90, p99: rtt.p99, p999: rtt.p999 };
        const isRight = Object.entries(expected).every(([name, ns]) => {
          const value = found[name as keyof typeof found];
          return value !== null && value >= atLeast(ns);
        });
        // A quarter of the stall is more than what a busy machine adds.
        const isMore = (found.p99 ?? 0) > expected.p99 * 1.25 || (found.p999 ?? 0) > expected.p999 * 1.25;
        if (isRight && !isMore && rtt.censored === 0) return null;
        return JSON.stringify({ stoppedMs, found, expected });
      });
    });
  }

  // Intended and actual send times differ where the one who sends is late: what coordinated omission hides. The honest way to
  // make it late is to take its CPU away, as a hypervisor or a scheduler would: its schedule goes on, it does not. Of what it
  // then sends late, a measurement from the actual send time knows nothing. Nothing else can be told from outside: a sender
  // on a veth is never blocked by a full queue, for a packet leaves its socket's account as soon as it has crossed the cable.
  it('shows a stopped client by the intended send time, which the actual one hides', { timeout: 90_000 }, async () => {
    // Whoever else takes the CPUs away makes more packets late, by either time. So what must be there has to be there each time;
    // that nothing else is, is asked of the least disturbed of three.
    let late = { intended: Number.POSITIVE_INFINITY, actual: Number.POSITIVE_INFINITY, expected: 0 };
    for (let attempt = 0; attempt < 3 && !(late.intended <= late.expected + 15 && late.actual <= 10); attempt += 1) {
      const { stoppedMs, measurement, histograms } = await stopClient(200);
      const { rtt, rttActual } = histograms;
      assert.ok(rtt !== undefined && rttActual !== undefined);
      assert.equal(measurement.lostPackets, 0);
      assert.equal(rtt.count, rttActual.count);
      assert.ok(rtt.max >= (stoppedMs - 10) * MS, `${rtt.max} ns after a stop of ${stoppedMs} ms`);
      // A packet was due each millisecond; the answers to all but those of the last 100 came more than 100 ms after.
      const expected = stoppedMs - 100;
      late = { intended: countAbove(rtt, 100 * MS), actual: countAbove(rttActual, 100 * MS), expected };
      assert.ok(late.intended >= expected - 15, JSON.stringify(late));
      // What only the intended time shows: all of them, but for a few that were under way at that moment.
      assert.ok(late.intended - late.actual >= expected - 15 - 10, JSON.stringify(late));
    }
    assert.ok(late.intended <= late.expected + 15 && late.actual <= 10, JSON.stringify(late));
  });

  /** Measures, and stops the process that has this command line in the middle of the window. */
  async function stopWithin(options: string, commandLine: RegExp): Promise<Seen & { stoppedMs: number }> {
    const running = workspace.start(`run --json --trials 1 ${options}`.split(' '));
    const find = (wanted: RegExp) => processesOf(running.child.pid).find((pid) => wanted.test(commandOf(pid)));
    await until(() => running.child.exitCode !== null || find(/^\/bin\/vswload client /) !== undefined);
    // Every tenth of a second of its traffic it writes a line, behind three or four that it begins with: the warm-up has five, the window ten.
    const client = find(/^\/bin\/vswload client /);
    let lines = 0;
    let written = writtenBy(client);
    await until(() => {
      const now = writtenBy(client);
      lines += now === written ? 0 : 1;
      written = now;
      return lines >= 12 || running.child.exitCode !== null;
    });
    const pid = find(commandLine);
    if (pid === undefined) assert.fail((await running.ended).stderr);
    process.kill(pid, 'SIGSTOP');
    // One of its threads has to run for that, and has to get a CPU first.
    while (!isStopped(pid)) await new Promise((turn) => setImmediate(turn));
    const began = performance.now();
    await sleep(200);
    process.kill(pid, 'SIGCONT');
    const stoppedMs = performance.now() - began;
    return { stoppedMs, ...latest(await running.ended) };
  }

  /** Measures round trips, and stops the client for a while in the middle. */
  async function stopClient(ms: number): Promise<Seen & { stoppedMs: number }> {
    const running = workspace.start(`run --json -D latency -V linux-bridge --trials 1 --io udp ${PACE}`.split(' '));
    let client: number | undefined;
    await until(() => {
      client = packetsFrom('vsws0source') > 800 ? pidOf('client', running.child.pid) : undefined;
      return running.child.exitCode !== null || client !== undefined;
    });
    if (client === undefined) assert.fail((await running.ended).stderr);
    process.kill(client, 'SIGSTOP');
    const began = performance.now();
    await sleep(ms);
    // Whoever is kept from the CPU behind this has stopped it for longer, and nobody for less.
    const stoppedMs = performance.now() - began;
    process.kill(client, 'SIGCONT');
    return { stoppedMs, ...latest(await running.ended) };
  }
});

/** A sender that was kept from its CPU for long gives up what was due meanwhile, and percentiles among that are withheld. */
function heldUp(histograms: Seen['histograms'], names: readonly string[]): string | null {
  const name = names.find((one) => (histograms[one]?.censored ?? 0) > 0);
  return name === undefined ? null : `${name}: ${histograms[name]?.censored} packets were due and never sent`;
}

/** Of packets that are due at a steady rate, when for so long none goes on. */
function stallOf(stallNs: number, packets: number, pps: number) {
  const inStall = (stallNs / 1e9) * pps;
  // The k-th largest delay is that of the k-th packet of the stall.
  const above = (ratio: number) => Math.max(0, stallNs - ((ratio * packets) / pps) * 1e9);
  return { mean: ((inStall / packets) * stallNs) / 2, p90: above(0.1), p99: above(0.01), p999: above(0.001) };
}

function atLeast(ns: number): number {
  return ns * (1 - TOLERANCE);
}

function atMost(ns: number): number {
  return ns * (1 + TOLERANCE);
}

function countAbove({ buckets }: Histogram, ns: number): number {
  return buckets.filter(([lower]) => lower >= ns).reduce((sum, [, , count]) => sum + count, 0);
}

/** What an interface of a kernel switch has received; none where there is no such interface. */
function packetsFrom(name: string): number {
  const line = ownInterfaces().find((one) => one.trim().startsWith(`${name}:`));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[1] ?? 0);
}

/** Of the traffic application in the container that a run started, once it is there. */
function pidOf(role: 'client', run: number | undefined): number | undefined {
  return processesOf(run).find((pid) => commandOf(pid).startsWith(`/bin/vswload ${role} `));
}

/** What a run has started, and what that has. */
function processesOf(run: number | undefined): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return run === undefined ? [] : all.filter((pid) => descends(pid, run));
}

/** All threads of a process have been stopped. */
function isStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => /^\d+ \(.*\) T /.test(textOf(`/proc/${pid}/task/${thread}/stat`)));
}

/** Bytes that a process has written so far. */
function writtenBy(pid: number | undefined): number {
  return Number(/^wchar: (\d+)$/m.exec(textOf(`/proc/${pid}/io`))?.[1] ?? 0);
}

/** Its words, with a space behind each. */
function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function descends(pid: number, from: number): boolean {
  if (pid === from) return true;
  const parent = Number(/^PPid:\t(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
  return parent > 0 && descends(parent, from);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
