// SPDX-License-Identifier: Apache-2.0
// The parameters of a test case: the paper's tuple (D, L, S, V, P, R, B) of its table 1, and the extensions that change what is measured.
// One entry is all there is to a parameter: schema, key, options, campaign files, sweeps, store, exports, tables and charts derive from it.
import type { z } from 'zod';
import { ARRIVALS, arrivalsOf } from './arrivals.ts';
import { BACKGROUND, backgroundOf, backgroundWritten } from './background.ts';
import { parseVlan, parseVlans, UNTAGGED, VLAN_MAX } from './encapsulation.ts';
import { FCS_BYTES, FRAME_BYTES_MAX, FRAME_BYTES_MIN } from './frame.ts';
import { eachOf, itemsOf, namesOf, pairSetsOf, quantitiesOf, ratesOf } from './given.ts';
import { FLOW_FIELDS, LOCAL_TESTBED, PORT_KINDS, TESTBED_NAME } from './names.ts';
import {
  type Axis,
  choice,
  column,
  type Defaulted,
  DIMENSIONS,
  type Dimension,
  type Parameter,
  type Reading,
} from './parameter.ts';

import { isPacketSize, meanBytes, type PacketSize, sizeLabel, sizesOf, sizesOption } from './sizes.ts';
import { duration, type Parsed, parseDurationMs, quantity } from './units.ts';
import { PINS } from './workers.ts';

/** Pairs of containers of a test case: each has addresses of its own. */
export const PAIRS_MAX = 128;
const BURST_MAX = 1024;
const BURST_DEFAULTS: Readonly<Record<Dimension, number>> = {
  ...{ throughput: 64, latency: 4, capacity: 64, burst: 8, churn: 8 },
};
/** Of a switch on each host. */
const SWITCH_THREADS_MAX = 64;
/** Of a port each way: IO_QUEUES_MAX of dataplane/io/io.h. */
const QUEUES_MAX = 8;
/** The most flows that are counted one by one. */
const FLOWS_MAX = 2 ** 20;
/** Two bytes of an address count up. */
const MACS_MAX = 2 ** 16;
/** An hour: switches forget after minutes. */
const IDLE_MAX_MS = 3_600_000;
const ANNOUNCE_RATE_MAX = 10_000_000;
/** The kernel goes through them one by one: with so many a packet takes a millisecond. */
const NFT_RULES_MAX = 10_000;
/** Ten in a millisecond: queues on the way are short, and a switch may learn on its slow path. */
export const ANNOUNCE_RATE_PPS = 10_000;
const FLOW_ORDER = /^(round-robin|uniform|new|zipf:(?!0+(\.0*)?$)(\d(\.\d+)?|10(\.0+)?))$/;
const VLANS = /^(none|[1-9]\d{0,3}(-[1-9]\d{0,3})?)$/;
/** Bytes of a frame without FCS where nobody says otherwise; with it where sizes are given so. */
const SIZE_DEFAULT = 64;

export const WAITS = ['poll', 'yield', 'block'] as const;

const CELL = { swept: 'cell', rankable: false } as const;

