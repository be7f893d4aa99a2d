// SPDX-License-Identifier: Apache-2.0
// Received packets/s over shared memory, as ratios within one run: our applications against testpmd joined in the same
// way, memif beside vhost-user, and Open vSwitch with its poller on one CPU and both applications on the other: that they
// share it must not be what limits it, and they must yield to each other. Exits with 1 where a promise is not kept.
//
//     node bench/dpdk.ts [ROUNDS] [SECONDS]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { localHost } from '../src/host/local.ts';
import { DataplaneLineSchema, type FinalLine } from '../src/model/dataplane.ts';
import { virtioUser } from '../src/switches/kit/virtio.ts';

const root = join(import.meta.dirname, '..');
const APPLICATION = join(root, 'build/dataplane/vswload');
const [rounds = 5, seconds = 2] = process.argv.slice(2).map(Number);
const BURST = 64;
const HUGEPAGES = '/proc/sys/vm/nr_hugepages';
/** Pages of 2 MiB: two processes of either kind. */
const PAGES = 512;

const folder = mkdtempSync(join(tmpdir(), 'vswbench-dpdk-'));
const socket = join(folder, 'socket');

/** The two ends of a cable, as `direct` has them: sink and source. */
const VHOST = [`net_vhost0,iface=${socket}`, virtioUser({ name: socket })] as const;
const MEMIF = (['server', 'client'] as const).map(
  (role) => `net_memif0,socket=${socket},socket-abstract=no,role=${role}`,
);

/** A program that is told what to do by lines and answers by lines. */
function start(command: readonly string[]) {
  const [file = '', ...args] = command;
  const child: ChildProcess = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines: string[] = [];
  const waiting: { pattern: RegExp; resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  if (child.stdout === null) throw new Error('no output');
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      lines.push(line);
      for (const { pattern, resolve } of waiting) if (pattern.test(line)) resolve(line);
    })
    .on('close', () => {
      for (const { pattern, reject } of waiting) reject(new Error(`${file} ended before ${pattern}: ${lines.at(-1)}`));
    });
  return {
    lines,
    say: (line: string) => child.stdin?.write(`${line}\n`),
    ended: new Promise<void>((done) => child.on('close', () => done())),
    sees: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const already = lines.find((line) => pattern.test(line));
        if (already === undefined) waiting.push({ pattern, resolve, reject });
        else resolve(already);
      }),
  };
}

async function ours([sink = '', source = '']: readonly string[], touch: 'full' | 'none'): Promise<number> {
  const application = (role: string, device: string, cpu: number, [local, peer]: readonly string[]) =>
    start([
      ...[APPLICATION, role, '--io', 'dpdk', '--device', device, '--size', '64', '--burst', String(BURST)],
      ...['--touch', touch, '--cpu', String(cpu), '--local-mac', `02:00:00:00:00:0${local}`],
      ...['--peer-mac', `02:00:00:00:00:0${peer}`, '--local-ip', `198.18.0.${local}`, '--peer-ip', `198.18.0.${peer}`],
      ...['--warmup-ms', '300', '--duration-ms', String(seconds * 1000), '--hold'],
      ...['--epoch-ns', String(localHost.epochNs)],
    ]);
  const receiver = application('receiver', sink, 1, ['2', '1']);
  const sender = application('sender', source, 0, ['1', '2']);
  await Promise.all([receiver.sees(/"ready"/), sender.sees(/"ready"/)]);
  for (const one of [receiver, sender]) one.say('start');
  const { tx } = finalOf(await sender.sees(/"final"/));
  receiver.say('stop');
  const { rx } = finalOf(await receiver.sees(/"final"/));
  for (const one of [sender, receiver]) one.say('stop');
  await Promise.all([sender.ended, receiver.ended]);
  if (tx === null || rx === null) throw new Error('an application did not tell its totals');
  return rx.steady_packets / ((tx.steady_end_ns - tx.steady_begin_ns) / 1e9);
}

function finalOf(text: string): FinalLine {
  const line = DataplaneLineSchema.parse(JSON.parse(text));
  if (line.type !== 'final') throw new Error(`not a result: ${text}`);
  return line;
}

/** DPDK's own traffic application: one that only sends, and one that only receives and drops. */
async function testpmd([sink = '', source = '']: readonly string[]): Promise<number> {
  const one = (name: string, device: string, mode: string, cpu: number) =>
    start([
      ...[
        'stdbuf',
        '-oL',
        'dpdk-testpmd',
        '--lcores',
        `0@${1 - cpu},1@${cpu}`,
        '--in-memory',
        '--no-pci',
        '--single-file-segments',
      ],
      ...['-m', '256', '--file-prefix', name, '--vdev', device, '--'],
      ...['--interactive', `--forward-mode=${mode}`, '--txpkts=64', `--burst=${BURST}`],
    ]);
  const receiver = one('sink', sink, 'rxonly', 1);
  await receiver.sees(/^Done$/);
  const sender = one('source', source, 'txonly', 0);
  await sender.sees(/^Done$/);
  for (const program of [receiver, sender]) program.say('start');
  await sleep(300);
  const [before, beganMs] = [await receivedBy(receiver), performance.now()];
  await sleep(seconds * 1000);
  const packets = (await receivedBy(receiver)) - before;
  const pps = packets / ((performance.now() - beganMs) / 1000);
  for (const program of [sender, receiver]) program.say('quit');
  await Promise.all([sender.ended, receiver.ended]);
  return pps;
}

