// SPDX-License-Identifier: Apache-2.0
// Known truth: what vswbench reports of a switch whose every fault is known beforehand (test/fixtures/impaired-switch), and
// of a load generator that was stopped on purpose.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Histogram } from '../../src/model/dataplane.ts';
import type { Measurement } from '../../src/model/result.ts';
import { openStore } from '../../src/store/store.ts';
import { type Counts, CountsSchema } from '../fixtures/impaired-switch/impaired.ts';
import { cannotMeasure, type Ended, root, suite, traces, until, Workspace } from './machine.ts';

const IMPAIRED = join(root, 'test/fixtures/impaired-switch/impaired.ts');
const MS = 1e6;
/** Of a delay that was put in, as the figure promises it. */
const TOLERANCE = 0.05;

type Schedule = Record<string, number>;

/** What a run of one trial left: its measurement, its full histograms, and what the switch counted meanwhile. */
interface Truth {
  measurement: Measurement;
  histograms: Record<string, Histogram>;
  did: Pick<Counts, 'data' | 'dropped' | 'duplicated' | 'corrupted' | 'swapped' | 'late' | 'overrun' | 'refused'>;
}

suite('known truth', cannotMeasure, () => {
  let workspace: Workspace;
  let tracesBefore: string[];
  let runs = 0;
  before(() => {
    workspace = new Workspace();
    tracesBefore = traces();
  });
  after(async () => {
    const left = traces();
    await workspace.end();
    assert.deepEqual(left, tracesBefore);
  });

  /** Measures one trial over the impaired switch. */
  async function impaired(schedule: Schedule, options: string): Promise<Truth> {
    runs += 1;
    const countsFile = join(workspace.results, `counts-${runs}`);
    const text = Object.entries(schedule).map(([name, value]) => `${name}=${value}`);
    const ended = await workspace.run(
      [...`run --json --switch ${IMPAIRED} -V impaired --trials 1 ${options}`.split(' ')],
      { VSWBENCH_IMPAIR: text.join(','), VSWBENCH_IMPAIR_COUNTS: countsFile },
    );
    const measured = latest(ended);
    const lines = readFileSync(countsFile, 'utf8').trim().split('\n');
    const [earlier, later, ...more] = lines.map((line) => CountsSchema.parse(JSON.parse(line)));
    assert.ok(earlier !== undefined && later !== undefined && more.length === 0, lines.join('\n'));
    const during = (name: keyof Truth['did']) => later[name] - earlier[name];
    return {
      ...measured,
      did: {
        data: during('data'),
        dropped: during('dropped'),
        duplicated: during('duplicated'),
        corrupted: during('corrupted'),
        swapped: during('swapped'),
        late: during('late'),
        overrun: during('overrun'),
        refused: during('refused'),
      },
    };
  }

  /** The only trial of the latest campaign. */
  function latest(ended: Ended): Omit<Truth, 'did'> {
    assert.equal(ended.code, 0, ended.stderr);
    const store = openStore(join(workspace.results, 'vswbench.db'));
    try {
      const trial = store.load('latest')?.cases[0]?.trials[0];
      assert.ok(trial?.outcome.outcome === 'measured' && trial.measurement !== null, ended.stderr);
      return { measurement: trial.measurement, histograms: trial.histograms };
    } finally {
      store.close();
    }
  }

  // Slow enough that nothing else is lost. The last two periods meet often, and all of them now and then.
  const SCHEDULES: Schedule[] = [
    { drop: 50 },
    { duplicate: 40 },
    { swap: 30 },
    { corrupt: 70 },
    { drop: 97, duplicate: 89, corrupt: 12, swap: 9 },
  ];
  for (const schedule of SCHEDULES) {
    it(`counts exactly what was done: ${JSON.stringify(schedule)}`, { timeout: 60_000 }, async () => {
      for (const io of ['udp', 'raw-mmsg']) {
        const { measurement, did } = await impaired(
          schedule,
          `--io ${io} -R 5k -B 4 -P 128 --warmup 100ms --duration 500ms`,
        );
        const { offeredPackets } = measurement;
        const expected = told(arrivalsOf(schedule, offeredPackets), offeredPackets);
        assert.ok(offeredPackets > 3000, `${io}: ${offeredPackets} packets`);
        assert.deepEqual(
          {
            lost: measurement.lostPackets,
            duplicated: measurement.duplicatedPackets,
            reordered: measurement.reorderedPackets,
            corrupted: measurement.corruptedPackets,
            received: measurement.receivedPackets,
          },
          expected,
          io,
        );
        // The switch's own word for it: what it swapped is what it tried to, the one behind may have been dropped.
        assert.equal(did.data, offeredPackets);
        assert.deepEqual(
          [did.dropped, did.duplicated, did.corrupted],
          [expected.lost, expected.duplicated, expected.corrupted],
        );
        assert.ok(did.swapped >= expected.reordered);
        assert.equal(did.overrun + did.refused, 0);

        const [ledger] = measurement.ledgers;
        assert.ok(ledger?.closes);
        const drops =
          expected.lost === 0 ? [] : [{ where: 'dropped by the switch: by its schedule', packets: expected.lost }];
        assert.deepEqual(ledger.drops, drops);
      }
    });
  }

  // Twenty times what a busy machine adds by itself, which at p99.9 is milliseconds. Late packets are so many that some of the
  // latest may be disturbed; they arrive so often that nobody takes the flow for ended, and are overtaken by all that
  // were sent in the meantime.
  const [PROMPT, LATE, EACH] = [40 * MS, 200 * MS, 20];
  const BIMODAL = { 'delay-us': PROMPT / 1e3, late: EACH, 'late-us': LATE / 1e3 };
  const PACE = '-R 1k -B 1 -P 64 --warmup 200ms --duration 2s';
  const DELAYS = [
    { options: `-D throughput --io raw-mmsg ${PACE}`, names: ['oneWay', 'oneWayActual'] },
    { options: `-D throughput --io udp ${PACE}`, names: ['oneWay', 'oneWayActual'] },
    { options: `-D latency --io udp ${PACE}`, names: ['rtt', 'rttActual', 'oneWay'] },
  ] as const;
  for (const { options, names } of DELAYS) {
    it(`finds a delay of two peaks within 5 % at p50, p99 and p99.9: ${options}`, { timeout: 60_000 }, async () => {
      const { measurement, histograms, did } = await impaired(BIMODAL, options);
      for (const name of names) {
        const latency = measurement.latencyNs?.[name];
        assert.ok(latency !== undefined, name);
        const text = `${name}: ${JSON.stringify(latency)}`;
        assert.ok(latency.count >= 1900, text);
        assert.ok(latency.min >= PROMPT, text);
        // Of all packets, however few: a summary withholds p99.9 of two thousand.
        const { p50 = null, p99 = null, p999 = null } = histograms[name] ?? {};
        assert.ok(p50 !== null && p99 !== null && p999 !== null, text);
        assert.ok(within(p50, PROMPT) && within(p99, LATE) && within(p999, LATE), text);
        assert.equal(latency.p999, null, text);
      }
      const { offeredPackets, lostPackets, reorderedPackets } = measurement;
      assert.equal(lostPackets, 0);
      assert.equal(did.late, Math.floor(offeredPackets / EACH));
      if (options.includes('throughput'))
        assert.equal(reorderedPackets, did.late - (offeredPackets % EACH === 0 ? 1 : 0));
    });
  }

  // A sender does not notice that a switch stands still: its packets leave at their time and wait in the switch. So both
  // histograms show it, and it proves only that neither hides what happens on the way.
  it('shows a switch that stands still for 200 ms, by either send time', { timeout: 60_000 }, async () => {
    const { measurement, histograms } = await impaired({ 'stall-at': 700, 'stall-ms': 200 }, `--io udp ${PACE}`);
    assert.equal(measurement.lostPackets, 0);
    for (const name of ['oneWay', 'oneWayActual']) {
      const histogram = histograms[name];
      assert.ok(histogram !== undefined && histogram.max >= 195 * MS && histogram.max < 250 * MS, `${histogram?.max}`);
      // One packet is due each millisecond, and those of the first half wait longer than half of the time.
      assertAbout(countAbove(histogram, 100 * MS), 100, name);
    }
  });

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

  /** Measures round trips, and stops the client for a while in the middle. */
  async function stopClient(ms: number): Promise<Omit<Truth, 'did'> & { stoppedMs: number }> {
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
    process.kill(client, 'SIGCONT');
    const stoppedMs = performance.now() - began;
    return { stoppedMs, ...latest(await running.ended) };
  }
});