/** The entries, in the order in which a test case is told. */
const ENTRIES = {
  /** On which machine or machines. */
  testbed: entry<string>()({
    ...{ swept: 'testbed', rankable: false },
    schema: (zod) => zod.string().regex(TESTBED_NAME.pattern, TESTBED_NAME.refusal).default(LOCAL_TESTBED),
    before: LOCAL_TESTBED,
    flags: '--testbed <list>',
    help: 'machines to measure on, as lab or lab-1,lab-2; netns: two network namespaces of this one (default: local)',
    default: () => LOCAL_TESTBED,
    parse: (given) =>
      eachOf(given, (name) =>
        TESTBED_NAME.pattern.test(name)
          ? { ok: true, value: [name] }
          : { ok: false, error: `'${name}' ${TESTBED_NAME.refusal}` },
      ),
    written: (name) => name,
    told: (name) => `testbed ${name}`,
    inTitle: (names) => `testbeds ${names}`,
    inKey: (name) => `testbed=${name}`,
    ...{ title: 'Testbed', heading: 'Testbed', align: 'left' },
    column: column({ name: 'testbed', unit: null, meaning: 'testbed of the campaign' }, 'text'),
    dataplane: null,
  }),
  /** D: what is measured. */
  dimension: {
    ...choice({
      values: DIMENSIONS,
      ...{ swept: 'block', rankable: false },
      ...{ option: 'dimension', flags: '-D, --dimension <list>', name: 'dimension', heading: 'D' },
      help: 'throughput, latency, capacity (the highest rate that meets the objectives), burst (the longest without loss), or churn (what others lose when a container comes and goes)',
      meaning: '`throughput`, `latency`, `capacity`, `burst` or `churn`',
      toApplications: false,
    }),
    ...{ told: itself, inKey: itself, inTitle: itself },
    align: 'right' as const,
    default: (): Dimension => 'throughput',
  },
  /** L: on one host, or between two. */
  location: {
    ...choice({
      values: ['local', 'remote'],
      ...{ swept: 'block', rankable: false },
      ...{ option: 'location', flags: '-L, --location <list>', name: 'location', heading: 'L' },
      help: 'local, remote',
      meaning: '`local` or `remote`',
      toApplications: false,
    }),
    ...{ told: itself, inKey: itself, inTitle: itself },
    default: () => 'local' as const,
  },
  /** S: how many container pairs run at once; 4 is the paper's `4vs4`. */
  pairs: entry<number>()({
    ...{ swept: 'block', rankable: false },
    schema: (zod) => zod.int().min(1).max(PAIRS_MAX),
    flags: '-S, --pairs <list>',
    help: 'container pairs, as 1vs1,4vs4 or 1vs1..4vs4',
    default: () => 1,
    parse: (given) => pairSetsOf(given, PAIRS_MAX),
    ...{ written: versus, told: versus, inKey: versus, inTitle: itself },
    ...{ title: 'Pairs', heading: 'S', align: 'right' },
    column: column({ name: 'pairs', unit: 'pairs', meaning: 'container pairs at once' }, 'integer'),
    dataplane: null,
    axis: { by: 'number of pairs', title: 'pairs of containers', turn: 3 },
  }),
  /** V: id in the switch registry. */
  switch: entry<string>()({
    ...{ swept: 'combination', rankable: true },
    schema: (zod) => zod.string().min(1),
    flags: '-V, --virtual-switch <list>',
    help: 'switches (default: all that this machine can run)',
    parse: namesOf,
    ...{ written: itself, told: itself, inKey: itself, inTitle: itself },
    ...{ title: 'Switch', heading: 'V', align: 'left' },
    column: column({ name: 'switch', unit: null, meaning: 'id of the switch' }, 'text'),
    dataplane: null,
  }),
  /** I/O framework of the traffic applications. */
  io: entry<string>()({
    ...{ swept: 'combination', rankable: true },
    schema: (zod) => zod.string().min(1),
    flags: '--io <list>',
    help: 'I/O frameworks (default: all that the switch can serve)',
    parse: namesOf,
    ...{ written: itself, told: itself, inKey: itself, inTitle: itself },
    ...{ title: 'Framework', heading: 'framework', align: 'left' },
    column: column({ name: 'io', unit: null, meaning: 'I/O framework of the applications' }, 'text'),
    dataplane: { option: 'io', value: itself },
  }),
  /** The kind of port between application and switch; several where both serve several. */
  port: choice({
    values: PORT_KINDS,
    ...{ swept: 'combination', rankable: true },
    ...{ option: 'port', name: 'port' },
    help: 'kinds of port: netdev, vhost-user, memif, netmap, tap, vf (default: all that fit)',
    meaning: 'kind of port between application and switch',
    toApplications: false,
  }),
  /** P: bytes of the whole Ethernet frame without FCS, or a mix of such sizes (sizes.ts). */
  packetSize: entry<PacketSize>()({
    ...CELL,
    schema: (zod) =>
      zod.union([zod.int().min(FRAME_BYTES_MIN).max(FRAME_BYTES_MAX), zod.string().refine(isPacketSize)]),
    flags: '-P, --packet-size <list>',
    help: "bytes of the whole Ethernet frame without FCS, 60 to 9014; RFC 2544's 64 and 1518 are 60 and 1514 (default: 64); or a mix: imix, imix:aaadg (RFC 6985), 60-1514, or a file.csv of lines bytes,count",
    default: (_dimension, { fcs }) => SIZE_DEFAULT - (fcs ? FCS_BYTES : 0),
    parse(given, { fcs }) {
      const extra = fcs ? FCS_BYTES : 0;
      const unit = fcs
        ? 'bytes of the whole Ethernet frame with its FCS (without --fcs: less 4)'
        : "bytes of the whole Ethernet frame without its FCS (RFC 2544's 64 and 1518 are 60 and 1514; --fcs takes them as they are)";
      return sizesOf(given, { extra, unit });
    },
    written: String,
    told: (size) => (/^[\d-]+$/.test(sizeLabel(size)) ? `P = ${sizeLabel(size)} B` : `P = ${sizeLabel(size)}`),
    inTitle: (sizes) => (/^[\d and]+$/.test(sizes.replace(' to ', '')) ? `${sizes} B` : `sizes ${sizes}`),
    inKey: (size) => `P=${size}`,
    ...{ title: 'Size', heading: 'P (B)', align: 'right' },
    column: {
      ...{ name: 'packet_size_bytes', type: 'integer', unit: 'bytes' },
      meaning: 'whole Ethernet frame without FCS; of a mix the mean, rounded',
      of: (size) => Math.round(meanBytes(size)),
      back: (stored, beside) => (typeof beside === 'string' && beside !== 'one' ? beside : stored),
    },
    beside: {
      ...{ name: 'packet_sizes', type: 'text', unit: null, stored: true },
      meaning:
        '`one`, or the mix of sizes: `imix`, `imix:` with letters of RFC 6985, `60-1514`, or `mix:` with packets of each size',
      of: (size) => (typeof size === 'number' ? 'one' : size),
    },
    dataplane: {
      option: (size) => (typeof size === 'number' ? 'size' : 'sizes'),
      value: (size) => (typeof size === 'number' ? size : sizesOption(size)),
    },
    axis: { by: 'packet size', title: 'packet size, bytes', turn: 2 },
  }),
  /** R: packets/s of each sender; `max` is unpaced. */
  rate: entry<number | 'max'>()({
    ...CELL,
    schema: (zod) => zod.union([zod.literal('max'), zod.int().min(1).max(1_000_000_000)]),
    flags: '-R, --rate <list>',
    help: "packets/s of each sender, as 100k or 1M..5M/1M, or 'max'; for a search, the upper limit",
    // Unpaced for throughput, and as in the paper's §4.5 for latency.
    default: (dimension) => (dimension === 'latency' ? 1000 : 'max'),
    parse: ratesOf,
    written: quantity,
    told: (rate) => `R = ${quantity(rate)}`,
    inTitle: (rates) => `${rates} packets/s`,
    inKey: (rate) => `R=${rate}`,
    ...{ title: 'Rate', heading: 'R', align: 'right' },
    // Unpaced is NULL: SQL then compares and averages rates as numbers.
    column: {
      ...{ name: 'rate_pps', type: 'integer', unit: 'packets/s' },
      meaning: 'intended rate of each sender; empty for `max`',
      of: (rate) => (rate === 'max' ? null : rate),
      back: (stored) => stored ?? 'max',
    },
    beside: {
      ...{ name: 'rate', type: 'text', unit: null },
      meaning: '`paced`, or `max` for as fast as it goes',
      of: (rate) => (rate === 'max' ? 'max' : 'paced'),
    },
    dataplane: { option: 'rate', value: (rate) => (rate === 'max' ? 0 : rate) },
    axis: { by: 'rate', title: 'intended rate of a sender', turn: 1 },
  }),
  /** B: packets per burst. */
  burst: entry<number>()({
    ...CELL,
    schema: (zod) => zod.int().min(1).max(BURST_MAX),
    flags: '-B, --burst <list>',
    help: 'packets per burst, 1 to 1024 (default: 64; latency: 4; burst, churn: 8)',
    // 4 is the least of the paper's figure 5. At 1000 packets/s that is a burst each 4 ms; with 64 it would be one each 64 ms, and a packet's
    // delay mostly the time that the rest of its burst takes.
    // Trains of the dimension `burst` are of whole bursts, which are how finely it sees.
    default: (dimension) => BURST_DEFAULTS[dimension],
    parse: (given) => quantitiesOf(given, { min: 1, max: BURST_MAX, unit: 'packets' }),
    written: String,
    told: (packets) => `B = ${packets}`,
    inTitle: (bursts) => `bursts of ${bursts}`,
    inKey: (packets) => `B=${packets}`,
    ...{ title: 'Burst', heading: 'B', align: 'right' },
    column: column({ name: 'burst_packets', unit: 'packets', meaning: 'packets of a burst' }, 'integer'),
    dataplane: { option: 'burst', value: itself },
    axis: { by: 'burst', title: 'packets in a burst', turn: 4 },
  }),
  /** Generate and check every byte, or only the packet's own header. */
  touch: {
    ...choice({
      values: ['full', 'none'],
      ...CELL,
      ...{ option: 'touch', name: 'touch' },
      help: 'full: every byte generated and checked (default); none',
      meaning: '`full`: every byte is generated and checked; `none`: numbers and times alone',
      toApplications: true,
    }),
    default: () => 'full' as const,
  },
  /** What an application does between packets: spin, give its CPU up (needed where CPUs are shared), or sleep in the kernel. */
  wait: choice({
    values: WAITS,
    // Whether CPUs are shared depends on the switch: cases that differ in it are compared all the same.
    ...{ swept: 'never', rankable: true },
    ...{ option: 'wait', flags: '--wait <how>', name: 'wait' },
    help: 'poll, yield, block (sleep until a packet comes), or auto: yield where CPUs are shared (default)',
    meaning: 'what applications do between packets: `poll`, `yield` or `block`',
    toApplications: true,
  }),
  /** Whether a receiver on sockets leaves its queue alone for some microseconds at high rates (docs/decisions/0004). */
  rxModeration: {
    ...choice({
      values: ['on', 'off'],
      ...CELL,
      before: 'on',
      ...{ option: 'rx-moderation', name: 'receive moderation', heading: 'moderation' },
      help: 'on (default): receivers on sockets leave their queue alone for up to 10 µs at high rates; off',
      meaning: '`on` where receivers on sockets may leave their queue alone for some microseconds',
      toApplications: true,
    }),
    default: () => 'on' as const,
  },
  /** Where sender, receiver and switch sit (docs/placement.md). */
  placement: {
    ...choice({
      values: ['spread', 'same-core', 'same-cache', 'cross-socket'],
      ...CELL,
      before: 'spread',
      ...{ option: 'placement', name: 'placement' },
      help: 'where sender, receiver and switch run: spread (a core each, default), same-core, same-cache, cross-socket',
      meaning: 'where sender, receiver and switch were to sit: `spread`, `same-core`, `same-cache` or `cross-socket`',
      toApplications: false,
    }),
    default: () => 'spread' as const,
  },
  /** How many flows the packets of a pair are of, by what `flowFields` says (dataplane/PROTOCOL.md, "Flows"). */
  flows: entry<number>()({
    ...CELL,
    before: 1,
    schema: (zod) => zod.int().min(1).max(FLOWS_MAX).default(1),
    flags: '--flows <list>',
    help: 'flows per pair, as 1,1k,1M or 1..1M/x2 (default: 1)',
    default: () => 1,
    // Flows are whole, and come in steps of ten: a comma is between two of them, as in 1,1M.
    parse: (given) => quantitiesOf(itemsOf(given), { min: 1, max: FLOWS_MAX, unit: 'flows' }),
    written: quantity,
    told: (flows) => `${quantity(flows)} ${flows === 1 ? 'flow' : 'flows'}`,
    inTitle: (counts) => `${counts} flows`,
    inKey: (flows) => `flows=${flows}`,
    ...{ title: 'Flows', heading: 'flows', align: 'right' },
    column: column({ name: 'flows', unit: 'flows', meaning: "flows of a pair's packets" }, 'integer'),
    dataplane: { option: 'flows', value: itself },
    axis: { by: 'number of flows', title: 'flows of a pair', turn: 5 },
  }),
  /** What the flows of a pair differ in. */
  flowFields: {
    ...choice({
      values: FLOW_FIELDS,
      ...CELL,
      before: 'ip',
      ...{ option: 'flow-fields', name: 'flow fields', heading: 'fields' },
      help: 'fields in which flows differ: ip (addresses, default), udp-port (the source port), mac (of the source), vlan',
      meaning: 'what flows differ in: `ip`, `udp-port`, `mac` or `vlan`',
      toApplications: true,
    }),
    default: () => 'ip' as const,
  },
  /** Of which flow the next packet is. */
  flowOrder: entry<string>()({
    ...CELL,
    before: 'round-robin',
    schema: (zod) => zod.string().regex(FLOW_ORDER).default('round-robin'),
    flags: '--flow-order <list>',
    help: 'round-robin (default), uniform, zipf:1.1 (the exponent), or new: each packet starts a flow',
    default: () => 'round-robin',
    parse: (given) =>
      eachOf(given, (item) =>
        FLOW_ORDER.test(item)
          ? { ok: true, value: [item] }
          : {
              ok: false,
              error: `'${item}' is not round-robin, uniform, new, or zipf with an exponent up to 10, as zipf:1.1`,
            },
      ),
    written: itself,
    told: (order) => `flow order = ${order}`,
    inTitle: (orders) => `flow order ${orders}`,
    inKey: (order) => `flow-order=${order}`,
    ...{ title: 'Flow order', heading: 'order', align: 'left' },
    column: column(
      {
        name: 'flow_order',
        unit: null,
        meaning: 'whose packet is next: `round-robin`, `uniform`, `zipf:` with its exponent, or `new`',
      },
      'text',
    ),
    dataplane: { option: 'flow-order', value: itself },
  }),
  /** Ids of the packets' 802.1Q tags, each in turn. */
  vlan: entry<string>()({
    ...CELL,
    before: UNTAGGED,
    schema: (zod) => zod.string().regex(VLANS).default(UNTAGGED),
    flags: '--vlan <list>',
    help: `VLAN tag (802.1Q) of packets: an id up to ${VLAN_MAX}, or several, each in turn, as 100-199 (default: none)`,
    default: () => UNTAGGED,
    parse: (given) => eachOf(given, parseVlans),
    written: itself,
    told: (ids) => (ids === UNTAGGED ? 'no VLAN' : `VLAN ${ids}`),
    inTitle: (ids) => `VLAN ${ids}`,
    inKey: (ids) => `vlan=${ids}`,
    ...{ title: 'VLAN', heading: 'VLAN', align: 'right' },
    column: column({ name: 'vlan', unit: null, meaning: 'ids of the 802.1Q tags, as `100-199`, or `none`' }, 'text'),
    dataplane: { option: 'vlan', value: itself },
  }),
  /** Id of an 802.1ad tag in front of that. */
  qinq: entry<string>()({
    ...CELL,
    before: UNTAGGED,
    schema: (zod) => zod.string().regex(VLANS).default(UNTAGGED),
    flags: '--qinq <list>',
    help: 'outer VLAN tag (802.1ad) in front of that of --vlan: an id (default: none)',
    default: () => UNTAGGED,
    parse: (given) => eachOf(given, parseVlan),
    written: itself,
    told: (id) => (id === UNTAGGED ? 'no outer VLAN' : `outer VLAN ${id}`),
    inTitle: (ids) => `outer VLAN ${ids}`,
    inKey: (id) => `qinq=${id}`,
    ...{ title: 'Outer VLAN', heading: 'QinQ', align: 'right' },
    column: column({ name: 'qinq', unit: null, meaning: 'id of the 802.1ad tag in front of that, or `none`' }, 'text'),
    dataplane: { option: 'qinq', value: itself },
  }),
  /** The version of IP. */
  ip: {
    ...choice({
      values: ['4', '6'],
      ...CELL,
      before: '4',
      ...{ option: 'ip', name: 'IP version', heading: 'IP' },
      help: 'version of IP: 4 (default), 6',
      meaning: 'version of IP: `4` or `6`',
      toApplications: true,
    }),
    default: () => '4' as const,
  },
  /** Polling threads of the switch on each host; `auto` is as many as it has by itself. */
  switchThreads: entry<number | 'auto'>()({
    ...CELL,
    before: 'auto',
    schema: (zod) => zod.union([zod.literal('auto'), zod.int().min(1).max(SWITCH_THREADS_MAX)]).default('auto'),
    flags: '--switch-threads <list>',
    help: 'polling threads of the switch, as 1,2,4 (default: auto, as the switch itself does)',
    default: () => 'auto' as const,
    parse: (given) =>
      eachOf<number | 'auto'>(given, (item) =>
        item === 'auto'
          ? { ok: true, value: [item] }
          : quantitiesOf(item, { min: 1, max: SWITCH_THREADS_MAX, unit: "threads, or 'auto'" }),
      ),
    written: String,
    told: (threads) => `switch threads = ${threads}`,
    inTitle: (counts) => `${counts} switch threads`,
    inKey: (threads) => `switch-threads=${threads}`,
    ...{ title: 'Switch threads', heading: 'threads', align: 'right' },
    column: {
      ...{ name: 'switch_threads', type: 'integer', unit: 'threads' },
      meaning: 'polling threads of the switch on each host, as asked for; 0: as many as it has by itself',
      of: (threads) => (threads === 'auto' ? 0 : threads),
      back: (stored) => (stored === 0 ? 'auto' : stored),
    },
    dataplane: null,
    axis: { by: 'number of switch threads', title: 'polling threads of the switch', turn: 6 },
  }),
  /** Queues of each port, each way. */
  queues: entry<number>()({
    ...CELL,
    before: 1,
    schema: (zod) => zod.int().min(1).max(QUEUES_MAX).default(1),
    flags: '--queues <list>',
    help: 'queues per port of the switch, 1 to 8, divided among its threads (default: 1)',
    default: () => 1,
    parse: (given) => quantitiesOf(given, { min: 1, max: QUEUES_MAX, unit: 'queues' }),
    written: String,
    told: (queues) => `queues = ${queues}`,
    inTitle: (counts) => `${counts} queues a port`,
    inKey: (queues) => `queues=${queues}`,
    ...{ title: 'Queues', heading: 'queues', align: 'right' },
    column: column({ name: 'queues', unit: 'queues', meaning: 'queues of each port, each way' }, 'integer'),
    dataplane: { option: 'queues', value: itself },
    axis: { by: 'number of queues', title: 'queues of a port', turn: 7 },
  }),
  /** Which thread of the switch serves which port. */
  pin: {
    ...choice({
      values: PINS,
      ...CELL,
      before: 'auto',
      ...{ option: 'pin', name: 'pin' },
      help: 'which ports each thread of the switch serves: auto (it decides, default), ports (round-robin), receivers (one thread for all senders, the others for receivers)',
      meaning:
        'which thread of the switch served whom: `auto`: as it decided; `ports`: senders and then receivers in turn; `receivers`: one had all senders, the others the receivers',
      toApplications: false,
    }),
    default: () => 'auto' as const,
  },
  /** Whether one end of a pair sends, or both at once. */
  direction: {
    ...choice({
      values: ['one', 'both'],
      ...CELL,
      before: 'one',
      ...{ option: 'direction', name: 'direction' },
      help: 'one (default): one end of each pair sends, the other receives; both: both ends do both',
      meaning: '`one` where an end of each pair sends and the other receives, `both` where both ends do both',
      // By their role.
      toApplications: false,
    }),
    ...{ told: (ways: 'one' | 'both') => (ways === 'one' ? 'one direction' : 'both directions') },
    default: () => 'one' as const,
  },
  /** When the bursts of a sender with a rate are due (dataplane/load/schedule.h). */
  arrivals: entry<string>()({
    ...CELL,
    before: 'regular',
    schema: (zod) => zod.string().regex(ARRIVALS).default('regular'),
    flags: '--arrivals <list>',
    help: 'arrival process of bursts at the mean rate -R: regular (default), poisson, or on-off:32/1ms (trains of 32 packets, pauses of 1 ms)',
    default: () => 'regular',
    parse: (given) => eachOf(given, arrivalsOf),
    written: itself,
    told: (arrivals) => `${arrivals} arrivals`,
    inTitle: (kinds) => `${kinds} arrivals`,
    inKey: (arrivals) => `arrivals=${arrivals}`,
    ...{ title: 'Arrivals', heading: 'arrivals', align: 'left' },
    column: column(
      {
        ...{ name: 'arrivals', unit: null },
        meaning: 'of bursts at the mean rate: `regular`, `poisson`, or `on-off:` with packets of a train and the pause',
      },
      'text',
    ),
    dataplane: { option: 'arrivals', value: itself },
  }),
  /** Unmeasured traffic beside that which is measured. */
  background: entry<string>()({
    ...CELL,
    before: 'none',
    schema: (zod) => zod.string().regex(BACKGROUND).default('none'),
    flags: '--background <list>',
    help: 'unmeasured traffic of another pair: a share of its maximum, as 50%, or packets/s, as 100k (default: none)',
    default: () => 'none',
    parse: (given) => eachOf(given, backgroundOf),
    written: backgroundWritten,
    told: (background) => `background = ${backgroundWritten(background)}`,
    inTitle: (loads) => `backgrounds of ${loads}`,
    inKey: (background) => `background=${background}`,
    ...{ title: 'Background', heading: 'background', align: 'right' },
    column: column(
      {
        ...{ name: 'background', unit: null },
        meaning:
          'unmeasured traffic beside that which is measured, as asked for: `none`, a share of the capacity as `50%`, or packets/s',
      },
      'text',
    ),
    // By a pair of its own.
    dataplane: null,
  }),
  /** Ethernet addresses of each end of a pair. */
  macs: entry<number>()({
    ...CELL,
    before: 1,
    schema: (zod) => zod.int().min(1).max(MACS_MAX).default(1),
    flags: '--macs <list>',
    help: 'Ethernet addresses per end of a pair, for switches to learn, as 1,1k,64k or 1..64k/x2, up to 65536 (default: 1)',
    default: () => 1,
    parse: (given) => quantitiesOf(itemsOf(given), { min: 1, max: MACS_MAX, unit: 'addresses' }),
    written: quantity,
    told: (macs) => `macs = ${quantity(macs)}`,
    inTitle: (counts) => `${counts} addresses an end`,
    inKey: (macs) => `macs=${macs}`,
    ...{ title: 'Addresses', heading: 'macs', align: 'right' },
    column: column({ name: 'macs', unit: 'addresses', meaning: 'Ethernet addresses of each end of a pair' }, 'integer'),
    dataplane: { option: 'macs', value: itself },
    axis: { by: 'number of addresses', title: 'addresses of each end', turn: 8 },
  }),
  /** How fast the addresses of `macs` are made known to the switch. */
  announceRatePps: entry<number>()({
    ...CELL,
    before: ANNOUNCE_RATE_PPS,
    schema: (zod) => zod.int().min(1).max(ANNOUNCE_RATE_MAX).default(ANNOUNCE_RATE_PPS),
    flags: '--announce-rate <list>',
    help: 'addresses/s that each end announces with --macs, as 10k,100k,1M (default: 10k)',
    default: () => ANNOUNCE_RATE_PPS,
    parse: (given) => quantitiesOf(itemsOf(given), { min: 1, max: ANNOUNCE_RATE_MAX, unit: 'addresses/s' }),
    written: quantity,
    told: (rate) => `announced at ${quantity(rate)}/s`,
    inTitle: (rates) => `addresses announced at ${rates}/s`,
    inKey: (rate) => `announced=${rate}`,
    ...{ title: 'Announced/s', heading: 'announced/s', align: 'right' },
    column: column(
      {
        ...{ name: 'announce_rate_pps', unit: 'addresses/s' },
        meaning: 'how fast each end announced its Ethernet addresses, as asked for',
      },
      'integer',
    ),
    dataplane: { option: 'announce-rate', value: itself },
    axis: { by: 'rate of announcements', title: 'addresses announced a second by each end', turn: 9 },
  }),
  /** How long a switch that has learned is left alone before traffic: what it forgets meanwhile, it floods. */
  idleMs: entry<number>()({
    ...CELL,
    before: 0,
    schema: (zod) => zod.int().min(0).max(IDLE_MAX_MS).default(0),
    flags: '--idle <list>',
    help: 'idle time between announcing addresses and traffic, as 0s,310s (default: 0s)',
    default: () => 0,
    parse: (given) => eachOf(given, idleOf),
    written: duration,
    told: (ms) => `idle for ${duration(ms)} before`,
    inTitle: (times) => `idle for ${times} before`,
    inKey: (ms) => `idle=${ms}`,
    ...{ title: 'Idle before', heading: 'idle', align: 'right' },
    column: column(
      { name: 'idle_ms', unit: 'ms', meaning: 'time between the announcement of addresses and traffic' },
      'integer',
    ),
    // It is the trial that waits.
    dataplane: null,
    axis: { by: 'time since addresses were announced', title: 'ms between announcement and traffic', turn: 10 },
  }),
  /** Whether ports belong to VLANs, which the switch looks up for each packet. */
  vlanFiltering: {
    ...choice({
      values: ['off', 'on'],
      ...CELL,
      before: 'off',
      ...{ option: 'vlan-filtering', name: 'VLAN filtering' },
      help: 'off (default); on: ports of linux-bridge pass only their own VLANs',
      meaning: 'whether ports of the switch belonged to VLANs, and let no others through: `off` or `on`',
      toApplications: false,
    }),
    default: () => 'off' as const,
  },
  /** A firewall that each forwarded packet passes. */
  nftRules: entry<number>()({
    ...CELL,
    before: 0,
    schema: (zod) => zod.int().min(0).max(NFT_RULES_MAX).default(0),
    flags: '--nft-rules <list>',
    help: 'nftables rules that each packet on linux-bridge is checked against, none of which matches, as 0,10,100,1000 (default: 0, no firewall)',
    default: () => 0,
    parse: (given) => quantitiesOf(itemsOf(given), { min: 0, max: NFT_RULES_MAX, unit: 'rules' }),
    written: quantity,
    told: (rules) => `nft rules = ${quantity(rules)}`,
    inTitle: (counts) => `${counts} nft rules`,
    inKey: (rules) => `nft-rules=${rules}`,
    ...{ title: 'nft rules', heading: 'rules', align: 'right' },
    column: column(
      {
        ...{ name: 'nft_rules', unit: 'rules' },
        meaning: 'rules of nftables that each forwarded packet was held against, none of which matched; 0: no firewall',
      },
      'integer',
    ),
    dataplane: null,
    axis: { by: 'number of nft rules', title: 'rules of nftables that do not match', turn: 11 },
  }),
  /** What packets are put into between the two ends. */
  overlay: {
    ...choice({
      values: ['none', 'vxlan'],
      ...CELL,
      before: 'none',
      ...{ option: 'overlay', name: 'overlay' },
      help: 'none (default); vxlan: each end on a linux-bridge of its own, joined by a VXLAN tunnel as between hosts',
      meaning: 'what joined the two ends: `none` where one switch did, `vxlan` where a tunnel between two did',
      toApplications: false,
    }),
    default: () => 'none' as const,
  },
  // The next one: docs/adding-a-parameter.md.
};

