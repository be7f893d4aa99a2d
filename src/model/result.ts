// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { BURST_ENDS, BurstSchema } from './burst.ts';
import { CacheSchema } from './cache.ts';
import { PrecisionSchema } from './campaign.ts';
import { ChurnSchema, HOTPLUGS } from './churn.ts';
import { HistogramSchema } from './dataplane.ts';
import { PlacementSchema } from './placement.ts';
import { REPEATS } from './repetition.ts';
import { FoundSchema, ObjectiveSchema, SEARCH_ENDS, SearchSchema, SearchSettingsSchema } from './search.ts';
import { ShardsSchema } from './shards.ts';
import { HostRecordSchema } from './testbed.ts';
import { TestCaseSchema } from './testcase.ts';
import type { ServedQueue } from './workers.ts';

const count = z.int().nonnegative();

/** The state in which something ended. */
export const OutcomeKindSchema = z.enum(['measured', 'invalid', 'failed', 'skipped']);
export type OutcomeKind = z.infer<typeof OutcomeKindSchema>;

export const OutcomeSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('measured') }),
  /** It ran, but its evidence contradicts itself (a ledger that does not close): the figure must not be used. */
  z.strictObject({ outcome: z.literal('invalid'), reason: z.string() }),
  z.strictObject({ outcome: z.literal('failed'), step: z.string(), reason: z.string() }),
  z.strictObject({ outcome: z.literal('skipped'), reason: z.string() }),
]);
export type Outcome = z.infer<typeof OutcomeSchema>;

/** Marks that a reader must know to judge a figure; the text of each is in report/flags.ts. */
export const FlagSchema = z.enum([
  'shared-cpu',
  'shared-housekeeping',
  'unlike-cpus',
  'tool-limited',
  'host-network',
  'bridge-netfilter',
  'received-twice',
  'generic-xdp',
  'copied',
  'polled-by-timer',
  'disturbed',
  'super-packets',
  'some-trials-failed',
  'rate-not-reached',
  'background-not-reached',
  'announce-rate-not-reached',
  'imprecise',
  'bimodal',
  'emulated',
  'unlike-machines',
  'drifted',
  'line-rate-limited',
  'shared-uplink',
  'duplicates',
  'corruption',
  'reordering',
  'late-packets',
  'omitted-sends',
  'few-packets',
  'clock-drift',
  'started-twice',
  'load-not-offered',
  'lowest-load-lost',
  'search-cut-short',
  'longest-burst-passed',
  'shortest-burst-lost',
  'applications-reused',
  'ports-stay',
]);
export type Flag = z.infer<typeof FlagSchema>;

/** Seconds of CPU per second of wall clock over the steady state: 1.0 is one CPU fully used. */
export const CpuUseSchema = z.strictObject({
  sender: z.number(),
  receiver: z.number(),
  /** Threads of the switch; for one inside the kernel, its kernel threads (softirq work done on a sender's time is the sender's). */
  switch: z.number(),
  total: z.number(),
});
export type CpuUse = z.infer<typeof CpuUseSchema>;

/** A cost that each packet had at the sending and at the receiving end, all pairs together. */
export const PerPacketSchema = z.strictObject({ sender: z.number(), receiver: z.number() });
export type PerPacket = z.infer<typeof PerPacketSchema>;

/**
 * Latency in nanoseconds. `mean`, `min`, `max` are exact; percentiles are within 1 %. A figure is null where the packets do
 * not tell it: a percentile that rests on too few of them, and what lies among those that were due and never sent.
 */
