// SPDX-License-Identifier: Apache-2.0
// What a run tells those who look on, one JSON object a line: docs/decisions/0044-the-browser.md.
import { z } from 'zod';
import { OutcomeKindSchema } from './result.ts';

const count = z.int().nonnegative();

/** Between the last two samples of a trial, of all its pairs together. */
export const RatesSchema = z.strictObject({
  /** Since the traffic started, seconds. */
  tS: z.number(),
  offeredPps: z.number(),
  receivedPps: z.number(),
  /** CPUs that the polling threads kept busy. One that polls and got less was kept from its CPU. */
  senderCpus: z.number(),
  receiverCpus: z.number(),
});
export type Rates = z.infer<typeof RatesSchema>;

export const LiveLineSchema = z.discriminatedUnion('live', [
  /** How far the run is. */
  z.strictObject({
    live: z.literal('progress'),
    /** Null until its first trial is about to begin. */
    campaign: z.string().nullable(),
    title: z.string(),
    done: count,
    /** So far planned. */
    total: count,
    /** In words; empty where nothing is left. */
    left: z.string(),
  }),
  /** A trial begins; each testbed has one at a time. */
  z.strictObject({
    live: z.literal('trial'),
    testbed: z.string(),
    caseIndex: count,
    name: z.string(),
    round: count,
    repetition: z.boolean(),
  }),
  z.strictObject({ live: z.literal('rates'), testbed: z.string(), rates: RatesSchema }),
  z.strictObject({
    live: z.literal('ended'),
    testbed: z.string(),
    outcome: OutcomeKindSchema,
    /** What it found, in words. */
    found: z.string(),
    /** Why it counts as disturbed. */
    disturbances: z.array(z.string()),
  }),
]);
export type LiveLine = z.infer<typeof LiveLineSchema>;

/** The socket of a run within the results folder. */
export function liveSocketName(pid: number): string {
  return `live-${pid}.sock`;
}

export const LIVE_SOCKET = /^live-(\d+)\.sock$/;