/** Checks an entry against the type of its values, and keeps what it says exactly. */
function entry<T>() {
  return <const Entry extends Parameter<T> & Partial<Defaulted<T>>>(parameter: Entry): Entry => parameter;
}

function idleOf(item: string): Parsed<number[]> {
  const parsed = parseDurationMs(item);
  if (!parsed.ok) return parsed;
  return parsed.value > IDLE_MAX_MS
    ? { ok: false, error: `${item} is out of range; give 0s to ${duration(IDLE_MAX_MS)}` }
    : { ok: true, value: [parsed.value] };
}

function itself<T>(value: T): T {
  return value;
}

function versus(pairs: number): string {
  return `${pairs}vs${pairs}`;
}

type Entries = typeof ENTRIES;

export type ParameterKey = keyof Entries;
type ValueOf<Key extends ParameterKey> = z.infer<ReturnType<Entries[Key]['schema']>>;
/** One point of the parameter space. */
export type TestCase = { [Key in ParameterKey]: ValueOf<Key> };

/** Parameters whose entries have such traits. */
type KeysWith<Traits> = { [Key in ParameterKey]: Entries[Key] extends Traits ? Key : never }[ParameterKey];
/** What is swept within a combination of switch, framework and port. */
export type CellKey = KeysWith<{ swept: 'cell' }>;
/** What cases must have in common to be compared. */
export type GroupKey = KeysWith<{ rankable: false }>;
/** What has a value where a campaign gives none; the machine decides on the others. */
export type DefaultedKey = KeysWith<{ default: unknown }>;
/** What charts are drawn along. */
export type AxisKey = KeysWith<{ axis: object }>;