export const LatencySummarySchema = z.strictObject({
  mean: z.number().nullable(),
  min: z.number(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
  p9999: z.number().nullable(),
  max: z.number().nullable(),
  count,
  /** Packets that were due and never sent: the delay of each is at least `censoredAtLeastNs`. Not in `count`. */
  censoredCount: count.default(0),
  censoredAtLeastNs: z.number().nullable().default(null),
});
export type LatencySummary = z.infer<typeof LatencySummarySchema>;

export const LatencySchema = z.strictObject({
  /** From the intended send time, free of coordinated omission. */
  rtt: LatencySummarySchema.optional(),
  oneWay: LatencySummarySchema.optional(),
  /** From the actual send time. */
  rttActual: LatencySummarySchema.optional(),
  oneWayActual: LatencySummarySchema.optional(),
});
export type Latency = z.infer<typeof LatencySchema>;

/** Progress of one trial at one instant, summed over pairs. */
export const SampleSchema = z.strictObject({
  /** Seconds since the traffic started. */
  tS: z.number(),
  offeredPackets: count,
  receivedPackets: count,
  steady: z.boolean(),
});
export type Sample = z.infer<typeof SampleSchema>;

/** One hop of the packets' way and what was counted there; the difference of two neighbours is the loss between them. */
export const LedgerHopSchema = z.strictObject({
  hop: z.string(),
  packets: count,
  /** Who counted: an application, or an interface counter that knows nothing of it. */
  source: z.enum(['application', 'counter']),
  /** What the counter itself said, where it counts super-packets; `packets` are then the datagrams that its bytes tell of. */
  superPackets: count.optional(),
  /** Frames of others that were counted here as well, as far as they are known; they are not among `packets`. */
  foreignPackets: count.optional(),
});
/** A loss with a place and, where somebody counted it, a cause. */
export const LedgerDropSchema = z.strictObject({ where: z.string(), packets: count });
export const LedgerSchema = z.strictObject({
  pair: count,
  /** Whose packets it is of; where both ends send, each has a ledger. Older records lack it. */
  from: z.enum(['source', 'sink']).default('source'),
  hops: z.array(LedgerHopSchema),
  drops: z.array(LedgerDropSchema),
  /** What the ends say was lost, and how many of those have no place among the drops: copies that were made somewhere hide them. Older records lack both. */
  lostPackets: count.nullable().default(null),
  unplacedPackets: count.default(0),
  /** No hop has more packets than the one before, but for copies and packets of others that were counted. */
  closes: z.boolean(),
});
export type Ledger = z.infer<typeof LedgerSchema>;

/** A queue of a port and the thread of the switch that polled it, by its number among those of its host. */
const ServedQueueSchema: z.ZodType<ServedQueue> = z.strictObject({
  pair: count,
  end: z.enum(['source', 'sink']),
  queue: count,
  thread: count,
});

/** The ledger of the cable between two hosts, all pairs together: from their applications by the counters of both uplinks to the other ones. */
export const UplinkLedgerSchema = z.strictObject({
  hops: z.array(LedgerHopSchema),
  drops: z.array(LedgerDropSchema),
  lostPackets: count.nullable().default(null),
  unplacedPackets: count.default(0),
  /** Packets on the cable that no application of the trial sent. */
  foreignPackets: count,
});
export type UplinkLedger = z.infer<typeof UplinkLedgerSchema>;

/** What else the machine did meanwhile. */
export const NoiseSchema = z.strictObject({
  /** CPU time taken by the hypervisor for others, as a ratio of the placed CPUs' wall time. */
  stealRatio: z.number(),
  involuntarySwitchesPerS: z.number(),
  /** Softirq time on the placed CPUs, in CPUs; inside the kernel's switches this is where forwarding happens. */
  softirqCpus: z.number(),
  /** Hardware interrupts that the placed CPUs served, timers and those from CPU to CPU among them. Older records lack this and what follows. */
  interruptsPerS: z.number().nullable().default(null),
  /** Of the placed CPUs, the mean of begin and end, and the most that one of them changed meanwhile; null where the kernel tells nothing. */
  frequencyMhz: z.number().nullable().default(null),
  frequencyChangeRatio: z.number().nullable().default(null),
  /** Share of the time in which some task of the whole machine was ready but had no CPU (/proc/pressure/cpu, "some"). */
  cpuPressureRatio: z.number().nullable().default(null),
  /** Share of a measured CPU's time that went to nobody of the trial, of the CPU with most; null where no CPU was measured. */
  strangersRatio: z.number().nullable().default(null),
  /** The narrowest quota of CPU time that held for something of the trial, in CPUs; null for none. */
  quotaCpus: z.number().nullable().default(null),
  /** For how long quotas held something of it back, seconds, all CPUs together. */
  throttledS: z.number().default(0),
  /** Why the trial counts as disturbed; empty for a quiet one. */
  reasons: z.array(z.string()).default([]),
});
export type Noise = z.infer<typeof NoiseSchema>;

/** What became of the packets that one end of each pair sent to the other, where both send. */
const WaySchema = z.strictObject({
  intendedPackets: count,
  offeredPackets: count,
  /** Given up: the port did not take them, or they were due and not tried. */
  refusedPackets: count,
  missedPackets: count,
  receivedPackets: count,
  lostPackets: count,
  duplicatedPackets: count,
  reorderedPackets: count,
  corruptedPackets: count,
  steadyOfferedPackets: count,
  steadyReceivedPackets: count,
  steadyCorruptedPackets: count,
  throughputPps: z.number(),
  offeredPps: z.number(),
});
export type Way = z.infer<typeof WaySchema>;

/** Both ways: `there` is from source to sink. What is beside them is of both together. */
const WaysSchema = z.strictObject({ there: WaySchema, back: WaySchema });
export type Ways = z.infer<typeof WaysSchema>;

const PairResultSchema = z.strictObject({
  pair: count,
  throughputPps: z.number(),
  offeredPackets: count,
  receivedPackets: count,
  lostPackets: count,
  /** Null where one end sends. Older records lack it, here and below. */
  ways: WaysSchema.nullable().default(null),
});

/** What became of the flows of all pairs together, counted one by one. */
const FlowsSchema = z.strictObject({
  count,
  /** Flows that lost a packet, and that had one out of order among their own (RFC 4737). */
  withLoss: count,
  withReordering: count,
  /** Of the flow that lost most. */
  mostLostPackets: count,
});
export type Flows = z.infer<typeof FlowsSchema>;

/** What became of frames of so many bytes, from and to included, of all pairs together; late ones are among the lost. */
const SizeSchema = z.strictObject({ from: count, to: count, sentPackets: count, lostPackets: count });
export type SizeCount = z.infer<typeof SizeSchema>;

/** Trains of on-off arrivals in the whole trial, of all senders together. */
const TrainsSchema = z.strictObject({
  begun: count,
  /** Taken by the port without a refusal, and how long one of those took to send at the median, ns. */
  whole: count,
  wholeP50Ns: z.number().nullable(),
  /** Of these, arrived without a loss; one that met both a refusal and a loss may be counted against another. */
  passed: count,
});
export type Trains = z.infer<typeof TrainsSchema>;

/** What went through the switch beside what was measured, of the pairs of the background together. */
const BackgroundTrafficSchema = z.strictObject({
  /** Asked of each sender. */
  ratePps: z.number(),
  /** What they got alone and without a rate, where that is a share of it; else null. */
  capacityPps: z.number().nullable(),
  intendedPackets: count,
  offeredPackets: count,
  receivedPackets: count,
  lostPackets: count,
  /** Within the steady state. */
  offeredPps: z.number(),
  throughputPps: z.number(),
  ledgers: z.array(LedgerSchema),
});
export type BackgroundTraffic = z.infer<typeof BackgroundTrafficSchema>;

/** Everything that one execution of a test case told. Packet counts are exact totals of the whole run, drained. */
export const MeasurementSchema = z.strictObject({
  /** Length of the steady state, seconds; rates refer to it. */
  durationS: z.number().positive(),
  /** From the first packet to the steady state, seconds. Older records lack it. */
  warmupS: z.number().nullable().default(null),
  intendedPackets: count,
  offeredPackets: count,
  receivedPackets: count,
  lostPackets: count,
  duplicatedPackets: count,
  reorderedPackets: count,
  corruptedPackets: count,
  /** Of the corrupted ones those whose number could not be trusted either. Older records lack this and the next two. */
  unidentifiedPackets: count.default(0),
  /** So far behind that a duplicate cannot be told from a reordered packet; they count as arrived. */
  latePackets: count.default(0),
  /** What the ports of the sinks, or for `latency` of the clients, delivered that was none of the trial's. */
  foreignPackets: count.default(0),
  /** Packets due within the steady state and sent, how many of those arrived intact, and how many only damaged: what the loss ratio is made of. */
  steadyOfferedPackets: count,
  steadyReceivedPackets: count,
  steadyCorruptedPackets: count.default(0),
  /** Due within the steady state and never sent: the port took none for longer than the sender's debt limit. */
  steadyGivenUpPackets: count.default(0),
  /** Goodput: unique, intact packets received within the steady state. For `latency` it is the client's echoes; for `capacity` what the search found for the objective that binds. */
  throughputPps: z.number(),
  /** Everything of ours that arrived, copies and damaged packets among it. Older records lack it. */
  rawPps: z.number().nullable().default(null),
  throughputBps: z.number(),
  offeredPps: z.number(),
  /** Which of several unlike ways the sinks' packets came in; null where the framework has but one. */
  receivePath: z.string().nullable(),
  /** Whether a sink left its queue alone for some microseconds at high rates. Older records lack it. */
  rxModerated: z.boolean().nullable().default(null),
  /** Minor page faults of an application's polling thread within the steady state, of that with most. Older records lack it. */
  minorFaults: count.nullable().default(null),
  /** How far the time-stamp counter ran off from the kernel's raw clock over the trial, of the application with most; null where nobody knows. */
  clockDriftPpm: z.number().nullable().default(null),
  latencyNs: LatencySchema.optional(),
  cpu: CpuUseSchema,
  /** Over the whole run, kernel and empty polls included; null where nothing counts them. Older records lack them. */
  cyclesPerPacket: PerPacketSchema.nullable().default(null),
  instructionsPerPacket: PerPacketSchema.nullable().default(null),
  noise: NoiseSchema,
  /** Null where a pair has one flow, and where each packet has its own. Older records lack it. */
  flows: FlowsSchema.nullable().default(null),
  /** By size, where packets have several. Older records lack it. */
  sizes: z.array(SizeSchema).nullable().default(null),
  pairs: z.array(PairResultSchema),
  /** All pairs together. */
  ways: WaysSchema.nullable().default(null),
  ledgers: z.array(LedgerSchema),
  /** Null where there was none. Older records lack it. */
  background: BackgroundTrafficSchema.nullable().default(null),
  /** Between two hosts; null on one. Older records lack it. */
  uplink: UplinkLedgerSchema.nullable().default(null),
  /** Which thread of the switch served which port; null where it does not tell. Older records lack it. */
  served: z.array(ServedQueueSchema).nullable().default(null),
  /** What the switch tells of itself over about the steady state, by name with unit (`busyRatio`); empty for most. */
  switchFigures: z.record(z.string(), z.number()),
  /** Its tables that flows or addresses fill. Older records lack it. */
  caches: z.array(CacheSchema).default([]),
  /** Of a capacity: what was found, and by which trials; all else is of one more trial, at the lowest of their lower bounds. Older records lack it. */
  search: SearchSchema.nullable().default(null),
  /** Null for other arrivals. Older records lack it. */
  trains: TrainsSchema.nullable().default(null),
  /** Of a burst: what was found, and by which trains; all else is of those of the longest that came through. Older records lack it. */
  burst: BurstSchema.nullable().default(null),
  /** What others met while a container came and went; all else is of the same trial, without those. Older records lack it. */
  churn: ChurnSchema.nullable().default(null),
  samples: z.array(SampleSchema),
});
export type Measurement = z.infer<typeof MeasurementSchema>;

export const TrialSchema = z.strictObject({
  /** 0-based; each round visits every test case once. */
  round: count,
  /** Position in the campaign's order. */
  ordinal: count,
  /** Seed of the order of this trial's round. */
  seed: count,
  startedAt: z.string(),
  /** Wall time of the whole trial, and what of it was neither warm-up nor measured window. */
  wallS: z.number(),
  overheadS: z.number(),
  /**
   * Names of the hosts that measured it, the near one first: of a campaign that was cut into shards, or goes on elsewhere, it may be another
   * machine that is alike. Empty where none did, and in older records.
   */
  hostnames: z.array(z.string()).default([]),
  placement: PlacementSchema,
  flags: z.array(FlagSchema),
  outcome: OutcomeSchema,
  /** Present where traffic ran to its end: also for `invalid`, as evidence. */
  measurement: MeasurementSchema.nullable(),
  /** Full histograms, by name (`rtt`, `rttActual`, `oneWay`, `oneWayActual`), merged over pairs. */
  histograms: z.record(z.string(), HistogramSchema),
});
export type Trial = z.infer<typeof TrialSchema>;

/** What of a trial decides which trials are still to be run: so much of each is read of a campaign that is resumed. */
export const DoneTrialSchema = z.strictObject({
  ...TrialSchema.pick({ round: true, ordinal: true, seed: true, flags: true }).shape,
  outcome: z.strictObject({ outcome: OutcomeKindSchema }),
  measurement: z
    .strictObject({
      throughputPps: z.number(),
      latencyNs: z.strictObject({ rtt: z.strictObject({ p50: z.number().nullable() }).optional() }).optional(),
      burst: BurstSchema.pick({ longestPackets: true }).nullable().default(null),
      /** Its rate is half of that in all rounds. */
      churn: ChurnSchema.pick({ blockedMs: true, ratePps: true, ndrPps: true }).nullable().default(null),
      /** Of which the background was a share: it is so in all rounds. */
      background: BackgroundTrafficSchema.pick({ capacityPps: true }).nullable(),
    })
    .nullable(),
});
export type DoneTrial = z.infer<typeof DoneTrialSchema>;

/** A median and its 95 % confidence interval; null bounds where there are too few trials to state one. */
export const IntervalSchema = z.strictObject({
  median: z.number(),
  ciLow: z.number().nullable(),
  ciHigh: z.number().nullable(),
  /** How the interval was made: see docs/method.md. */
  method: z.enum(['none', 'student-t', 'order-statistics', 'pooled']),
  trials: count,
});
export type Interval = z.infer<typeof IntervalSchema>;

export const SummarySchema = z.strictObject({
  throughputPps: IntervalSchema,
  throughputBps: IntervalSchema,
  /** Lost of the packets sent within the steady state, over the trials that stand for the rounds; null where none was sent. */
  lossRatio: z.number().nullable(),
  latencyNs: z
    .strictObject({ rtt: LatencyIntervalSchema().optional(), oneWay: LatencyIntervalSchema().optional() })
    .optional(),
  /** Where both ends send: of each way. Null where one does; older records lack it. */
  ways: z.strictObject({ there: WaySummarySchema(), back: WaySummarySchema() }).nullable().default(null),
  /** Of a capacity, by objective. Null for others; older records lack it. */
  found: z.array(FoundSummarySchema()).nullable().default(null),
  /** Of a burst. Null for others; older records lack it. */
  burst: BurstSummarySchema().nullable().default(null),
  /** Of a churn. Null for others; older records lack it. */
  churn: ChurnSummarySchema().nullable().default(null),
  cpu: CpuUseSchema,
  /** How evenly pairs shared the throughput (Jain's index): 1 is equal, 1/pairs is all to one of them; null for one pair. */
  fairness: z.number().nullable(),
});
export type Summary = z.infer<typeof SummarySchema>;

/** As in the summary, of an objective: medians of the bounds, null where a search has none, and how the searches ended. */
function FoundSummarySchema() {
  return z.strictObject({
    objective: ObjectiveSchema,
    throughputPps: IntervalSchema,
    ...FoundSchema.pick({ lowerPps: true, upperPps: true }).shape,
    ends: z.array(z.enum(SEARCH_ENDS)).min(1),
  });
}
export type FoundSummary = z.infer<ReturnType<typeof FoundSummarySchema>>;

/** As in the summary, of bursts: medians of the bounds, and of the depth where all trials have one. */
function BurstSummarySchema() {
  return z.strictObject({
    longestPackets: IntervalSchema,
    ...BurstSchema.pick({ lowerPackets: true, upperPackets: true, depthPackets: true, depthNs: true }).shape,
    ends: z.array(z.enum(BURST_ENDS)).min(1),
  });
}
export type BurstSummary = z.infer<ReturnType<typeof BurstSummarySchema>>;

/** As in the summary, of who comes and goes: medians over the trials, the worst of all, and what was lost in all. */
function ChurnSummarySchema() {
  const delays = z.strictObject({ events: z.number().nullable(), quiet: z.number().nullable() });
  return z.strictObject({
    hotplug: z.enum(HOTPLUGS),
    ratePps: z.number(),
    events: count,
    /** Of one coming and one going, ms; at the least the time between two packets. */
    blockedMs: IntervalSchema,
    worstBlockedMs: z.number(),
    silenceMs: z.number(),
    firstPacketMs: z.number(),
    lostPackets: z.strictObject({ events: count, quiet: count }),
    p999Ns: delays,
  });
}
export type ChurnSummary = z.infer<ReturnType<typeof ChurnSummarySchema>>;

/** As in the summary, of the packets of one way. */
function WaySummarySchema() {
  return z.strictObject({ throughputPps: IntervalSchema, lossRatio: z.number().nullable() });
}

function LatencyIntervalSchema() {
  // Null where the packets of all trials together do not tell it.
  const told = IntervalSchema.nullable();
  return z.strictObject({ p50: told, p99: told, p999: told, mean: told });
}

/** How near a case came to the same case without any switch, which is the most that the tool can show. */
export const CeilingSchema = z.strictObject({
  /** The campaign in which it was measured: the case's own, or a recent one of the same machine. */
  campaign: z.string(),
  throughputPps: z.number(),
  /** The case's throughput of it. */
  ratio: z.number(),
  /** `unknown` where the applications shared a CPU, and only with a switch. */
  limit: z.enum(['tool', 'switch', 'unknown']),
});
export type Ceiling = z.infer<typeof CeilingSchema>;

/** The figure that decides between test cases, of one round: packets/s received, or for `latency` the median round trip, ns. */
export const RoundFigureSchema = z.strictObject({ round: count, value: z.number() });
export type RoundFigure = z.infer<typeof RoundFigureSchema>;

/** Ledgers counted together. */
export const LedgerTotalsSchema = z.strictObject({
  ledgers: count,
  /** Ledgers that close; the packets are those that these tell of. */
  closed: count,
  /** Null where a record does not tell. */
  lostPackets: count.nullable(),
  unplacedPackets: count,
});
export type LedgerTotals = z.infer<typeof LedgerTotalsSchema>;

/** One of two levels of a figure. */
const ModeSchema = z.strictObject({ mean: z.number(), count });
export type Mode = z.infer<typeof ModeSchema>;

export const TwoModesSchema = z.strictObject({
  low: ModeSchema,
  high: ModeSchema,
  /** The first value of the upper level. */
  threshold: z.number(),
});
export type TwoModes = z.infer<typeof TwoModesSchema>;

const share = z.number().nullable();

/**
 * What the trials of a case tell beside its figures, boiled down to what reports show of it: it is kept in place of the trials, which
 * may be many. Of trials whose traffic ran to its end, unless another extent is given.
 */
export const EvidenceSchema = z.strictObject({
  /** Trials of every outcome, and those of them that were measured. */
  trials: count,
  measured: count,
  /** Trials that are repetitions of disturbed ones. */
  repeated: count,
  /** Who measured them, and how many: several where a campaign was cut into shards, or went on elsewhere. None of older records. */
  machines: z.array(z.strictObject({ hostnames: z.array(z.string()), trials: count })),
  /** Where things ran: each placement once. */
  placements: z.array(PlacementSchema),
  /** The ledgers of the last trial. */
  last: z.strictObject({ ledgers: z.array(LedgerSchema), uplink: UplinkLedgerSchema.nullable() }).nullable(),
  ledgers: LedgerTotalsSchema,
  /** Trials that count as disturbed, and the first of them. */
  disturbed: count,
  firstDisturbed: z.strictObject({ round: count, reasons: z.array(z.string()) }).nullable(),
  /** Every reason that was found, once. */
  disturbances: z.array(z.string()),
  /** Measured throughput trials that changed between two levels (packets/s) on the way, and the first of them. */
  changed: count,
  firstChanged: z.strictObject({ round: count, levels: TwoModesSchema }).nullable(),
  /** The several ways in which packets reached their sockets. */
  receivePaths: z.array(z.string()),
  rxModerated: z.boolean(),
  /** What became of each size of a mix, of all trials together; empty where packets have one size. */
  sizes: z.array(SizeSchema),
  /** The shortest and the longest warm-up, seconds; null where older records lack it. */
  warmupS: z.strictObject({ least: z.number(), most: z.number() }).nullable(),
  /** Delays in ns at some percentiles of the round trips of all measured trials together, as far as enough packets lie beyond. */
  roundTrips: z.array(z.strictObject({ percent: z.number(), ns: z.number() })),
  /** Of the packets that a pace asked for; of measured trials. 1 where nothing was asked for. */
  offeredRatio: z.number(),
  receivedRatio: z.number(),
  /** Medians of the measured trials: what a packet costs. Null where nothing tells it. */
  cost: z.strictObject({
    cpuNsPerPacket: share,
    softirqCpus: share,
    /** Softirq time as a share of the sender's, where forwarding happens on its time. */
    softirqOfSender: share,
    senderCyclesPerPacket: share,
    receiverCyclesPerPacket: share,
    senderInstructionsPerPacket: share,
    receiverInstructionsPerPacket: share,
  }),
  /** Medians of what the switch tells of itself. */
  switchFigures: z.record(z.string(), z.number()),
  /** The switch's tables, as the last trial found them. */
  caches: z.array(CacheSchema),
  /** What became of the flows of each trial, where they were counted, added up: flows that lost a packet or had one out of order, of all; and the most that one lost in a trial. */
  flows: FlowsSchema.nullable(),
  /** Of the packets sent, by measured trials, those that receivers of other pairs got as well; null where nobody looks (stats/flooded.ts). */
  floodedRatio: share,
  /** Medians of what went beside, and the share of it that was lost in all measured trials together; null where nothing did. */
  background: z
    .strictObject({
      ...BackgroundTrafficSchema.pick({ ratePps: true, capacityPps: true, offeredPps: true }).shape,
      lossRatio: share,
    })
    .nullable(),
  /** The worst trial in each respect; null where no traffic ran, and where the kernel tells nothing. */
  worst: z
    .strictObject({
      stealRatio: z.number(),
      involuntarySwitchesPerS: z.number(),
      softirqCpus: z.number(),
      interruptsPerS: share,
      frequencyChangeRatio: share,
      cpuPressureRatio: share,
      strangersRatio: share,
      duplicatedPackets: count,
      reorderedPackets: count,
      corruptedPackets: count,
    })
    .nullable(),
});
export type Evidence = z.infer<typeof EvidenceSchema>;

/** A test case with what its trials told. The trials themselves are the store's. */
export const CaseResultSchema = z.strictObject({
  case: TestCaseSchema,
  outcome: OutcomeKindSchema,
  reason: z.string().optional(),
  flags: z.array(FlagSchema),
  ceiling: CeilingSchema.optional(),
  /** The most packets/s that the cable between the hosts carries in the directions that are used; null on one host, or where nobody knows. */
  lineRatePps: z.number().positive().nullable(),
  /** In the order of the rounds; of measured trials only. */
  figures: z.array(RoundFigureSchema),
  evidence: EvidenceSchema,
  /** Null where no trial was measured. */
  summary: SummarySchema.nullable(),
});
export type CaseResult = z.infer<typeof CaseResultSchema>;

/** What the trials of a case told, for themselves: without what the campaign around them adds. */
export const CaseSummarySchema = CaseResultSchema.omit({ case: true, ceiling: true, lineRatePps: true });
export type CaseSummary = z.infer<typeof CaseSummarySchema>;

/** What a campaign is, apart from what it measured. */
export const CampaignHeadSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  startedAt: z.string(),
  /** Null while it runs, or where it was cut short. */
  endedAt: z.string().nullable(),
  seed: count,
  warmupMs: count,
  /** Warm-ups went on until the figures had no trend, `warmupMs` at most. Older records lack it. */
  warmupAuto: z.boolean().default(false),
  durationMs: count,
  /** Trials of each test case; where a precision was asked for, those before it is looked at. */
  trialsPlanned: count,
  /** Null where no more than the planned trials are run. */
  precision: PrecisionSchema.nullable(),
  /** What capacities have to meet; null where none was searched for. Older records lack it. */
  search: SearchSettingsSchema.nullable().default(null),
  /** Which trials were to be repeated. Older records lack it. */
  repeat: z.enum(REPEATS).default('disturbed'),
  /** Applications stayed from trial to trial (`--reuse`). Older records lack it. */
  reuse: z.boolean().default(false),
  /** Which shards of the campaign are here; null where it was not cut. Older records lack it. */
  shards: ShardsSchema.nullable().default(null),
  /** Sizes are shown with the FCS, and without it wherever they are stored. Older records lack it. */
  fcs: z.boolean().default(false),
  /** Names of the knobs that were to be turned on each host. */
  tune: z.array(z.string()).default([]),
  /** Kernel switches were in the host's own network (`--host-network`). Older records lack it, and are of that network all the same. */
  hostNetwork: z.boolean().default(false),
  /** The machines, the near host of the first testbed first. */
  hosts: z.array(HostRecordSchema).min(1),
  /** I/O framework names to titles, as the data plane called them. */
  ioTitles: z.record(z.string(), z.string()),
  /** Of each I/O framework whether its applications see whole frames, or only the UDP payload. Older records lack it. */
  ioWholeFrames: z.record(z.string(), z.boolean()).default({}),
  switchTitles: z.record(z.string(), z.string()),
});

