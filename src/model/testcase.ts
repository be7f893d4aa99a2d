// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { PortKindSchema } from './dataplane.ts';
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN } from './frame.ts';
import { LOCAL_TESTBED, TestbedNameSchema } from './testbed.ts';

/**
 * One point of the parameter space: the paper's tuple (D, L, S, V, P, R, B) of its table 1, and the extensions that
 * change what is measured. How long and how often it runs belongs to the campaign.
 */
export const TestCaseSchema = z.strictObject({
  /** On which machine or machines. Records from before there were several lack it. */
  testbed: TestbedNameSchema.default(LOCAL_TESTBED),
  /** D: what is measured. */
  dimension: z.enum(['throughput', 'latency']),
  /** L: on one host, or between two. */
  location: z.enum(['local', 'remote']),
  /** S: how many container pairs run at once; 4 is the paper's `4vs4`. */
  pairs: z.int().min(1).max(128),
  /** V: id in the switch registry. */
  switch: z.string().min(1),
  /** I/O framework of the traffic applications. */
  io: z.string().min(1),
  /** The kind of port between application and switch; several where both serve several. */
  port: PortKindSchema,
  /** P: bytes of the whole Ethernet frame without FCS. */
  packetSize: z.int().min(FRAME_BYTES_MIN).max(FRAME_BYTES_MAX),
  /** R: packets/s of each sender; `max` is unpaced. */
  rate: z.union([z.literal('max'), z.int().min(1).max(1_000_000_000)]),
  /** B: packets per burst. */
  burst: z.int().min(1).max(1024),
  /** Generate and check every byte, or only the packet's own header. */
  touch: z.enum(['full', 'none']),
  /** What an application does between packets: spin, give its CPU up (needed where CPUs are shared), or sleep in the kernel. */
  wait: z.enum(['poll', 'yield', 'block']),
  /** Whether a receiver on sockets leaves its queue alone for some microseconds at high rates (docs/decisions/0004). Older records lack it. */
  rxModeration: z.enum(['on', 'off']).default('on'),
  /** Where sender, receiver and switch sit (docs/placement.md). Older records lack it. */
  placement: z.enum(['spread', 'same-core', 'same-cache', 'cross-socket']).default('spread'),
});
export type TestCase = z.infer<typeof TestCaseSchema>;

/** The two traffic applications of a pair, by dimension (paper figure 3). */
export function rolesOf(dimension: TestCase['dimension']): { source: SourceRole; sink: SinkRole } {
  switch (dimension) {
    case 'throughput':
      return { source: 'sender', sink: 'receiver' };
    case 'latency':
      return { source: 'client', sink: 'server' };
    default:
      return dimension satisfies never;
  }
}
export type SourceRole = 'sender' | 'client';
export type SinkRole = 'receiver' | 'server';
export type ApplicationRole = SourceRole | SinkRole;

/** What carries the packets, in a word: `udp`, `dpdk/vhost-user`, `netmap`. A kernel interface goes without saying, and so do ports of one's own. */
export function ioName({ io, port }: Pick<TestCase, 'io' | 'port'>): string {
  return port === 'netdev' || port === io ? io : `${io}/${port}`;
}

/** Identity of a test case: equal for equal tuples, stable across versions, used as a database key. */
export function caseKey(c: TestCase): string {
  return [
    c.dimension,
    c.location,
    `${c.pairs}vs${c.pairs}`,
    c.switch,
    ioName(c),
    `P=${c.packetSize}`,
    `R=${c.rate}`,
    `B=${c.burst}`,
    `touch=${c.touch}`,
    `wait=${c.wait}`,
    // Keys from before there were these parameters stay what they were.
    ...(c.rxModeration === 'on' ? [] : [`rx-moderation=${c.rxModeration}`]),
    ...(c.placement === 'spread' ? [] : [`placement=${c.placement}`]),
    ...(c.testbed === LOCAL_TESTBED ? [] : [`testbed=${c.testbed}`]),
  ].join(' ');
}
