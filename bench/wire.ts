// SPDX-License-Identifier: Apache-2.0
// Whether traffic has the distributions that were asked for, at 10^5 packets, as tcpdump and tshark see it, who know nothing of us: flows, sizes,
// VLANs and IPv6 addresses by the chi-squared test or to the packet, times between packets by that of Kolmogorov and Smirnov.
//
//     sudo node bench/wire.ts [FRAMEWORK[,FRAMEWORK]] [PACKETS] [OPTIONS]
//
// All, or what is asked for with these options (`--arrivals`). A line each: what was asked for, of which framework, and how likely a
// sender that does it right looks so wrong. Exits 1 below 10^-4. Flows and sizes come out alike in each run. Times do not, and hold what the machine does besides: the mean distance is 1 ms, so that what a
// capture is late by, some µs, is little of it; the bound for them is that of the test, or a largest distance of 0.01.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [SOURCE, SINK] = ['vswb-a', 'vswb-b'];
const FRAMEWORKS = (process.argv[2] ?? 'udp,udp-mmsg,raw,raw-mmsg,dpdk').split(',');
const PACKETS = Number(process.argv[3] ?? 100_000);
const ONLY = process.argv[4] ?? '';
const FLOWS = 100;
const [RATE_PPS, TIMES_RATE_PPS] = [20_000, 1_000];
const [LEAST, DISTANCE_MOST] = [1e-4, 0.01];

type Row = Record<string, string>;

/** What is asked for, the fields of a frame that show it, and how likely it is that they look so. */
interface Asked {
  options: string;
  fields: string[];
  judge(rows: Row[]): { p: number; told: string };
  ratePps?: number;
  /** Frameworks of sockets that write no headers of their own cannot do it. */
  wholeFrames?: true;
}

const ASKED: Asked[] = [
  {
    ...{ options: `--flows ${FLOWS} --flow-order round-robin`, fields: ['ip.src', 'ip.dst'], wholeFrames: true },
    judge: (rows) => exactly(rows, () => 1),
  },
  {
    ...{ options: `--flows ${FLOWS} --flow-order uniform`, fields: ['ip.src', 'ip.dst'], wholeFrames: true },
    judge: (rows) => chiSquared(rows, () => 1),
  },
  {
    ...{ options: `--flows ${FLOWS} --flow-order zipf:1.1 --flow-fields udp-port`, fields: ['udp.srcport'] },
    ...{ wholeFrames: true as const, judge: (rows: Row[]) => chiSquared(rows, (rank) => (rank + 1) ** -1.1) },
  },
  {
    ...{ options: `--ip 6 --flows ${FLOWS} --flow-order uniform`, fields: ['ipv6.src', 'ipv6.dst'], wholeFrames: true },
    judge: (rows) => chiSquared(rows, () => 1),
  },
  {
    ...{ options: '--flow-order new --flow-fields ip', fields: ['ip.src', 'ip.dst'], wholeFrames: true },
    judge: (rows) => exactly(rows, () => 1, rows.length),
  },
  {
    ...{ options: '--vlan 100-199', fields: ['vlan.id'], wholeFrames: true },
    judge: (rows) => exactly(rows, () => 1),
  },
  {
    ...{ options: '--sizes 60*7,566*4,1514', fields: ['frame.len'] },
    judge: (rows) => exactly(rows, (rank) => [7, 4, 1][rank] ?? 0, 3),
  },
  {
    ...{ options: '--sizes shuffled:60-1514', fields: ['frame.len'] },
    judge: (rows) => exactly(rows, () => 1, 1455),
  },
  {
    ...{ options: '--arrivals poisson', fields: ['frame.time_epoch'], ratePps: TIMES_RATE_PPS },
    judge: kolmogorov,
  },
];

/** How many packets each of the kinds in these fields has, in the order of the fields' values: that of ports is the flows'. */
function countsOf(rows: readonly Row[]): number[] {
  return [...Map.groupBy(rows, (row) => Object.values(row).join(' '))]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([, { length }]) => length);
}

/** Shares that a sequence has by its make: to the packet, but for a period that is not whole at the end. */
function exactly(rows: readonly Row[], weightOf: (rank: number) => number, kinds = FLOWS) {
  const counts = countsOf(rows);
  const weights = counts.map((_, rank) => weightOf(rank));
  const period = weights.reduce((sum, weight) => sum + weight, 0);
  const most = Math.max(
    ...counts.map((count, rank) => Math.abs(count - (rows.length * (weights[rank] ?? 0)) / period)),
  );
  const isRight = counts.length === kinds && most <= Math.max(...weights);
  return { p: isRight ? 1 : 0, told: `${counts.length} kinds, at most ${most.toFixed(2)} packets beside their share` };
}

/** Pearson's test; its distribution by the approximation of Wilson and Hilferty (1931). */
function chiSquared(rows: readonly Row[], weightOf: (rank: number) => number) {
  const counts = countsOf(rows);
  const weights = Array.from({ length: FLOWS }, (_, rank) => weightOf(rank));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const statistic = weights.reduce((total, weight, rank) => {
    const expected = (rows.length * weight) / sum;
    return total + ((counts[rank] ?? 0) - expected) ** 2 / expected;
  }, 0);
  const spread = 2 / (9 * (FLOWS - 1));
  const p = upperTail((Math.cbrt(statistic / (FLOWS - 1)) - (1 - spread)) / Math.sqrt(spread));
  return { p, told: `chi-squared ${statistic.toFixed(1)} of ${FLOWS - 1} degrees of freedom` };
}