/** A test case that is part of a campaign; `skipped` says what is missing where it cannot run here. */
export const PlannedCaseSchema = z.strictObject({ case: TestCaseSchema, skipped: z.string().nullable() });
export type PlannedCase = z.infer<typeof PlannedCaseSchema>;

/** A campaign as the store keeps it: what was observed, nothing derived. */
export const StoredCampaignSchema = z
  .strictObject({
    ...CampaignHeadSchema.shape,
    cases: z.array(z.strictObject({ ...PlannedCaseSchema.shape, trials: z.array(TrialSchema) })),
  })
  .refine(
    ({ hosts, cases }) => {
      const known = new Set(hosts.filter(({ role }) => role === 'near').map(({ testbed }) => testbed));
      return known.has(hosts[0]?.testbed ?? '') && cases.every((one) => known.has(one.case.testbed));
    },
    { path: ['hosts'], message: 'a testbed lacks its near host' },
  );
export type StoredCampaign = z.infer<typeof StoredCampaignSchema>;

/** A campaign with what its trials decide of those that are still to be run. */
export type BegunCampaign = Omit<StoredCampaign, 'cases'> & { cases: (PlannedCase & { trials: DoneTrial[] })[] };

/** A campaign as every report takes it: the stored one with its summaries (stats/campaign.ts). */
export const CampaignResultSchema = z.strictObject({
  ...CampaignHeadSchema.shape,
  results: z.array(CaseResultSchema),
});
export type CampaignResult = z.infer<typeof CampaignResultSchema>;
