// SPDX-License-Identifier: Apache-2.0
// The lines that `vswload` prints (dataplane/PROTOCOL.md, version 2), as schemas: nothing it says is believed unchecked.
import { z } from 'zod';
import { FLOW_FIELDS, HEADERS, PORT_KINDS, type PortKind } from './names.ts';

const count = z.int().nonnegative();
const head = { v: z.literal(2) };
/** Nanoseconds of the host's CLOCK_MONOTONIC since the epoch that the application was given (`Host.epochNs`): exact as a number for 104 days. */
const timeNs = count;
const role = z.enum(['sender', 'receiver', 'client', 'server', 'peer']);

export const PortKindSchema = z.enum(PORT_KINDS);
export type { PortKind };

/**
 * Log-linear latency histogram; values in nanoseconds, buckets half-open `[lower, upper)`, ascending, none empty. `censored` packets were due
 * and never sent, so that their delay is known to be at least `censored_at_least`; they are in no bucket and in no other figure but the
 * percentiles, of which one that falls among them is null.
 */
export const HistogramSchema = z.strictObject({
  unit: z.literal('ns'),
  count,
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  sum_squares: z.number(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
  p9999: z.number().nullable(),
  censored: count.default(0),
  censored_at_least: z.number().nullable().default(null),
  buckets: z.array(z.tuple([z.number(), z.number(), count])),
});
export type Histogram = z.infer<typeof HistogramSchema>;

export const ReadyLineSchema = z.strictObject({
  ...head,
  type: z.literal('ready'),
  role,
  io: z.string(),
  device: z.string(),
  pid: count,
  cpu: count.nullable(),
  ticks_hz: z.number().positive(),
  payload_bytes: count,
  frame_bytes: count,
  tx_queue_bytes: count.nullable(),
  rx_queue_bytes: count.nullable(),
  /** Which of several unlike ways packets come in, where there are several. */
  path: z.string().nullable(),
  /** The trial that its packets name; those of another are foreign. */
  run: count,
  /** This port lets packets gather for a moment before it looks again. */
  rx_moderation: z.boolean(),
});
export type ReadyLine = z.infer<typeof ReadyLineSchema>;

export const SampleLineSchema = z.strictObject({
  ...head,
  type: z.literal('sample'),
  t_ns: timeNs,
  tx_packets: count,
  /** Due, and too old to be sent. */
  given_up_packets: count.default(0),
  /** All of ours that arrived, and of these the unique and intact ones. */
  rx_packets: count,
  rx_unique_packets: count,
  /** CPU time of the polling thread, ns. */
  cpu_ns: count,
  /** Of the polling thread since start; null where the system does not tell. */
  minor_faults: count.nullable(),
  polls: count,
  empty_polls: count,
});
export type SampleLine = z.infer<typeof SampleLineSchema>;

/** Packets of a mix by their frames' bytes, from and to included; null where all have one size. */
const SizesSchema = z.array(z.strictObject({ from: count, to: count, packets: count })).nullable();

export const TxTotalsSchema = z.strictObject({
  intended_packets: count,
  offered_packets: count,
  offered_bytes: count,
  refused_packets: count,
  missed_packets: count,
  error_packets: count,
  max_behind_ns: count,
  /** After so long what is due is given up. */
  max_debt_ns: count,
  steady_intended_packets: count,
  steady_offered_packets: count,
  /** Due within the steady state and never sent. */
  steady_given_up_packets: count,
  steady_begin_ns: timeNs,
  steady_end_ns: timeNs,
  sizes: SizesSchema,
  /** Of on-off arrivals in the whole run; null for others. What was recorded before it was told has none. */
  trains: z.strictObject({ begun: count, whole: count, whole_p50_ns: count.nullable() }).nullable().default(null),
});
export type TxTotals = z.infer<typeof TxTotalsSchema>;

export const RxTotalsSchema = z.strictObject({
  packets: count,
  bytes: count,
  unique_packets: count,
  duplicated_packets: count,
  reordered_packets: count,
  corrupted_packets: count,
  /** Of the corrupted ones, those whose number was not to be trusted. */
  unidentified_packets: count,
  foreign_packets: count,
  late_packets: count,
  dropped_packets: count,
  steady_packets: count,
  /** Of their frames. */
  steady_bytes: count,
  steady_corrupted_packets: count,
  highest_sequence: count.nullable(),
  /** Of flows that are counted one by one; null where there is one, or each packet has its own. */
  flows: z.strictObject({ count, with_loss: count, with_reordering: count, most_lost_packets: count }).nullable(),
  sizes: SizesSchema,
  /** The same, up to the highest number that came: those that lost a packet, and the last of them, from 0. */
  trains: z.strictObject({ with_loss: count, last_with_loss: count.nullable() }).nullable().default(null),
  /** Stretches of numbers with losses up to the highest that came: the first, the last and how many; null where nobody asked. */
  gaps: z
    .array(z.tuple([count, count, count]))
    .nullable()
    .default(null),
});
export type RxTotals = z.infer<typeof RxTotalsSchema>;

export const FinalLineSchema = z.strictObject({
  ...head,
  type: z.literal('final'),
  role,
  io: z.string(),
  started_ns: timeNs,
  ended_ns: timeNs,
  stopped_by: z.enum(['duration', 'stop', 'signal', 'eof']),
  tx: TxTotalsSchema.nullable(),
  rx: RxTotalsSchema.nullable(),
  latency: z.strictObject({
    rtt_intended: HistogramSchema.nullable(),
    rtt_actual: HistogramSchema.nullable(),
    one_way_intended: HistogramSchema.nullable(),
    one_way_actual: HistogramSchema.nullable(),
    /** Those of `one_way_intended` that arrived during events. */
    one_way_event: HistogramSchema.nullable().default(null),
  }),
  cpu_ns: count,
  voluntary_switches: count,
  involuntary_switches: count,
  /** Of the polling thread over its run, kernel included; null where nothing counts them. */
  cycles: count.nullable(),
  instructions: count.nullable(),
  minor_faults: count,
  /** By how much the counter that times packets ran faster than CLOCK_MONOTONIC_RAW, in millionths; null where it is that clock itself. */
  clock_drift_ppm: z.number().nullable(),
  polls: count,
  empty_polls: count,
});
export type FinalLine = z.infer<typeof FinalLineSchema>;

/** A peer has sent all that it had to, and receives until it is stopped. */
export const SentLineSchema = z.strictObject({ ...head, type: z.literal('sent') });

/** All addresses of an application have been announced, within so long. */
export const AnnouncedLineSchema = z.strictObject({
  ...head,
  type: z.literal('announced'),
  after_ns: z.int().nonnegative(),
});

export const ErrorLineSchema = z.strictObject({
  ...head,
  type: z.literal('error'),
  code: z.string(),
  message: z.string(),
});

/** Any line of a running traffic application. */
export const DataplaneLineSchema = z.discriminatedUnion('type', [
  ReadyLineSchema,
  SampleLineSchema,
  SentLineSchema,
  AnnouncedLineSchema,
  FinalLineSchema,
  ErrorLineSchema,
]);
export type DataplaneLine = z.infer<typeof DataplaneLineSchema>;

const BuiltFrameworkSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  built: z.literal(true),
  usable: z.boolean(),
  /** What is missing and the mend, where it is not usable. */
  why: z.string().nullable(),
  whole_frames: z.boolean(),
  /** Counters of interfaces on the way count super-packets, each of several packets. */
  super_packets: z.boolean(),
  /** Its applications can sleep until a packet comes. */
  can_block: z.boolean(),
  /** What flows of its packets can differ in; nothing where the kernel writes the headers. */
  flow_fields: z.array(z.enum(FLOW_FIELDS)),
  /** What its headers can have; nothing where the kernel writes them. */
  headers: z.array(z.enum(HEADERS)),
  /** A client receives answers to whichever UDP port. */
  answers_to_any_port: z.boolean(),
  /** It sends packets of several sizes. */
  mixed_sizes: z.boolean(),
  /** The kinds of port that it can open; empty for those that exist to test the data plane itself. */
  ports: z.array(PortKindSchema),
  /** The longest frame that it carries, without FCS; absent where it carries all that there are. */
  frame_bytes_max: z.int().positive().optional(),
  /** What each application takes while its port is open, and where its frames are longer than 1514 bytes. */
  hugepage_bytes: count,
  jumbo_hugepage_bytes: count,
  /** The most queues of a port each way, and what each beyond the first takes, as above. */
  queues_max: z.int().positive(),
  queue_hugepage_bytes: count,
  jumbo_queue_hugepage_bytes: count,
});
const MissingFrameworkSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  built: z.literal(false),
  /** The pkg-config module that was absent at build time. */
  needs: z.string(),
});
export const FrameworkSchema = z.discriminatedUnion('built', [BuiltFrameworkSchema, MissingFrameworkSchema]);
/** An I/O framework as `vswload --list --json` tells it; there is no second list of frameworks in TypeScript. */
export type Framework = z.infer<typeof FrameworkSchema>;

export const FrameworkListSchema = z.strictObject({
  ...head,
  type: z.literal('list'),
  roles: z.array(z.string()),
  frameworks: z.array(FrameworkSchema),
});

/** The kinds of port that a framework can open; none where it is not built. */
export function portKindsOf(framework: Framework): readonly PortKind[] {
  return framework.built ? framework.ports : [];
}

/** Whether the packets of a framework cross kernel and switch as super-packets. */
export function countsSuperPackets(frameworks: readonly Framework[], io: string): boolean {
  return frameworks.some((framework) => framework.name === io && framework.built && framework.super_packets);
}