interface Arrival {
  sequence: number;
  sound: boolean;
}

/** Written anew from what the schedule means, and not from how the program does it: the order in which packets arrive. */
function arrivalsOf(schedule: Schedule, offered: number): Arrival[] {
  const arrivals: Arrival[] = [];
  const isDue = (name: string, sequence: number) => (sequence + 1) % (schedule[name] ?? Number.POSITIVE_INFINITY) === 0;
  let held: Arrival[] = [];
  for (let sequence = 0; sequence < offered; sequence += 1) {
    const packet = { sequence, sound: true };
    const waiting = held;
    held = [];
    if (isDue('drop', sequence)) {
      // It arrives nowhere.
    } else if (isDue('duplicate', sequence)) arrivals.push(packet, packet);
    else if (isDue('corrupt', sequence)) arrivals.push({ sequence, sound: false });
    else if (isDue('swap', sequence)) held = [packet];
    else arrivals.push(packet);
    arrivals.push(...waiting);
  }
  return [...arrivals, ...held];
}

/** What has to be reported of these arrivals, by the definitions of dataplane/PROTOCOL.md alone. */
function told(arrivals: readonly Arrival[], offered: number) {
  const seen = new Set<number>();
  const totals = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, received: arrivals.length };
  let highest = -1;
  for (const { sequence, sound } of arrivals) {
    if (!sound) totals.corrupted += 1;
    else if (seen.has(sequence)) totals.duplicated += 1;
    else {
      // RFC 4737: it arrived after a packet with a higher number.
      if (sequence < highest) totals.reordered += 1;
      seen.add(sequence);
      highest = Math.max(highest, sequence);
    }
  }
  totals.lost = offered - seen.size - totals.corrupted;
  return totals;
}

function within(value: number, truth: number): boolean {
  return Math.abs(value / truth - 1) <= TOLERANCE;
}

/** Of about a hundred packets, those due while something woke up late may be counted on either side. */
function assertAbout(packets: number, expected: number, what: string): void {
  assert.ok(Math.abs(packets - expected) <= 15, `${what}: ${packets} packets, not about ${expected}`);
}

function countAbove({ buckets }: Histogram, ns: number): number {
  return buckets.filter(([lower]) => lower >= ns).reduce((sum, [, , count]) => sum + count, 0);
}

/** What an interface has received; none where there is no such interface. */
function packetsFrom(name: string): number {
  return Number(textOf(`/sys/class/net/${name}/statistics/rx_packets`));
}

/** Of the traffic application in the container that a run started, once it is there. */
function pidOf(role: 'client', run: number | undefined): number | undefined {
  const clients = readdirSync('/proc').filter((pid) =>
    textOf(`/proc/${pid}/cmdline`).startsWith(`/bin/vswload\0${role}\0`),
  );
  return clients.map(Number).find((pid) => run !== undefined && descends(pid, run));
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
