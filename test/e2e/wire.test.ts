// SPDX-License-Identifier: Apache-2.0
// What is on the wire, judged by tcpdump and tshark, who know nothing of us: headers, lengths, checksums and addresses of
// every technique, and nothing but what was sent.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { after, before, it } from 'node:test';
import { z } from 'zod';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { TUN_DEVICE } from '../../src/switches/driver.ts';
import { application, cannotMeasure, capture, suite, until } from './machine.ts';

const TECHNIQUES = [
  'udp',
  'udp-mmsg',
  'udp-gso',
  'uring',
  'raw',
  'raw-mmsg',
  'packet-mmap',
  'afxdp',
  'dpdk',
  'dpdk-af-packet',
  'dpdk-af-xdp',
] as const;
/** Techniques whose receiver leaves nothing for tcpdump to see, as it takes what comes before the kernel does: how they send, to a packet socket. */
const SENDERS: Readonly<Record<string, { io: string; device: string; longest: number }>> = {
  afxdp: { io: 'afxdp', device: 'eth0', longest: 3520 },
  tap: { io: 'tap', device: 'tap0', longest: 9000 },
  // DPDK's packet socket has room for 2048 bytes.
  dpdk: { io: 'dpdk', device: 'net_af_packet0,iface=eth0', longest: 1514 },
  'dpdk-af-packet': { io: 'dpdk-af-packet', device: 'eth0', longest: 1514 },
  'dpdk-af-xdp': { io: 'dpdk-af-xdp', device: 'eth0', longest: 1514 },
};
/** Their packets are made as those of the others are: an odd size and the longest show what they do to them. */
function isNewer(io: string): boolean {
  return io.startsWith('dpdk-') || ['uring', 'packet-mmap', 'afxdp'].includes(io);
}
const BURST = 8;
const SOURCE = {
  namespace: 'vswt-a',
  mac: '02:00:00:00:07:01',
  ip: '198.18.7.1',
  ip6: '2001:2:0:7:4000::1',
  port: 4001,
};
const SINK = { namespace: 'vswt-b', mac: '02:00:00:00:07:02', ip: '198.18.7.2', ip6: '2001:2:0:7:4000::2', port: 4002 };

const tools = ['tcpdump', 'tshark', 'ethtool'].filter((tool) => spawnSync('which', [tool]).status !== 0);
const skip = cannotMeasure || (tools.length > 0 && `${tools.join(' and ')} not installed: vswbench setup --tests`);

const missing = await packagesMissing(localHost, ['switches']);
const withoutDpdk = missing.includes('libdpdk-dev') && 'libdpdk-dev not installed: vswbench setup';

const withoutTap = !existsSync(TUN_DEVICE) && `no ${TUN_DEVICE}: modprobe tun`;

/** Runs with hugepages for one DPDK process, and gives them back. */
async function withHugepages<T>(use: () => Promise<T>): Promise<T> {
  const knob = '/proc/sys/vm/nr_hugepages';
  const before = readFileSync(knob, 'utf8');
  writeFileSync(knob, String(Number(before) + 32));
  try {
    return await use();
  } finally {
    writeFileSync(knob, before);
  }
}

/** A veth takes no XDP program while its peer may send more than a page. */
async function withUsualMtu<T>(use: () => Promise<T>): Promise<T> {
  const set = (mtu: number) =>
    execFileSync('ip', ['-netns', SINK.namespace, 'link', 'set', 'eth0', 'mtu', String(mtu)]);
  set(1500);
  try {
    return await use();
  } finally {
    set(9000);
  }
}

/** Runs with a TAP device, and the kernel leads what its application sends to the cable. */
async function withTap<T>(device: string, use: () => Promise<T>): Promise<T> {
  const within = (command: string) =>
    execFileSync('ip', ['netns', 'exec', SOURCE.namespace, ...command.split(' ')], { stdio: 'pipe' });
  within(`ip tuntap add dev ${device} mode tap`);
  try {
    within(`ip link set dev ${device} mtu 9000 up`);
    within(`tc qdisc add dev ${device} clsact`);
    const redirect = 'u32 match u32 0 0 action mirred egress redirect dev eth0';
    within(`tc filter add dev ${device} ingress protocol all prio 1 ${redirect}`);
    return await use();
  } finally {
    within(`ip link delete dev ${device}`);
  }
}