async function receivedBy(program: ReturnType<typeof start>): Promise<number> {
  const before = program.lines.length;
  program.say('show port stats 0');
  while (!program.lines.slice(before).some((line) => line.includes('Rx-bps'))) await sleep(1);
  return Number(/RX-packets: (\d+)/.exec(program.lines.slice(before).join('\n'))?.[1]);
}

const DocumentSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      case: z.looseObject({ switch: z.string() }),
      trials: z.array(z.looseObject({ throughputPps: z.number(), switchFigures: z.record(z.string(), z.number()) })),
      summary: z.looseObject({ lossRatio: z.number() }),
    }),
  ),
});

/** Medians of whole trials in containers, by switch. */
function campaign(...options: string[]): Map<string, { pps: number; loss: number; busy: number }> {
  const stdout = execFileSync(
    join(root, 'bin/vswbench'),
    [
      ...['run', '--json', '--io', 'dpdk', '--port', 'vhost-user', '-P', '64', '--touch', 'full'],
      ...['--trials', String(rounds), '--duration', `${seconds}s`, ...options],
    ],
    { env: { ...process.env, VSWBENCH_RESULTS: folder }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return new Map(
    DocumentSchema.parse(JSON.parse(stdout)).results.map((row) => [
      row.case.switch,
      {
        pps: median(row.trials.map((trial) => trial.throughputPps)),
        loss: row.summary.lossRatio,
        busy: median(row.trials.map((trial) => trial.switchFigures.busyRatio ?? 0)),
      },
    ]),
  );
}

function report(what: string, value: number, least: number): void {
  const kept = value >= least;
  console.log(`${what}: ${value.toFixed(2)}, promised ${least} ${kept ? 'kept' : 'NOT KEPT'}`);
  if (!kept) process.exitCode = 1;
}

const contestants: Record<string, () => Promise<number>> = {
  'vhost-user, touch=none': () => ours(VHOST, 'none'),
  'vhost-user, touch=full': () => ours(VHOST, 'full'),
  'memif, touch=full': () => ours(MEMIF, 'full'),
  'testpmd over vhost-user': () => testpmd(VHOST),
};
const results = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
const pagesBefore = readFileSync(HUGEPAGES, 'utf8');
try {
  writeFileSync(HUGEPAGES, String(PAGES));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(contestants)) {
      rmSync(socket, { force: true });
      const pps = await measure();
      results.get(name)?.push(pps);
      process.stderr.write(
        `round ${round + 1}/${rounds}  ${name.padEnd(24)} ${(pps / 1e6).toFixed(2).padStart(6)} Mpps\n`,
      );
    }
  }
} finally {
  writeFileSync(HUGEPAGES, pagesBefore);
}
for (const [name, values] of results)
  console.log(`${name.padEnd(24)} median ${(median(values) / 1e6).toFixed(2)} Mpps`);
/** Of one round each, and their median: a machine that changes its pace between rounds does so for both. */
const ratio = (name: string, peer: string) =>
  median((results.get(name) ?? []).map((pps, round) => pps / (results.get(peer)?.[round] ?? Number.NaN)));
report('vhost-user touch=none / testpmd', ratio('vhost-user, touch=none', 'testpmd over vhost-user'), 0.95);
report('vhost-user touch=full / testpmd', ratio('vhost-user, touch=full', 'testpmd over vhost-user'), 0.8);
console.log(`memif / vhost-user: ${ratio('memif, touch=full', 'vhost-user, touch=full').toFixed(2)}`);

const yielding = campaign('-V', 'direct,ovs');
const polling = campaign('-V', 'ovs', '--wait', 'poll');
rmSync(folder, { recursive: true });
const [bare, ovs, starved] = [yielding.get('direct'), yielding.get('ovs'), polling.get('ovs')];
if (bare === undefined || ovs === undefined || starved === undefined) throw new Error('a case was not measured');
console.log(
  `ovs ${(ovs.pps / 1e6).toFixed(2)} Mpps, ${(ovs.pps / bare.pps).toFixed(2)} of direct (${(bare.pps / 1e6).toFixed(2)} Mpps, a CPU an end); without yielding ${(starved.pps / 1e6).toFixed(3)} Mpps`,
);
report('ovs, how busy its poller is while the applications share a CPU', ovs.busy, 0.95);
// Polling carries what the rings hold per time slice of the scheduler, about the same on every CPU (0.25 Mpps); yielding grows with
// the CPU: measured 65 on an EPYC, 43 on a Xeon.
report('ovs, yielding / polling', ovs.pps / starved.pps, 30);
report('ovs, packets that arrive', 1 - ovs.loss, 0.97);