/** Every parameter, by the name that it has in test cases and in campaign files. */
export const PARAMETERS: { readonly [Key in ParameterKey]: Parameter<TestCase[Key]> } = ENTRIES;
/** Those that have a value where a campaign gives none. */
const DEFAULTS: { readonly [Key in DefaultedKey]: Defaulted<TestCase[Key]> } = ENTRIES;

const AXES: { readonly [Key in AxisKey]: { readonly axis: Axis } } = ENTRIES;

export const PARAMETER_KEYS: readonly ParameterKey[] = Object.keys(ENTRIES).filter(isParameter);
export const CELL_KEYS = PARAMETER_KEYS.filter(isSweptInCells);
export const GROUP_KEYS = PARAMETER_KEYS.filter(isOfGroup);
export const AXIS_KEYS = PARAMETER_KEYS.filter(hasAxis).sort((a, b) => axisOf(a).turn - axisOf(b).turn);

function isParameter(name: string): name is ParameterKey {
  return Object.hasOwn(ENTRIES, name);
}

function isSweptInCells(key: ParameterKey): key is CellKey {
  return PARAMETERS[key].swept === 'cell';
}

function isOfGroup(key: ParameterKey): key is GroupKey {
  return !PARAMETERS[key].rankable;
}

function hasDefault(key: ParameterKey): key is DefaultedKey {
  return 'default' in ENTRIES[key];
}