/** Of the normal distribution (Abramowitz and Stegun 7.1.26). */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (poly * Math.exp(-x * x)) / 2;
  return z > 0 ? tail : 1 - tail;
}

/** Of the times between frames, against the exponential distribution. */
function kolmogorov(rows: readonly Row[]) {
  const times = rows.map((row) => Number(row['frame.time_epoch']));
  const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) * TIMES_RATE_PPS);
  gaps.sort((a, b) => a - b);
  const n = gaps.length;
  const distance = gaps.reduce((most, gap, index) => {
    const at = 1 - Math.exp(-gap);
    return Math.max(most, at - index / n, (index + 1) / n - at);
  }, 0);
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  const terms = Array.from({ length: 100 }, (_, k) => (k % 2 === 0 ? 2 : -2) * Math.exp(-2 * ((k + 1) * lambda) ** 2));
  const p = Math.min(
    1,
    terms.reduce((sum, term) => sum + term, 0),
  );
  return { p: distance <= DISTANCE_MOST ? Math.max(p, LEAST) : p, told: `largest distance ${distance.toFixed(4)}` };
}

const ADDRESSES = [
  ...['--local-mac', '02:00:00:00:07:01', '--peer-mac', '02:00:00:00:07:02'],
  ...['--local-port', '4001', '--peer-port', '4002'],
  ...['--pair', '7', '--touch', 'full', '--size', '128', '--burst', '1'],
];
const IP = {
  4: ['--local-ip', '198.18.7.1', '--peer-ip', '198.18.7.2'],
  6: ['--local-ip', '2001:2:0:7:4000::1', '--peer-ip', '2001:2:0:7:4000::2'],
};
const application = join(import.meta.dirname, '../build/dataplane/vswload');

/** Frames of so many packets, as far as their headers go. */
async function captureOf(
  framework: string,
  { options, fields, ratePps = RATE_PPS }: Asked,
  file: string,
): Promise<Row[]> {
  const within = ['netns', 'exec', SINK, 'tcpdump', '-i', 'eth0', '-U', '-s', '96', '-B', '65536', '-w', file];
  const tcpdump = spawn('ip', [...within, '--time-stamp-precision=nano', 'udp or vlan or ip6'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = createInterface({ input: tcpdump.stderr });
  const told: string[] = [];
  said.on('line', (line) => told.push(line));
  await once(said, 'line');
  while (!told.some((line) => line.includes('listening on'))) await once(said, 'line');
  const device = framework === 'dpdk' ? 'net_af_packet0,iface=eth0' : 'eth0';
  const duration = String(Math.ceil((PACKETS / ratePps) * 1000));
  const sender = spawn(
    'ip',
    [
      ...['netns', 'exec', SOURCE, application, 'sender', '--io', framework, '--device', device, ...ADDRESSES],
      ...[...IP[options.includes('--ip 6') ? 6 : 4], ...options.split(' ')],
      ...['--rate', String(ratePps), '--duration-ms', duration],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: sender.stdout });
  for await (const line of lines) if (line.includes('"type":"ready"')) sender.stdin.write('start\n');
  tcpdump.kill('SIGINT');
  await once(tcpdump, 'close');
  const lost = told.find((line) => / packets dropped by kernel/.test(line));
  if (lost?.startsWith('0 ') !== true) throw new Error(`tcpdump: ${lost ?? told.at(-1)}`);
  const words = ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  return execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 })
    .trimEnd()
    .split('\n')
    .map((line) => Object.fromEntries(line.split('\t').map((value, index) => [fields[index] ?? '', value])));
}

const KNOB = '/proc/sys/vm/nr_hugepages';
const pages = readFileSync(KNOB, 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'vswbench-wire-'));
try {
  writeFileSync(KNOB, String(Number(pages) + 32));
  for (const name of [SOURCE, SINK]) execFileSync('ip', ['netns', 'add', name]);
  const end = (name: string) => ['name', 'eth0', 'netns', name];
  execFileSync('ip', ['link', 'add', ...end(SOURCE), 'type', 'veth', 'peer', ...end(SINK)]);
  for (const [name, last] of [
    [SOURCE, 1],
    [SINK, 2],
  ] as const) {
    execFileSync('ip', ['-n', name, 'addr', 'add', `198.18.7.${last}/24`, 'dev', 'eth0']);
    execFileSync('ip', ['-n', name, 'link', 'set', 'eth0', 'address', `02:00:00:00:07:0${last}`, 'up']);
  }
  for (const asked of ASKED.filter(({ options }) => options.includes(ONLY))) {
    for (const framework of FRAMEWORKS.filter((name) => asked.wholeFrames !== true || !name.startsWith('udp'))) {
      const rows = await captureOf(framework, asked, join(folder, 'frames.pcap'));
      const { p, told } = asked.judge(rows);
      console.log(
        `${framework.padEnd(9)} ${asked.options.padEnd(56)} ${rows.length} packets  p ${p.toPrecision(2)}  ${told}`,
      );
      if (p < LEAST) process.exitCode = 1;
    }
  }
} finally {
  for (const name of [SOURCE, SINK]) execFileSync('ip', ['netns', 'delete', name]);
  writeFileSync(KNOB, pages);
  rmSync(folder, { recursive: true });
}
