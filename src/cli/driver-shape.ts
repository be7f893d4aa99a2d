// SPDX-License-Identifier: Apache-2.0
// What a file has to export to be a switch driver: looked at when it is read, so that a slip is told with its field.
import { z } from 'zod';
import { HOTPLUGS } from '../model/churn.ts';
import { PortKindSchema } from '../model/dataplane.ts';
import { HEADERS } from '../model/names.ts';
import { SWITCH_OPTIONS } from '../model/switch-options.ts';
import type { Parsed } from '../model/units.ts';
import { issueOf } from '../run/driver-answers.ts';
import { reasonOf } from '../run/failure.ts';
import { type SwitchDriver, THREADS_MAX } from '../switches/driver.ts';

function fn<T>() {
  return z.custom<T>((value) => typeof value === 'function', {
    error: ({ input }) => `expected a function, received ${input === undefined ? 'nothing' : typeof input}`,
  });
}

const DriverShape = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected small letters, digits and '-', as my-switch: it is a word of the command line",
  }),
  title: z.string().min(1),
  ports: z.array(PortKindSchema).min(1),
  locations: z.array(z.enum(['local', 'remote'])).min(1),
  threads: z.union([z.int().nonnegative(), fn<(pairs: number) => number>()], {
    error: 'expected a whole number from 0 on, or a function of the pairs',
  }),
  workers: z
    .strictObject({
      threadsMax: z.int().positive().max(THREADS_MAX),
      why: z.string().min(1).exactOptional(),
      apart: z.boolean().exactOptional(),
      cpusBeside: z.int().positive().exactOptional(),
      pinned: z.boolean().exactOptional(),
      queuesMax: z.int().positive().exactOptional(),
    })
    .optional(),
  pairsMax: z.int().positive().optional(),
  unserved: z.record(z.string(), z.string().min(1)).optional(),
  uncarried: z.partialRecord(z.enum(HEADERS), z.string().min(1)).optional(),
  oneAddress: z.string().min(1).optional(),
  options: z.array(z.enum(SWITCH_OPTIONS)).optional(),
  hotplug: z.enum(HOTPLUGS).optional(),
  frameLimit: fn<NonNullable<SwitchDriver['frameLimit']>>().optional(),
  hugepageBytes: fn<NonNullable<SwitchDriver['hugepageBytes']>>().optional(),
  probe: fn<SwitchDriver['probe']>(),
  start: fn<SwitchDriver['start']>(),
});

/**
 * The driver that this value is, each field read once, and its functions with what they are of. Else the first field that is wrong, and what is
 * expected of it.
 */
export function asDriver(value: object): Parsed<SwitchDriver> {
  const fields = fieldsOf(value);
  if (!fields.ok) return fields;
  const parsed = DriverShape.safeParse(fields.value);
  if (!parsed.success) return { ok: false, error: issueOf(parsed.error) };
  const {
    threads,
    workers,
    pairsMax,
    unserved,
    uncarried,
    oneAddress,
    options,
    hotplug,
    frameLimit,
    hugepageBytes,
    probe,
    start,
    ...others
  } = parsed.data;
  return {
    ok: true,
    value: {
      ...others,
      threads: typeof threads === 'function' ? threads.bind(value) : threads,
      ...(workers === undefined ? {} : { workers }),
      ...(pairsMax === undefined ? {} : { pairsMax }),
      ...(unserved === undefined ? {} : { unserved }),
      ...(uncarried === undefined ? {} : { uncarried }),
      ...(oneAddress === undefined ? {} : { oneAddress }),
      ...(options === undefined ? {} : { options }),
      ...(hotplug === undefined ? {} : { hotplug }),
      ...(frameLimit === undefined ? {} : { frameLimit: frameLimit.bind(value) }),
      ...(hugepageBytes === undefined ? {} : { hugepageBytes: hugepageBytes.bind(value) }),
      probe: probe.bind(value),
      start: start.bind(value),
    },
  };
}

/** A getter may throw, also one within a field. */
function fieldsOf(value: object): Parsed<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(DriverShape.shape)) {
    try {
      const field: unknown = Reflect.get(value, name);
      const parsed = schema.safeParse(field);
      fields[name] = parsed.success ? parsed.data : field;
    } catch (error) {
      return { ok: false, error: `${name}: cannot be read: ${reasonOf(error)}` };
    }
  }
  return { ok: true, value: fields };
}
