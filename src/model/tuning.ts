// SPDX-License-Identifier: Apache-2.0
// What a campaign records of the settings of a machine that change its figures: knobs.
import { z } from 'zod';

/**
 * What became of a knob: `applied`, turned and read back; `already`, it stood right; `unavailable`, this machine has none; `refused`, the kernel
 * or a container forbids it; `lost`, it was turned and did not stay; `off`, nobody asked for it, and turning would change it.
 */
export const KnobStateSchema = z.enum(['applied', 'already', 'unavailable', 'refused', 'lost', 'off']);
export type KnobState = z.infer<typeof KnobStateSchema>;

/** One knob of one host, in one campaign. */
export const KnobRecordSchema = z.strictObject({
  knob: z.string(),
  state: KnobStateSchema,
  /** As it was found; null where there is nothing to read. */
  before: z.string().nullable(),
  /** As it was while trials ran; of one that is `off` what turning would make of it. */
  after: z.string().nullable(),
  /** What a reader should know of it, in one clause. */
  note: z.string().nullable(),
});
export type KnobRecord = z.infer<typeof KnobRecordSchema>;

/** The graver first: a campaign that was resumed tells the worst of its parts. */
const GRAVITY: readonly KnobState[] = ['lost', 'refused', 'unavailable', 'off', 'applied', 'already'];

/** The records of a campaign that was cut short and went on: of each knob the graver, with the values of the part that it is from. */
export function mergeRecords(earlier: readonly KnobRecord[], later: readonly KnobRecord[]): KnobRecord[] {
  return later.map((record) => {
    const before = earlier.find(({ knob }) => knob === record.knob);
    return before !== undefined && GRAVITY.indexOf(before.state) < GRAVITY.indexOf(record.state) ? before : record;
  });
}
