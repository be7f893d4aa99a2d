// SPDX-License-Identifier: Apache-2.0
// A testbed: one host, or two that are joined by a cable. Campaign files and testbed files name them.
import { z } from 'zod';
import { InventorySchema } from './inventory.ts';

/** Also the names that a shell or ssh(1) would take for something else are refused here: a leading '-', spaces, quotes, ';', '$'. */
const HostNameSchema = z
  .string()
  .regex(
    /^(?:local|netns:[A-Za-z0-9][\w.-]{0,63}|(?:ssh:\/\/)?(?:[A-Za-z0-9_][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)$/,
    "is not a host: give 'local', 'netns:NAME', or what ssh(1) calls a destination, such as user@machine",
  );

/** A name that the kernel accepts (at most 15 bytes) and that no program takes for an option. */
const InterfaceSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][\w.-]{0,14}$/, "is not the name of an interface (letters, digits, '_', '.', '-'; at most 15)");

const PciAddressSchema = z
  .string()
  .regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, 'is not a PCI address, such as 0000:03:00.0');

export const HostSpecSchema = z.strictObject({
  host: HostNameSchema,
  /** Configuration file for ssh(1) instead of the user's own. */
  sshConfig: z
    .string()
    .regex(/^\/[^\0\n]*$/, 'is not an absolute path')
    .optional(),
  /** Interface that leads to the other host. */
  uplink: InterfaceSchema.optional(),
  /** Of the uplink's device, for a switch that drives it itself. */
  pci: PciAddressSchema.optional(),
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
  });
export type TestbedSpec = z.infer<typeof TestbedSpecSchema>;

export const TestbedNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "is not a name of a testbed (lower-case letters, digits and '-')");

/** What a testbed file, and the key `testbeds` of a campaign file, hold. */
export const TestbedsSchema = z.record(TestbedNameSchema, TestbedSpecSchema);

/** The testbed of a campaign that names none: the machine on which vswbench runs. */
export const LOCAL_TESTBED = 'local';

/** What a campaign records of a host's uplink. */
const UplinkRecordSchema = z.strictObject({
  interface: z.string(),
  /** Driver of its device; null where it is none, as a veth. */
  driver: z.string().nullable(),
  /** Of the wire, in one direction; null where the interface is no device or does not tell. */
  lineRateBps: z.number().positive().nullable(),
});

/** A host that took part in a campaign, as it was found. */
export const HostRecordSchema = z.strictObject({
  testbed: TestbedNameSchema,
  role: z.enum(['near', 'far']),
  /** As the testbed names it: `local`, `netns:NAME`, a destination of ssh(1). */
  name: z.string(),
  uplink: UplinkRecordSchema.nullable(),
  inventory: InventorySchema,
});
export type HostRecord = z.infer<typeof HostRecordSchema>;

/** Preamble, start of frame, frame check sequence and the least gap between two frames (IEEE 802.3), in bytes. */
const ETHERNET_OVERHEAD_BYTES = 8 + 4 + 12;

/** The most frames/s that a wire carries, for frames of so many bytes without FCS. */
export function lineRatePps(lineRateBps: number, frameBytes: number): number {
  return lineRateBps / (8 * (frameBytes + ETHERNET_OVERHEAD_BYTES));
}