function hasAxis(key: ParameterKey): key is AxisKey {
  return PARAMETERS[key].axis !== undefined;
}

/** The value of a parameter where a campaign gives none. */
export function defaultOf<Key extends DefaultedKey>(key: Key, dimension: Dimension, reading: Reading): TestCase[Key] {
  return DEFAULTS[key].default(dimension, reading);
}

/** Whether each dimension has a default of its own: cases of both differ in it though nobody swept it. */
export function hasOwnDefaults(key: ParameterKey): boolean {
  const usual = (dimension: Dimension) => (hasDefault(key) ? defaultOf(key, dimension, { fcs: false }) : null);
  return usual('throughput') !== usual('latency');
}

/** Its option, by the letter where there is one: `-P`, `--touch`. */
export function optionOf(key: ParameterKey): string {
  return /^--?[\w-]+/.exec(PARAMETERS[key].flags)?.[0] ?? '';
}

/** The axis of charts along a parameter. */
export function axisOf(key: AxisKey): Axis {
  return AXES[key].axis;
}

/** A parameter of a test case, and what it is of: `B = 64`. */
export function toldOf<Key extends ParameterKey>(key: Key, value: TestCase[Key]): string {
  return PARAMETERS[key].told(value);
}

/** Its value as its option takes it. */
export function writtenOf<Key extends ParameterKey>(key: Key, value: TestCase[Key]): string {
  return PARAMETERS[key].written(value);
}

/** Whether that is what all was measured with before there was the parameter. */
export function isAsBefore<Key extends ParameterKey>(key: Key, value: TestCase[Key]): boolean {
  const { before } = PARAMETERS[key];
  return before !== undefined && before === value;
}
