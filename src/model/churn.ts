// SPDX-License-Identifier: Apache-2.0
// What others notice when a container and its port come and go beside them (docs/decisions/0030-churn.md).
import { z } from 'zod';
import type { TestCase } from './testcase.ts';

const count = z.int().nonnegative();

/** What a switch lets come and go while it forwards for others: a port with its container, or the container alone behind a port that stays. */
export const HOTPLUGS = ['port', 'container'] as const;
export type Hotplug = (typeof HOTPLUGS)[number];

/** What the others met in a span of time, all their pairs together but where it says otherwise. */
const MetSchema = z.strictObject({
  /** Sent in it and not arrived. */
  lostPackets: count,
  /** Due in it and given up, as the sender's port did not take them. */
  unsentPackets: count,
  /** The longest time for which a pair received nothing, as far as samples of a millisecond can vouch for it, ms. */
  silenceMs: z.number(),
});
export type Met = z.infer<typeof MetSchema>;

/** What did not come through, for whichever reason, packets. */
export function lostInAll({ lostPackets, unsentPackets }: Met): number {
  return lostPackets + unsentPackets;
}

/** One coming or going. */
export const ChurnEventSchema = z.strictObject({
  kind: z.enum(['joins', 'leaves']),
  /** When it began, since the measured window did, and how long it took, ms. */
  atMs: z.number(),
  tookMs: z.number(),
  /** From its begin until the newcomer's application had its port, and until its first packet had come through, ms; null for one that leaves. */
  readyMs: z.number().nullable(),
  firstPacketMs: z.number().nullable(),
  ...MetSchema.shape,
  /** For how long the others would have had to be cut off to lose so much: lost and unsent packets by their rate, ms (CSIT's effective blocked time; RFC 6201). */
  blockedMs: z.number(),
});
export type ChurnEvent = z.infer<typeof ChurnEventSchema>;

/** Delays from sender to receiver, ns; null where there are too few packets for a percentile. */
const DelaysSchema = z.strictObject({
  packets: count,
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
});
export type ChurnDelays = z.infer<typeof DelaysSchema>;

export const ChurnSchema = z.strictObject({
  hotplug: z.enum(HOTPLUGS),
  /** Of each sender, packets/s; and of which that is half, where it was searched for. */
  ratePps: count,
  ndrPps: z.number().nullable(),
  events: z.array(ChurnEventSchema),
  /** Of one coming and one going, at the mean, without what is lost in as much time between the events, ms. */
  blockedMs: z.number(),
  /** Of the event that blocked for longest, all that was lost in it. */
  worstBlockedMs: z.number(),
  /** Within events the longest, and at the median of the joins. */
  silenceMs: z.number(),
  firstPacketMs: z.number(),
  /** Between the events. */
  quiet: z.strictObject({ ...MetSchema.shape, durationMs: z.number() }),
  /** Null between two clocks. */
  delaysNs: z.strictObject({ events: DelaysSchema, quiet: DelaysSchema }).nullable(),
});
export type Churn = z.infer<typeof ChurnSchema>;

/** It is in nobody's way, and heard of within a millisecond, packets/s. */
const NEWCOMER_PPS = 1000;

/** What who comes and goes sends: a thin stream of single packets like those that are measured. */
export function newcomerCase(testCase: TestCase): TestCase {
  const thin = { rate: NEWCOMER_PPS, burst: 1, direction: 'one', arrivals: 'regular' } as const;
  return { ...testCase, ...thin, dimension: 'throughput' };
}

/** Less than the time between two packets cannot be told from nothing, and ratios need a figure, ms. */
export function blockedAtMostMs({ blockedMs, ratePps }: Pick<Churn, 'blockedMs' | 'ratePps'>): number {
  return Math.max(blockedMs, 1000 / Math.max(1, ratePps));
}
