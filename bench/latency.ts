// SPDX-License-Identifier: Apache-2.0
// Round trips: `udp`, polling, one packet a burst, over a veth pair and bridge, against `sockperf ping-pong` on the very same
// path, in interleaved rounds of one run; the ratio is of one round each, and its median counts. sockperf prints half a
// round trip, and blocks between packets. Then over shared memory end to end, a CPU an end, where the promise is a figure of
// its own: single-digit microseconds. Who polls has nothing to set against another program that wants its CPU, and shows that
// program's time slices: a round in which others took more than a fifth of a CPU, which reaches the median, is measured again
// as a whole. Exits with 1 where a promise is not kept, or where the machine is never left alone.
//
//     node bench/latency.ts [ROUNDS] [SECONDS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { localHost } from '../src/host/local.ts';
import { DataplaneLineSchema, type FinalLine } from '../src/model/dataplane.ts';
import { SINK, SOURCE, start, withPath } from './namespaces.ts';

const root = join(import.meta.dirname, '..');
const APPLICATION = join(root, 'build/dataplane/vswload');
const [rounds = 5, seconds = 2] = process.argv.slice(2).map(Number);
const RATE_PPS = 1000;
/** Ours to sockperf's. */
const RATIO_MAX = 1.2;
const VHOST_MAX_US = 10;
const CPU_SHARE_MIN = 0.8;
/** Rounds measured at most, for each that counts. */
const PATIENCE = 5;

interface RoundTrip {
  /** What the pollers had of their CPUs; 1 of who blocks. */
  cpuShare: number;
  p50Us: number;
  p99Us: number;
}

function application(role: 'client' | 'server') {
  const [local, peer, cpu] = role === 'client' ? [SOURCE, SINK, 0] : [SINK, SOURCE, 1];
  return start(local, cpu, [
    ...[APPLICATION, role, '--io', 'udp', '--device', 'eth0', '--size', '64', '--burst', '1', '--wait', 'poll'],
    ...['--rate', String(RATE_PPS), '--local-mac', local.mac, '--peer-mac', peer.mac],
    ...['--local-ip', local.ip, '--peer-ip', peer.ip, '--cpu', String(cpu)],
    ...['--warmup-ms', '300', '--duration-ms', String(seconds * 1000), '--epoch-ns', String(localHost.epochNs)],
  ]);
}

async function ours(): Promise<RoundTrip> {
  const server = application('server');
  const client = application('client');
  await Promise.all([server.said('"ready"'), client.said('"ready"')]);
  for (const { child } of [server, client]) child.stdin?.write('start\n');
  const ofClient = finalOf(await client.output);
  server.child.stdin?.write('stop\n');
  const ofServer = finalOf(await server.output);
  const rtt = ofClient.latency.rtt_intended;
  if (rtt === null || rtt.p50 === null || rtt.p99 === null) throw new Error('the client has measured nothing');
  const shares = [ofClient, ofServer].map((final) => final.cpu_ns / (final.ended_ns - final.started_ns));
  return { p50Us: rtt.p50 / 1000, p99Us: rtt.p99 / 1000, cpuShare: Math.min(...shares) };
}

function finalOf(output: string): FinalLine {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const final = lines.map((line) => DataplaneLineSchema.parse(JSON.parse(line))).find((line) => line.type === 'final');
  if (final === undefined) throw new Error(`an application ended without a result: ${output}`);
  return final;
}

async function sockperf(): Promise<RoundTrip> {
  const server = start(SINK, 1, ['sockperf', 'server', '-i', SINK.ip, '-p', '11111']);
  await listening();
  const client = ['sockperf', 'ping-pong', '-i', SINK.ip, '-p', '11111', '-m', '22', '-t', String(seconds)];
  const output = await start(SOURCE, 0, client).output;
  server.interrupt();
  await server.output;
  const half = (percent: string) => {
    const us = new RegExp(`percentile ${percent} = +([0-9.]+)`).exec(output)?.[1];
    if (us === undefined) throw new Error(`sockperf did not tell its percentile ${percent}: ${output}`);
    return Number(us);
  };
  return { p50Us: 2 * half('50.000'), p99Us: 2 * half('99.000'), cpuShare: 1 };
}

