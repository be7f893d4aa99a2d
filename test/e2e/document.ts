// SPDX-License-Identifier: Apache-2.0
// The document that `run --json` prints, as the design promises it; more fields may be there.
import assert from 'node:assert/strict';
import { z } from 'zod';
import { DIMENSIONS } from '../../src/model/parameter.ts';
import type { Ended } from './machine.ts';

const count = z.int().nonnegative();
const DocumentSchema = z.looseObject({
  schema: z.literal(1),
  campaign: z.string(),
  inventory: z.looseObject({ kernel: z.string() }),
  results: z.array(
    z.looseObject({
      case: z.looseObject({
        dimension: z.enum(DIMENSIONS),
        location: z.enum(['local', 'remote']),
        testbed: z.string(),
        pairs: count,
        switch: z.string(),
        io: z.string(),
        port: z.string(),
        packetSize: count,
        rate: z.union([z.number(), z.literal('max')]),
        burst: count,
        touch: z.string(),
        wait: z.string(),
      }),
      outcome: z.string(),
      reason: z.string().optional(),
      flags: z.array(z.string()),
      trials: z.array(
        z.looseObject({
          seed: count,
          startedAt: z.iso.datetime(),
          flags: z.array(z.string()),
          durationS: z.number().positive(),
          intendedPackets: count,
          offeredPackets: count,
          receivedPackets: count,
          lostPackets: count,
          duplicatedPackets: count,
          reorderedPackets: count,
          corruptedPackets: count,
          throughputPps: z.number().positive(),
          throughputBps: z.number().positive(),
          latencyNs: z.looseObject({ rtt: z.looseObject({ p50: z.number() }).optional() }).optional(),
          cpu: z.strictObject({ sender: z.number(), receiver: z.number(), switch: z.number(), total: z.number() }),
          samples: z.array(z.unknown()).min(2),
          placement: z.looseObject({ switch: z.array(count) }),
          served: z
            .array(z.strictObject({ pair: count, end: z.enum(['source', 'sink']), queue: count, thread: count }))
            .nullable(),
          uplink: z
            .looseObject({
              hops: z.array(z.looseObject({ hop: z.string(), packets: count })),
              foreignPackets: count,
            })
            .nullable(),
          ledgers: z.array(
            z.looseObject({
              closes: z.boolean(),
              hops: z.array(
                z.looseObject({ hop: z.string(), packets: count, source: z.string(), superPackets: count.optional() }),
              ),
              drops: z.array(z.looseObject({ where: z.string(), packets: count })),
            }),
          ),
        }),
      ),
      summary: z
        .looseObject({
          throughputPps: z.looseObject({ median: z.number(), trials: count }),
          lossRatio: z.number().nullable(),
        })
        .nullable(),
    }),
  ),
});
export type Document = z.infer<typeof DocumentSchema>;

/** Fails where a case was not measured, or no packet of it arrived. */
export function assertMeasured(results: Document['results']): void {
  for (const { case: one, outcome, trials, reason } of results) {
    assert.equal(outcome, 'measured', `${one.switch} with ${one.io}: ${reason}`);
    assert.ok((trials[0]?.receivedPackets ?? 0) > 0, `${one.switch} with ${one.io}`);
  }
}

/** Trials that have no figures, and why. */
const FailedSchema = z.looseObject({
  results: z.array(
    z.looseObject({ trials: z.array(z.looseObject({ outcome: z.string(), reason: z.string().optional() })) }),
  ),
});

/** The document that a run printed; fails where a trial of it did, or where it printed a stack trace as well. */
export function documentOf({ stdout, stderr }: Ended): Document {
  assert.equal(stderr.includes('    at '), false, `a stack trace:\n${stderr}`);
  assert.notEqual(stdout, '', `no document:\n${stderr}`);
  const document: unknown = JSON.parse(stdout);
  for (const { outcome, reason } of FailedSchema.parse(document).results.flatMap(({ trials }) => trials)) {
    assert.notEqual(outcome, 'failed', `a trial failed: ${reason}\n${stderr}`);
  }
  return DocumentSchema.parse(document);
}