const FinalSchema = z.looseObject({
  type: z.literal('final'),
  tx: z.looseObject({ offered_packets: z.int() }).nullable(),
  rx: z
    .looseObject({
      packets: z.int(),
      bytes: z.int(),
      unique_packets: z.int(),
      corrupted_packets: z.int(),
      foreign_packets: z.int(),
      flows: z.record(z.string(), z.int()).nullable(),
    })
    .nullable(),
});

const ReadySchema = z.looseObject({ type: z.literal('ready'), path: z.string().nullable() });

interface Options {
  io: string;
  size: number;
  touch: string;
  ip?: number;
  /** Others of its command line. */
  [option: string]: string | number | undefined;
}

interface Load {
  child: ChildProcessByStdio<Writable, Readable, null>;
  ready: Promise<z.infer<typeof ReadySchema>>;
  /** Its first sample: it is at work. */
  started: Promise<void>;
  /** A peer has sent everything. */
  sent: Promise<void>;
  final: Promise<z.infer<typeof FinalSchema>>;
}

/** An application in one of the two namespaces. */
function load(role: string, local: typeof SOURCE, peer: typeof SOURCE, options: Options): Load {
  const ip = options.ip === 6 ? 'ip6' : 'ip';
  const addresses = {
    'local-mac': local.mac,
    'peer-mac': peer.mac,
    'local-ip': local[ip],
    'peer-ip': peer[ip],
    'local-port': local.port,
    'peer-port': peer.port,
  };
  const words = Object.entries({ device: 'eth0', pair: 7, ...addresses, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const child = spawn('ip', ['netns', 'exec', local.namespace, application, role, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<z.infer<typeof ReadySchema>>();
  const started = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const final = Promise.withResolvers<z.infer<typeof FinalSchema>>();
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      const { type } = z.looseObject({ type: z.string() }).parse(JSON.parse(line));
      if (type === 'ready') ready.resolve(ReadySchema.parse(JSON.parse(line)));
      if (type === 'sample') started.resolve();
      if (type === 'sent') sent.resolve();
      if (type === 'final') final.resolve(FinalSchema.parse(JSON.parse(line)));
    })
    .on('close', () => {
      for (const promise of [ready, started, sent, final]) promise.reject(new Error(`${role} ended early`));
    });
  sent.promise.catch(() => undefined);
  return { child, ready: ready.promise, started: started.promise, sent: sent.promise, final: final.promise };
}

/** Ends an application that has not been started. */
async function end({ child, started, final }: Load, signal: NodeJS.Signals): Promise<void> {
  const ended = Promise.allSettled([started, final]);
  child.kill(signal);
  await ended;
}

/** Sends two hundred packets, so many a frame, through a cable under tcpdump's eyes. */
async function exchange(
  file: string,
  options: Options,
  { receiverSize = options.size, packetsInFrame = 1, sender: other = {}, isLarge = false } = {},
) {
  const receiver = load('receiver', SINK, SOURCE, { ...options, size: receiverSize });
  const sending = { ...options, rate: 4000, burst: BURST, 'duration-ms': 50, ...other };
  const sender = load('sender', SOURCE, SINK, sending);
  await Promise.all([receiver.ready, sender.ready]);
  // Who does not wait for blocks to be full, which takes up to a second, has room for so many packets of this size at the most, in KiB: too few
  // for a large capture.
  const wait = isLarge ? [] : ['--immediate-mode', '--snapshot-length', '16384', '--buffer-size', '16384'];
  const tcpdump = spawn('ip', ['netns', 'exec', SINK.namespace, 'tcpdump', '-i', 'eth0', ...wait, '-U', '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  createInterface({ input: tcpdump.stderr }).on('line', (line) => said.push(line));
  await until(() => said.some((line) => line.includes('listening on')));
  const before = rxPackets();
  receiver.child.stdin.write('start\n');
  await receiver.started;
  sender.child.stdin.write('start\n');
  const sent = await sender.final;
  receiver.child.stdin.write('stop\n');
  const received = await receiver.final;
  const witness = rxPackets() - before;
  const ended = new Promise((done) => tcpdump.on('close', done));
  await until(() => countFrames(file) * packetsInFrame >= (sent.tx?.offered_packets ?? 0));
  tcpdump.kill('SIGINT');
  await ended;
  assert.ok(sent.tx !== null && received.rx !== null);
  return { offered: sent.tx.offered_packets, rx: received.rx, witness };
}

/** Two peers send each other two hundred packets. What each sent, and what the other got of it. */
async function meet(options: Options) {
  const [one, other] = [5, 69].map((run) => ({ ...options, rate: 4000, burst: BURST, 'duration-ms': 50, run }));
  assert.ok(one !== undefined && other !== undefined);
  const peers = [
    load('peer', SOURCE, SINK, { ...one, 'peer-run': other.run }),
    load('peer', SINK, SOURCE, { ...other, 'peer-run': one.run }),
  ];
  const tell = (word: string) => {
    for (const { child } of peers) child.stdin.write(`${word}\n`);
  };
  await Promise.all(peers.map(({ ready }) => ready));
  tell('start');
  await Promise.all(peers.map(({ started }) => started));
  tell('send');
  await Promise.all(peers.map(({ sent }) => sent));
  tell('stop');
  const finals = await Promise.all(peers.map(({ final }) => final));
  return finals.map(({ tx }, index) => {
    const rx = finals[1 - index]?.rx;
    assert.ok(tx !== null && rx !== null && rx !== undefined);
    return { offered: tx.offered_packets, rx };
  });
}

/** An exchange with a sender of this technique, under tcpdump's eyes. */
function exchangeBy(file: string, options: Options) {
  const sender = SENDERS[options.io];
  if (sender === undefined) return exchange(file, options);
  const go = () => exchange(file, { ...options, io: 'raw' }, { sender: { io: options.io, device: sender.device } });
  if (options.io === 'tap') return withTap(sender.device, go);
  const bare = options.io === 'dpdk-af-xdp' ? () => withUsualMtu(go) : go;
  return options.io.startsWith('dpdk') ? withHugepages(bare) : bare();
}

/** Without offload the kernel cuts super-packets up in front of the wire, and writes the checksums itself. */
function offload(state: 'on' | 'off'): void {
  const features = ['tx', state, 'tx-udp-segmentation', state];
  execFileSync('ip', ['netns', 'exec', SOURCE.namespace, 'ethtool', '-K', 'eth0', ...features], { stdio: 'ignore' });
}

/** Older kernels send no super-packet to a device that computes no checksums. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const cannotSegment = (major < 6 || (major === 6 && minor < 11)) && 'needs Linux 6.11 to segment without offload';

/** Only a classifier can put tags back that the kernel takes out of frames. */
const withoutTcx = (major < 6 || (major === 6 && minor < 6)) && 'needs Linux 6.6 to receive tags';

function ip(namespace: string, ...words: string[]): string {
  return capture('ip', '-n', namespace, ...words);
}

function rxPackets(): number {
  return Number(
    capture('ip', 'netns', 'exec', SINK.namespace, 'cat', '/sys/class/net/eth0/statistics/rx_packets').trim(),
  );
}

/** Of a capture file (pcap-savefile(5)), before its frames, and before each of them. */
const PCAP_HEADER_BYTES = 24;
const PCAP_FRAME_HEADER_BYTES = 16;

/** Whole frames in a capture that may still be growing. */
function countFrames(file: string): number {
  const capture = readFileSync(file);
  let frames = 0;
  let end = PCAP_HEADER_BYTES;
  while (end + PCAP_FRAME_HEADER_BYTES <= capture.length) {
    end += PCAP_FRAME_HEADER_BYTES + capture.readUInt32LE(end + 8);
    if (end <= capture.length) frames += 1;
  }
  return frames;
}

const FIELDS = [
  ...['frame.len', 'eth.src', 'eth.dst', 'eth.type', 'ip.src', 'ip.dst', 'ip.len', 'ip.checksum.status', 'ip.flags.df'],
  ...['ip.ttl', 'udp.srcport', 'udp.dstport', 'udp.length', 'udp.checksum.status', '_ws.expert', 'udp.payload'],
] as const;
type Field = (typeof FIELDS)[number];

/** Each frame of captures, one after the other, as tshark dissects it, checksums verified. tshark takes longer to start than to read. */
function dissect(...files: readonly string[]): Record<Field, string>[] {
  const [file = '', ...others] = files;
  for (const other of others) appendFileSync(file, readFileSync(other).subarray(PCAP_HEADER_BYTES));
  return fieldsIn(file, FIELDS);
}

function fieldsIn<Name extends string>(file: string, names: readonly Name[]): Record<Name, string>[] {
  const text = capture(
    'tshark',
    ...['-r', file, '-T', 'fields', '-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
    ...names.flatMap((name) => ['-e', name]),
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) as Record<Name, string>;
    });
}

/** Of tags and IPv6: what a capture shows of headers, whichever they have. */
const ENCAPSULATED = [
  ...['eth.type', 'ieee8021ad.id', 'vlan.id', 'vlan.etype', 'ip.src', 'ip.dst', 'ip.checksum.status'],
  ...['ipv6.src', 'ipv6.dst', 'udp.length', 'udp.checksum.status', '_ws.expert'],
] as const;

/** Headers beside the usual ones: how they are asked for, how long all are with them, and what the outermost EtherType is. */
const HEADERS = [
  { asked: { vlan: '100-102' }, bytes: 46, type: '0x8100' },
  { asked: { vlan: '7', qinq: 200 }, bytes: 50, type: '0x88a8' },
  { asked: { ip: 6 }, bytes: 62, type: '0x86dd' },
  { asked: { ip: 6, vlan: '100-102', qinq: 200 }, bytes: 70, type: '0x88a8' },
] as const;

/** What flows can differ in, and where a capture shows it. */
const FLOWS: { field: string; asked: Record<string, string | number>; shows: Field[] }[] = [
  { field: 'udp-port', asked: { flows: 40, 'flow-fields': 'udp-port' }, shows: ['udp.srcport'] },
  { field: 'ip', asked: { flows: 40, 'flow-fields': 'ip' }, shows: ['ip.src', 'ip.dst'] },
  { field: 'mac', asked: { flows: 40, 'flow-fields': 'mac' }, shows: ['eth.src'] },
  { field: 'both addresses', asked: { macs: 40 }, shows: ['eth.src', 'eth.dst'] },
];

/** What two peers may have in their packets that takes loops of its own. */
const FORMS: { name: string; asked: Record<string, string | number>; needsTcx?: true }[] = [
  { name: '40 flows over IPv6', asked: { ip: 6, flows: 40 } },
  { name: '40 flows in a VLAN', asked: { vlan: '5', flows: 40 }, needsTcx: true },
  { name: 'a mix in a VLAN', asked: { vlan: '5', sizes: '68*2,566,1514,69,124*2' }, needsTcx: true },
  { name: '40 addresses', asked: { macs: 40 } },
];

suite('frames on the wire', skip, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-wire-'));
    for (const { namespace } of [SOURCE, SINK]) {
      execFileSync('ip', ['netns', 'add', namespace]);
      for (const scope of ['all', 'default']) {
        const knob = `/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`;
        execFileSync('ip', ['netns', 'exec', namespace, 'sh', '-c', `[ ! -e ${knob} ] || echo 1 > ${knob}`]);
      }
    }
    const end = (namespace: string) => ['name', 'eth0', 'netns', namespace, 'mtu', '9000'];
    const cable = [...end(SOURCE.namespace), 'type', 'veth', 'peer', ...end(SINK.namespace)];
    execFileSync('ip', ['link', 'add', ...cable]);
    for (const { namespace, mac, ip } of [SOURCE, SINK]) {
      execFileSync('ip', ['-n', namespace, 'addr', 'add', `${ip}/24`, 'dev', 'eth0']);
      execFileSync('ip', ['-n', namespace, 'link', 'set', 'eth0', 'address', mac, 'up']);
    }
    // A kernel that has learned a neighbour asks it again seconds after it last sent something, and the answer would be counted.
    for (const [{ namespace }, { ip, mac }] of [
      [SOURCE, SINK],
      [SINK, SOURCE],
    ] as const) {
      const entry = [ip, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent'];
      execFileSync('ip', ['-n', namespace, 'neigh', 'replace', ...entry]);
    }
  });
  after(() => {
    for (const { namespace } of [SOURCE, SINK]) execFileSync('ip', ['netns', 'delete', namespace]);
    rmSync(folder, { recursive: true, force: true });
  });

  for (const io of TECHNIQUES) {
    for (const touch of ['full', 'none']) {
      if (io.startsWith('dpdk-') && touch === 'none') continue;
      // Without a look at the data there is nothing about a size in between.
      // Of DPDK's drivers for sockets, what they hand over is all that is new.
      const usual = isNewer(io) ? [65] : touch === 'full' ? [60, 64, 65, 256, 1514] : [60, 1514];
      const longest = SENDERS[io]?.longest ?? 9000;
      const sizes = touch === 'none' ? usual : [...new Set([...usual, longest])];
      const unable = io.startsWith('dpdk') ? withoutDpdk : io === 'udp-gso' && cannotSegment;
      it(`${io}, ${sizes.join(', ')} bytes, touch=${touch}`, { timeout: 60_000, skip: unable }, async () => {
        offload(io === 'udp-gso' ? 'off' : 'on');
        const files: string[] = [];
        const expected: number[] = [];
        for (const size of sizes) {
          const file = join(folder, `${io}-${touch}-${size}.pcap`);
          const { offered, rx, witness } = await exchangeBy(file, { io, size, touch });
          // A busy machine may make the sender miss its last bursts; what it sent is what counts here.
          assert.ok(offered > 0);
          assert.deepEqual([rx.packets, rx.unique_packets, rx.foreign_packets], [offered, offered, 0], `${size} bytes`);
          assert.equal(witness, offered, `${size} bytes: the interface counted something else as well`);
          const verbose = capture('tcpdump', '-r', file, '-nn', '-e', '-vv');
          assert.doesNotMatch(verbose, /bad|incorrect|truncated|wrong|\[\|/i);
          files.push(file);
          expected.push(...Array.from({ length: offered }, () => size));
        }
        const frames = dissect(...files);
        assert.deepEqual(
          frames.map((frame) => Number(frame['frame.len'])),
          expected,
        );
        const whole = !io.startsWith('u');
        const checked = io === 'udp-gso' || (whole && touch === 'full');
        for (const frame of frames) {
          const size = Number(frame['frame.len']);
          // The byte order of the header's fields, the length of the IP packet and the destination MAC are where a
          // well-known predecessor went wrong.
          assert.equal(frame['eth.dst'], SINK.mac);
          assert.equal(frame['eth.src'], SOURCE.mac);
          assert.equal(frame['eth.type'], '0x0800');
          assert.equal(frame['ip.len'], String(size - 14));
          assert.equal(frame['ip.checksum.status'], '1');
          assert.deepEqual([frame['ip.src'], frame['ip.dst']], [SOURCE.ip, SINK.ip]);
          assert.equal(frame['udp.length'], String(size - 34));
          assert.deepEqual([frame['udp.srcport'], frame['udp.dstport']], ['4001', '4002']);
          // 1 is good, 3 is none: docs/decisions/0001-checksums.md.
          assert.equal(frame['udp.checksum.status'], checked ? '1' : '3');
          assert.equal(frame['_ws.expert'], '');
          assert.match(frame['udp.payload'], /^575607/);
        }
      });
    }
  }

  for (const touch of ['full', 'none']) {
    const sizes = touch === 'full' ? [60, 64, 65, 256, 1514] : [60, 1514];
    const title = `udp-gso, ${sizes.join(', ')} bytes, touch=${touch}: a burst is one frame where nobody cuts it up`;
    it(title, { timeout: 60_000 }, async () => {
      offload('on');
      const files: string[] = [];
      const expected: number[] = [];
      for (const size of sizes) {
        const file = join(folder, `super-${touch}-${size}.pcap`);
        const options = { io: 'udp-gso', size, touch };
        const { offered, rx, witness } = await exchange(file, options, { packetsInFrame: BURST });
        assert.deepEqual([rx.packets, rx.unique_packets, rx.corrupted_packets], [offered, offered, 0]);
        assert.equal(rx.bytes, offered * size);
        assert.equal(witness, offered / BURST);
        assert.ok(witness > 0);
        files.push(file);
        const headers = 42;
        expected.push(...Array.from({ length: witness }, () => headers + BURST * (size - headers)));
      }
      const lengths = dissect(...files).map((frame) => Number(frame['frame.len']));
      assert.deepEqual(lengths, expected);
    });
  }

  for (const { name, asked, needsTcx } of FORMS) {
    it(`two peers with ${name}, each of which knows the other's`, {
      timeout: 60_000,
      skip: needsTcx === true && withoutTcx,
    }, async () => {
      offload('on');
      for (const { offered, rx } of await meet({ io: 'raw-mmsg', size: 256, touch: 'full', ...asked })) {
        assert.ok(offered > 0);
        assert.deepEqual([rx.packets, rx.unique_packets, rx.corrupted_packets], [offered, offered, 0]);
      }
    });
  }

  for (const { field, asked, shows } of FLOWS) {
    for (const touch of ['full', 'none']) {
      it(`40 flows that differ in ${field}, touch=${touch}, and a receiver that knows each`, {
        timeout: 60_000,
      }, async () => {
        offload('on');
        const file = join(folder, `flows-${field.replace(' ', '-')}-${touch}.pcap`);
        const flows = { io: 'raw-mmsg', size: 64, touch, ...asked };
        const { offered, rx, witness } = await exchange(file, flows);
        assert.deepEqual([rx.packets, rx.unique_packets, rx.foreign_packets, witness], [offered, offered, 0, offered]);
        assert.deepEqual(rx.flows, { count: 40, with_loss: 0, with_reordering: 0, most_lost_packets: 0 });
        const frames = dissect(file);
        assert.equal(frames.length, offered);
        const tuples = frames.map((frame) => shows.map((name) => frame[name]).join(' '));
        assert.equal(new Set(tuples).size, 40);
        // In turn: packet n and packet n + 40 are of one flow.
        assert.ok(tuples.every((tuple, index) => index < 40 || tuple === tuples[index - 40]));
        for (const frame of frames) {
          assert.equal(frame['ip.checksum.status'], '1');
          assert.equal(frame['udp.checksum.status'], touch === 'full' ? '1' : '3');
          assert.equal(frame['_ws.expert'], '');
        }
      });
    }
  }

  for (const { asked, bytes, type } of HEADERS) {
    for (const { io, touch } of [
      { io: 'raw', touch: 'full' },
      { io: 'raw-mmsg', touch: 'none' },
      { io: 'dpdk', touch: 'full' },
    ]) {
      const words = Object.entries(asked).map(([name, value]) => `${name} ${value}`);
      it(`${io} with ${words.join(', ')}, touch=${touch}, as tshark and a receiver see it`, {
        timeout: 60_000,
        skip: withoutTcx || (io === 'dpdk' && withoutDpdk),
      }, async () => {
        offload('on');
        const file = join(folder, `${io}-${words.join('-').replaceAll(' ', '-')}.pcap`);
        // The smallest frame with these headers, and then some data.
        const options = { io: 'raw', size: bytes + 18 + (touch === 'none' ? 21 : 0), touch, ...asked };
        const { offered, rx, witness } = await exchangeBy(file, { ...options, io });
        assert.ok(offered > 0);
        assert.deepEqual([rx.packets, rx.unique_packets, rx.foreign_packets, witness], [offered, offered, 0, offered]);
        assert.equal(rx.bytes, offered * options.size);
        assert.doesNotMatch(capture('tcpdump', '-r', file, '-nn', '-e', '-vv'), /bad|incorrect|truncated|wrong|\[\|/i);
        const frames = fieldsIn(file, ENCAPSULATED);
        assert.equal(frames.length, offered);
        const six = 'ip' in asked;
        const ids = 'vlan' in asked ? (asked.vlan === '7' ? ['7'] : ['100', '101', '102']) : [''];
        for (const [index, frame] of frames.entries()) {
          assert.equal(frame['eth.type'], type);
          assert.equal(frame['ieee8021ad.id'], 'qinq' in asked ? '200' : '');
          // Each id in turn.
          assert.equal(frame['vlan.id'], ids[index % ids.length]);
          assert.equal(frame['vlan.etype'], 'vlan' in asked ? (six ? '0x86dd' : '0x0800') : '');
          assert.deepEqual([frame['ip.src'], frame['ip.dst']], six ? ['', ''] : [SOURCE.ip, SINK.ip]);
          assert.deepEqual([frame['ipv6.src'], frame['ipv6.dst']], six ? [SOURCE.ip6, SINK.ip6] : ['', '']);
          assert.equal(frame['ip.checksum.status'], six ? '' : '1');
          assert.equal(frame['udp.length'], String(options.size - bytes + 8));
          // IPv6 has no packet without one.
          assert.equal(frame['udp.checksum.status'], six || touch === 'full' ? '1' : '3');
          assert.equal(frame['_ws.expert'], '');
        }
      });
    }
  }

  for (const io of ['udp', 'udp-mmsg', 'uring', 'raw', 'raw-mmsg', 'packet-mmap-blocks', 'afxdp', 'tap', 'dpdk']) {
    it(`${io} sends a mix of sizes in the order in which it is written`, {
      timeout: 60_000,
      skip: (io === 'dpdk' && withoutDpdk) || (io === 'tap' && withoutTap),
    }, async () => {
      offload('on');
      const file = join(folder, `mix-${io}.pcap`);
      const mix = { io, size: 64, touch: 'full', sizes: '60*2,566,1514,60,61,124*2' };
      const { offered, rx, witness } = await exchangeBy(file, mix);
      assert.deepEqual([rx.packets, rx.unique_packets, rx.foreign_packets, witness], [offered, offered, 0, offered]);
      const order = [60, 60, 566, 1514, 60, 61, 124, 124];
      const frames = dissect(file);
      const expected = Array.from({ length: offered }, (_, number) => String(order[number % order.length]));
      assert.deepEqual(
        frames.map((frame) => frame['frame.len']),
        expected,
      );
      for (const frame of frames) {
        assert.equal(frame['ip.checksum.status'], '1');
        // UDP sockets send none.
        assert.equal(frame['udp.checksum.status'], io.startsWith('u') ? '3' : '1');
        assert.equal(frame['_ws.expert'], '');
      }
      const bytes = frames.reduce((sum, frame) => sum + Number(frame['frame.len']), 0);
      assert.equal(rx.bytes, bytes);
    });
  }

  for (const io of ['raw', 'raw-mmsg', 'packet-mmap', 'packet-mmap-blocks']) {
    it(`${io} keeps its frames from the kernel by tcx where that is`, {
      skip: withoutTcx && 'needs Linux 6.6',
    }, async () => {
      const receiver = load('receiver', SINK, SOURCE, { io, size: 64, touch: 'full' });
      assert.equal((await receiver.ready).path, 'tcx');
      await end(receiver, 'SIGTERM');
    });
  }

  for (const io of ['afxdp', 'afxdp-busy']) {
    it(`${io} receives what it sends up to its longest frame, and leaves no program`, { timeout: 60_000 }, async () => {
      for (const { namespace } of [SOURCE, SINK]) ip(namespace, 'link', 'set', 'eth0', 'mtu', '3506');
      for (const size of [60, 1514, 3520]) {
        const receiver = load('receiver', SINK, SOURCE, { io, size, touch: 'full' });
        const sending = { io, size, touch: 'full', rate: 1000, burst: BURST, 'duration-ms': 100 };
        const sender = load('sender', SOURCE, SINK, sending);
        const [{ path }] = await Promise.all([receiver.ready, sender.ready]);
        assert.match(path ?? '', /^(copy|zero-copy|generic)(\+busy|\+timer)?$/);
        assert.match(ip(SINK.namespace, '-details', 'link', 'show', 'eth0'), /\bxdp/);
        const before = rxPackets();
        receiver.child.stdin.write('start\n');
        await receiver.started;
        sender.child.stdin.write('start\n');
        const { tx } = await sender.final;
        receiver.child.stdin.write('stop\n');
        const { rx } = await receiver.final;
        const offered = tx?.offered_packets ?? 0;
        assert.ok(offered > 0);
        assert.deepEqual([rx?.packets, rx?.unique_packets, rx?.foreign_packets], [offered, offered, 0]);
        assert.equal(rxPackets() - before, offered);
        assert.doesNotMatch(ip(SINK.namespace, '-details', 'link', 'show', 'eth0'), /\bxdp/);
      }
      const killed = load('receiver', SINK, SOURCE, { io, size: 60, touch: 'full' });
      await killed.ready;
      await end(killed, 'SIGKILL');
      assert.doesNotMatch(ip(SINK.namespace, '-details', 'link', 'show', 'eth0'), /\bxdp/);
      for (const { namespace } of [SOURCE, SINK]) ip(namespace, 'link', 'set', 'eth0', 'mtu', '9000');
    });
  }

  it('sends each size of a range as often as any, in another order', { timeout: 60_000 }, async () => {
    offload('on');
    const file = join(folder, 'range.pcap');
    const mix = { io: 'raw-mmsg', size: 64, touch: 'full', sizes: 'shuffled:60-159' };
    const { offered } = await exchange(file, mix, { sender: { rate: 20_000 }, isLarge: true });
    const lengths = dissect(file).map((frame) => Number(frame['frame.len']));
    const period = lengths.slice(0, 100);
    assert.ok(offered >= 300);
    assert.equal(new Set(period).size, 100);
    assert.ok(lengths.every((length, index) => length === period[index % 100]));
    assert.ok(period.filter((length, index) => period[index + 1] === length + 1).length < 10);
  });

  it('draws flows evenly, by the chi-squared test of what tshark sees', { timeout: 60_000 }, async () => {
    offload('on');
    const file = join(folder, 'uniform.pcap');
    const flows = { io: 'raw-mmsg', size: 64, touch: 'full', flows: 20, 'flow-order': 'uniform' };
    const { offered } = await exchange(file, flows, { sender: { rate: 20_000 }, isLarge: true });
    const counts = [...Map.groupBy(dissect(file), (frame) => frame['ip.src']).values()].map(({ length }) => length);
    assert.equal(counts.length, 20);
    const expected = offered / 20;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // The 99.999th percentile of 19 degrees of freedom; the numbers are the same in each run.
    assert.ok(statistic < 56.4, `${statistic}`);
  });

  it('udp-gso counts each datagram of another size as corrupted', { timeout: 60_000 }, async () => {
    offload('on');
    const file = join(folder, 'size.pcap');
    const options = { io: 'udp-gso', size: 64, touch: 'full' };
    const { offered, rx } = await exchange(file, options, { receiverSize: 65, packetsInFrame: BURST });
    assert.ok(offered > 0);
    assert.deepEqual([rx.packets, rx.unique_packets, rx.corrupted_packets], [offered, 0, offered]);
  });
});
