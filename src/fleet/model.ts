// SPDX-License-Identifier: Apache-2.0
// What a lab is made of: testbeds, what was submitted, blocks of trials that a worker has in hand, and what people keep for themselves.
import { z } from 'zod';
import { HostRecordSchema, TestbedNameSchema } from '../model/testbed.ts';

const instant = z.iso.datetime({ offset: true });

/** What a testbed can do, as `--testbed-like` asks for it. */
export const CapabilitiesSchema = z.strictObject({
  /** CPUs that may be used, on the host that has fewest. */
  cpus: z.int().nonnegative(),
  memoryBytes: z.int().nonnegative(),
  kernel: z.string(),
  cpuModel: z.string(),
  /** A virtual machine, or none. */
  virtual: z.boolean(),
  /** Two hosts that are joined by a cable. */
  remote: z.boolean(),
  /** Switches that can run there now. */
  switches: z.array(z.string()),
  /** Frameworks that can be used there. */
  frameworks: z.array(z.string()),
});
export type Capabilities = z.infer<typeof CapabilitiesSchema>;

/** Whether a testbed may be given work. */
export const HealthSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('good'), note: z.string().optional() }),
  /** Its latest canary is off, and the next decides; it measures nothing else before. */
  z.strictObject({ state: z.literal('suspect'), since: instant, reason: z.string() }),
  /** Its canaries have shifted: `since` the last good one nothing that it measured is to be relied on. */
  z.strictObject({ state: z.literal('drifted'), since: instant, reason: z.string() }),
  /** Its worker cannot measure there. */
  z.strictObject({ state: z.literal('broken'), since: instant, reason: z.string() }),
]);
export type Health = z.infer<typeof HealthSchema>;

/** A testbed as its worker has last told of it. */
export const TestbedSchema = z.strictObject({
  name: TestbedNameSchema,
  /** Which machines it takes: two testbeds that share one never measure at once. */
  machines: z.array(z.string()).min(1),
  capabilities: CapabilitiesSchema,
  /** What its hosts are, as a campaign would record them. */
  hosts: z.array(HostRecordSchema).min(1),
  /** Name of the worker that serves it. */
  worker: z.string(),
  seenAt: instant,
  health: HealthSchema,
});
export type Testbed = z.infer<typeof TestbedSchema>;

export const SUBMISSION_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;

/** A campaign that somebody wants to have measured. */
export const SubmissionSchema = z.strictObject({
  id: z.int().positive(),
  user: z.string(),
  title: z.string(),
  /** The campaign file. */
  campaignText: z.string(),
  /** Higher goes first among one user's own. */
  priority: z.int(),
  /** A predicate over Capabilities; null where any testbed will do. */
  testbedLike: z.string().nullable(),
  /** It may not begin before. */
  notBefore: instant.nullable(),
  submittedAt: instant,
  /** `running` as soon as a campaign of it is in the store. */
  state: z.enum(SUBMISSION_STATES),
  /** Why it failed, or was cancelled. */
  reason: z.string().nullable(),
  /** In the store; decided on before the campaign is made there. */
  campaignId: z.string().nullable(),
  /** What the testbed was on which it began: only one alike goes on with it. */
  hosts: z.array(HostRecordSchema).nullable(),
  /** The testbed of which it is a canary: it alone measures it, before all else. Null of what people submit. */
  canaryOf: TestbedNameSchema.nullable(),
  /** How many rounds were planned; null before it began. */
  rounds: z.int().nonnegative().nullable(),
  /** Of a campaign that asks for a precision there are further rounds, which are decided on one after the other. */
  extends: z.boolean(),
});
export type Submission = z.infer<typeof SubmissionSchema>;

export const BLOCK_ENDS = ['done', 'returned', 'failed', 'lost', 'refused'] as const;

/** The trials of some rounds of a campaign that follow each other: what is compared stays together in time and on one machine. */
export const BlockSchema = z.strictObject({
  /** Whoever has it may write to the campaign, see store/postgres. */
  token: z.uuid(),
  submissionId: z.int().positive(),
  /** 0-based; the number of planned rounds stands for all beyond them, and of a canary 0 for all. */
  round: z.int().nonnegative(),
  /** How many rounds it has from there on. */
  rounds: z.int().positive(),
  testbed: TestbedNameSchema,
  machines: z.array(z.string()),
  worker: z.string(),
  takenAt: instant,
  /** The worker has to say before then that it is alive. */
  expiresAt: instant,
  endedAt: instant.nullable(),
  /**
   * `done`: all trials of its rounds are in the store. `returned`: the worker gave it back. `failed`: the worker could not carry it out.
   * `lost`: nothing was heard of the worker. `refused`: nothing of the campaign can be measured on this testbed.
   */
  end: z.enum(BLOCK_ENDS).nullable(),
  reason: z.string().nullable(),
});
export type Block = z.infer<typeof BlockSchema>;

/** A block in hand. */
export type Lease = Block & { endedAt: null; end: null };

/** A person has a testbed to themselves: workers keep off. */
export const ReservationSchema = z.strictObject({
  id: z.int().positive(),
  testbed: TestbedNameSchema,
  user: z.string(),
  from: instant,
  until: instant,
  why: z.string().nullable(),
  cancelledAt: instant.nullable(),
});
export type Reservation = z.infer<typeof ReservationSchema>;