async function listening(): Promise<void> {
  while ((await start(SINK, 1, ['ss', '-Hln', '--udp', 'sport = :11111']).output).trim() === '') {}
}

const DocumentSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      trials: z.array(
        z.looseObject({
          latencyNs: z.looseObject({ rtt: z.looseObject({ p50: z.number(), p99: z.number() }) }),
          cpu: z.looseObject({ sender: z.number(), receiver: z.number() }),
        }),
      ),
    }),
  ),
});

/** Whole trials in containers. */
function sharedMemory(): RoundTrip[] {
  const results = mkdtempSync(join(tmpdir(), 'vswbench-latency-'));
  try {
    const stdout = execFileSync(
      join(root, 'bin/vswbench'),
      [
        ...['run', '--json', '-D', 'latency', '-V', 'direct', '--io', 'dpdk', '--port', 'vhost-user', '-P', '64'],
        ...['-R', String(RATE_PPS), '-B', '1', '--trials', String(rounds), '--duration', `${seconds}s`],
      ],
      { env: { ...process.env, VSWBENCH_RESULTS: results }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return DocumentSchema.parse(JSON.parse(stdout)).results.flatMap((row) =>
      row.trials.map(({ latencyNs: { rtt }, cpu }) => ({
        p50Us: rtt.p50 / 1000,
        p99Us: rtt.p99 / 1000,
        cpuShare: Math.min(cpu.sender, cpu.receiver),
      })),
    );
  } finally {
    rmSync(results, { recursive: true });
  }
}

function show(name: string, values: readonly RoundTrip[]): void {
  const of = (field: keyof RoundTrip) => values.map((value) => value[field]);
  const range = `${Math.min(...of('p50Us')).toFixed(1)} - ${Math.max(...of('p50Us')).toFixed(1)}`;
  console.log(
    `${name.padEnd(24)} p50 ${median(of('p50Us')).toFixed(1)} us (${range}), p99 ${median(of('p99Us')).toFixed(1)} us`,
  );
}

function report(what: string, value: number, most: number): void {
  const kept = value <= most;
  console.log(`${what}: ${value.toFixed(2)}, promised at most ${most} ${kept ? 'kept' : 'NOT KEPT'}`);
  if (!kept) process.exitCode = 1;
}

function alone({ cpuShare }: RoundTrip): boolean {
  return cpuShare >= CPU_SHARE_MIN;
}

function leftAlone<T>(measured: readonly T[]): void {
  if (measured.length < rounds) throw new Error('other programs want the CPUs: leave the machine alone meanwhile');
}

const pairs: { ours: RoundTrip; peer: RoundTrip }[] = [];
await withPath(async () => {
  for (let round = 1; round <= PATIENCE * rounds && pairs.length < rounds; round += 1) {
    // Each goes first in every other round.
    const early = round % 2 === 0 ? await sockperf() : null;
    const mine = await ours();
    const pair = { ours: mine, peer: early ?? (await sockperf()) };
    if (alone(mine)) pairs.push(pair);
    const figures = `udp ${mine.p50Us.toFixed(1)} us, sockperf ${pair.peer.p50Us.toFixed(1)} us`;
    const doubt = alone(mine)
      ? ''
      : ` (not counted: the pollers had ${(100 * mine.cpuShare).toFixed(1)} % of their CPUs)`;
    process.stderr.write(`round ${round}: ${figures}${doubt}\n`);
  }
});
leftAlone(pairs);
const vhost: RoundTrip[] = [];
for (let turn = 0; turn < PATIENCE && vhost.length < rounds; turn += 1) vhost.push(...sharedMemory().filter(alone));
leftAlone(vhost);

show(
  'udp, polling',
  pairs.map((pair) => pair.ours),
);
show(
  'sockperf ping-pong, x 2',
  pairs.map((pair) => pair.peer),
);
report('udp / sockperf, median round trip', median(pairs.map((pair) => pair.ours.p50Us / pair.peer.p50Us)), RATIO_MAX);
show('dpdk over vhost-user', vhost);
report('dpdk over vhost-user, median round trip in us', median(vhost.map((value) => value.p50Us)), VHOST_MAX_US);
