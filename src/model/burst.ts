// SPDX-License-Identifier: Apache-2.0
// The longest burst that a path takes without a loss (RFC 9004), and how deep that says it is.
import { z } from 'zod';

const count = z.int().nonnegative();

/** Trains of one length, one after another with pauses, in which the path has forwarded all of each. */
export const BurstLoadSchema = z.strictObject({
  /** Of each train. */
  packets: z.int().positive(),
  /** Of all senders together. */
  trains: count,
  /** Of these, taken by the port without a refusal and arrived without a loss. */
  passed: count,
  /** What a train that no port refused takes to send at the median, ns; null where there was none. */
  trainNs: z.number().nullable(),
  lostPackets: count,
  /** Why it counts as disturbed; empty for a quiet one. */
  disturbances: z.array(z.string()),
});
export type BurstLoad = z.infer<typeof BurstLoadSchema>;

/** `longest`: none that was tried is too long. `shortest`: even the shortest is. */
export const BURST_ENDS = ['found', 'longest', 'shortest'] as const;

/** Of each sender. */
export const BurstSchema = z.strictObject({
  ended: z.enum(BURST_ENDS),
  /** The longest train of which half come through whole, and the shortest of which fewer do, packets; null where there is none. */
  lowerPackets: count.nullable(),
  upperPackets: count.nullable(),
  /** Half-way between them, and where one is missing the other. */
  longestPackets: z.number(),
  /** At what rate trains are sent, and at what rate the path forwards when it is given more, packets/s. */
  trainPps: z.number().nullable(),
  forwardedPps: z.number(),
  /** Of the longest burst, what waited on the path when it ended, and how long the path takes to forward that, ns. Null unless found, and where trains are hardly faster than the path. */
  depthPackets: z.number().nullable(),
  depthNs: z.number().nullable(),
  loads: z.array(BurstLoadSchema),
});
export type Burst = z.infer<typeof BurstSchema>;

/** Half of the trains of a length that come through whole are enough. */
export function passes({ trains, passed }: Pick<BurstLoad, 'trains' | 'passed'>): boolean {
  return trains > 0 && 2 * passed >= trains;
}
