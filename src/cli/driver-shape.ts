// SPDX-License-Identifier: Apache-2.0
// What a file has to export to be a switch driver: looked at when it is read, so that a slip is told with its field.
import { z } from 'zod';
import { PortKindSchema } from '../model/dataplane.ts';
import { issueOf } from '../run/driver-answers.ts';

const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: ({ input }) => `expected a function, received ${input === undefined ? 'nothing' : typeof input}`,
});

const DriverShape = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected small letters, digits and '-', as my-switch: it is a word of the command line",
  }),
  title: z.string().min(1),
  ports: z.array(PortKindSchema).min(1),
  locations: z.array(z.enum(['local', 'remote'])).min(1),
  threads: z.union([z.int().nonnegative(), fn], {
    error: 'expected a whole number from 0 on, or a function of the pairs',
  }),
  pairsMax: z.int().positive().optional(),
  unserved: z.record(z.string(), z.string().min(1)).optional(),
  hugepageBytes: fn.optional(),
  probe: fn,
  start: fn,
});

/** Null where it is a driver; else the first field that is wrong, and what is expected of it. */
export function driverFault(value: unknown): string | null {
  const parsed = DriverShape.safeParse(value);
  return parsed.success ? null : issueOf(parsed.error);
}
