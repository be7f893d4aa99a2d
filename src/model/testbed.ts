// SPDX-License-Identifier: Apache-2.0
// A testbed: one host, or two that are joined by a cable. Campaign files and testbed files name them.
import { z } from 'zod';
import { parseCpuNames } from './cpu-list.ts';
import { HostNameSchema, InterfaceSchema, PciAddressSchema } from './host-names.ts';
import { type Inventory, InventorySchema } from './inventory.ts';
import { LOCAL_TESTBED, TESTBED_NAME } from './names.ts';
import { KnobRecordSchema } from './tuning.ts';

export const HostSpecSchema = z.strictObject({
  host: HostNameSchema,
  /** Configuration file for ssh(1) instead of the user's own. */
  sshConfig: z
    .string()
    .regex(/^\/[^\p{Cc}]*$/u, 'is not an absolute path')
    .max(4095, 'is not a path: it has more than 4095 characters')
    .optional(),
  /** Interface that leads to the other host. */
  uplink: InterfaceSchema.optional(),
  /** Of the uplink's device, for a switch that drives it itself. */
  pci: PciAddressSchema.optional(),
  /** CPUs to use there, and no others, such as 2-15; all that may be used where it is absent. */
  cpus: z
    .union([z.string(), z.int().nonnegative()])
    .transform(String)
    .superRefine((text, context) => {
      const parsed = parseCpuNames(text);
      // The value is told before it.
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error.slice(`'${text.trim()}' `.length) });
    })
    .optional(),
});
/** One machine of a testbed, and how it is reached. */
export type HostSpec = z.infer<typeof HostSpecSchema>;

export const TestbedSpecSchema = z
  .strictObject({
    /** Has the sources; for `local` cases the sinks as well. */
    near: HostSpecSchema,
    /** Has the sinks of `remote` cases. */
    far: HostSpecSchema.optional(),
  })
  .refine(({ near, far }) => far === undefined || (near.uplink !== undefined && far.uplink !== undefined), {
    message: 'with two hosts each needs an uplink: the interface that leads to the other',
  })
  .refine(({ near, far }) => near.host !== far?.host, { message: 'near and far are the same host' });
export type TestbedSpec = z.infer<typeof TestbedSpecSchema>;

export { LOCAL_TESTBED };

export const TestbedNameSchema = z.string().regex(TESTBED_NAME.pattern, TESTBED_NAME.refusal);

/** What a testbed file, and the key `testbeds` of a campaign file, hold. */
export const TestbedsSchema = z.record(
  TestbedNameSchema.refine((name) => name !== LOCAL_TESTBED, 'is this machine and cannot be another'),
  TestbedSpecSchema,
);
export type Testbeds = z.infer<typeof TestbedsSchema>;

/** Longer values are cut where they are quoted. */
const QUOTED_MAX = 60;

/**
 * What is wrong with testbeds, in one line: the field, its value, what is right. `content` is what was parsed, and
 * `prefix` the way to it in its file.
 */
export function testbedError(error: z.ZodError, content: unknown, prefix: readonly string[] = []): string {
  const [issue] = error.issues;
  if (issue === undefined) return error.message;
  const path = [...prefix, ...issue.path.map(String)];
  const where = path.map((part) => (/^[\w-]+$/.test(part) ? part : quoted(part))).join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') return `${where}: unknown key ${issue.keys.map(quoted).join(', ')}`;
  if (issue.code === 'invalid_key') return `${where}: ${quoted(path.at(-1))} ${issue.issues[0]?.message ?? ''}`;
  const value = issue.path.reduce(member, content);
  if (issue.code === 'invalid_type') {
    // YAML reads a name of digits as a number, and may write it otherwise.
    const mend = issue.expected === 'string' && typeof value !== 'object' ? ': put it in quotes' : '';
    return value === undefined
      ? `${where}: is missing`
      : `${where}: ${quoted(value)} is not of type ${issue.expected}${mend}`;
  }
  return typeof value === 'string' ? `${where}: ${quoted(value)} ${issue.message}` : `${where}: ${issue.message}`;
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<PropertyKey, unknown>(Object.entries(value)).get(key)
    : undefined;
}

/** In one line, whatever it is. */
function quoted(value: unknown): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).replace(/\p{Cc}+/gu, ' ');
  return `'${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text}'`;
}

/** What a campaign records of a host's uplink. */
export const UplinkRecordSchema = z.strictObject({
  interface: z.string(),
  /** Driver of its device; null where it is none, as a veth. */
  driver: z.string().nullable(),
  /** Of the wire, in one direction; null where the interface is no device or does not tell. */
  lineRateBps: z.number().positive().nullable(),
  /** NUMA node of its device; null where the machine has one, in records of older versions, or where it is no device. */
  node: z.int().nonnegative().nullable().default(null),
});

/** A host that took part in a campaign, as it was found. */
/** Something that a switch's driver left on a host without an undo. */
export const LeftBehindSchema = z.strictObject({
  switch: z.string(),
  what: z.string(),
  /** Why it stands there still; null where it was put right. */
  kept: z.string().nullable(),
});
export type LeftBehind = z.infer<typeof LeftBehindSchema>;

export const HostRecordSchema = z.strictObject({
  testbed: TestbedNameSchema,
  role: z.enum(['near', 'far']),
  /** As the testbed names it: `local`, `netns:NAME`, a destination of ssh(1). */
  name: z.string(),
  uplink: UplinkRecordSchema.nullable(),
  inventory: InventorySchema,
  /** Its knobs, while trials ran. Empty in older records, and of a far host on the machine of the near one. */
  tuning: z.array(KnobRecordSchema).default([]),
  /** By drivers of switches, each thing once; empty in older records. */
  leftBehind: z.array(LeftBehindSchema).default([]),
});
export type HostRecord = z.infer<typeof HostRecordSchema>;

/** Preamble, start of frame, frame check sequence and the least gap between two frames (IEEE 802.3), in bytes. */
const ETHERNET_OVERHEAD_BYTES = 8 + 4 + 12;

/** The most frames/s that a wire carries, for frames of so many bytes without FCS. */
export function lineRatePps(lineRateBps: number, frameBytes: number): number {
  return lineRateBps / (8 * (frameBytes + ETHERNET_OVERHEAD_BYTES));
}

/** The near host of a testbed: that of the campaign's first testbed where none is named. Throws RangeError where there is none. */
export function nearHostOf(campaign: { hosts: readonly HostRecord[] }, testbed?: string): HostRecord {
  const found = campaign.hosts.find((host) => host.role === 'near' && host.testbed === (testbed ?? host.testbed));
  if (found === undefined) throw new RangeError(`the campaign has no host of testbed ${testbed ?? ''}`);
  return found;
}

/** The far host of a testbed; null where it has one host. */
export function farHostOf(campaign: { hosts: readonly HostRecord[] }, testbed: string): HostRecord | null {
  return campaign.hosts.find((host) => host.role === 'far' && host.testbed === testbed) ?? null;
}

/** What the near host of a testbed is: see nearHostOf. */
export function nearOf(campaign: { hosts: readonly HostRecord[] }, testbed?: string): Inventory {
  return nearHostOf(campaign, testbed).inventory;
}

/** The names of a campaign's testbeds, in its order. */
export function testbedsOf(campaign: { hosts: readonly Pick<HostRecord, 'testbed'>[] }): string[] {
  return [...new Set(campaign.hosts.map((host) => host.testbed))];
}
