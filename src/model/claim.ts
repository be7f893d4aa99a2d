// SPDX-License-Identifier: Apache-2.0
// What a paper claims of switches, in a form that can be judged on anybody's measurements: docs/claims.md.
import { z } from 'zod';
import { assembled } from './fields.ts';
import { PARAMETER_KEYS, type ParameterKey } from './parameters.ts';

/** The dimension follows from the figure that a claim is about. */
type SelectedKey = Exclude<ParameterKey, 'dimension'>;
export const SELECTED_KEYS = PARAMETER_KEYS.filter((key): key is SelectedKey => key !== 'dimension');

const scalar = z.union([z.string(), z.number()]);
/** A value, one of several, or numbers within bounds, both included. */
const ValuesSchema = z.union([
  scalar,
  z.array(scalar).min(1),
  z
    .strictObject({ atLeast: z.number().optional(), atMost: z.number().optional() })
    .refine((bounds) => bounds.atLeast !== undefined || bounds.atMost !== undefined, 'give atLeast, atMost or both'),
]);
export type Values = z.infer<typeof ValuesSchema>;

/** Test cases, by the values of their parameters; a parameter that is not named may have any. */
export const SelectionSchema = z.strictObject(
  assembled<Record<SelectedKey, z.ZodOptional<typeof ValuesSchema>>>(SELECTED_KEYS, () => ValuesSchema.optional()),
);
export type Selection = z.infer<typeof SelectionSchema>;

/** Packets/s received, bits/s received (frames without the FCS), or the median round trip. */
export const CLAIMED_FIGURES = ['packets', 'bits', 'round-trip'] as const;
export type ClaimedFigure = (typeof CLAIMED_FIGURES)[number];

const percent = z.number().positive();
const bounds = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the first bound is the lower one');
const figure = z.enum(CLAIMED_FIGURES);
const along = z.enum(SELECTED_KEYS);

const COMMON = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'give lower-case letters, digits and -'),
  /** In words, as a reader is to have it. */
  says: z.string().min(1),
  /** Where the paper says so. */
  from: z.string().min(1),
  /** What the author of the claim had to choose, as what "almost linear" means. */
  note: z.string().optional(),
  cases: SelectionSchema.default({}),
};
/** Switches (or frameworks) of which so many are enough; all that are named where it is absent. */
const least = z.int().min(1).optional();

export const ClaimSchema = z.discriminatedUnion('kind', [
  /** One is better than each other one: more packets, or a shorter round trip. */
  z.strictObject({
    ...COMMON,
    kind: z.literal('order'),
    figure: z.enum(['packets', 'round-trip']),
    better: SelectionSchema,
    than: SelectionSchema,
    least,
  }),
  /** The figure of the one divided by that of the other. */
  z.strictObject({
    ...COMMON,
    kind: z.literal('ratio'),
    figure,
    of: SelectionSchema,
    to: SelectionSchema,
    between: bounds,
    least,
  }),
  /** A figure rises or falls along a parameter: its ends differ like that, and no step goes the other way. */
  z.strictObject({
    ...COMMON,
    kind: z.literal('trend'),
    figure,
    along,
    direction: z.enum(['rises', 'falls']),
    least,
  }),
  /** What is gained along a number, as of pairs: 100 % is in proportion to it. */
  z
    .strictObject({
      ...COMMON,
      kind: z.literal('scaling'),
      figure: z.enum(['packets', 'bits']),
      along,
      atLeastPercent: percent.optional(),
      atMostPercent: percent.optional(),
      least,
    })
    .refine(
      (one) => one.atLeastPercent !== undefined || one.atMostPercent !== undefined,
      'give atLeastPercent, atMostPercent or both',
    ),
  /** No two differ by more: switches with each other, or each of them along a parameter. */
  z.strictObject({
    ...COMMON,
    kind: z.literal('alike'),
    figure,
    across: z.union([z.literal('switch'), along]),
    withinPercent: percent,
    least,
  }),
  /** A figure lies between bounds: packets/s, bits/s or ns. */
  z.strictObject({ ...COMMON, kind: z.literal('value'), figure, between: bounds, least }),
  /** CPUs that poll, by construction: applications and threads of the switch, both hosts together. */
  z.strictObject({
    ...COMMON,
    kind: z.literal('count'),
    of: SelectionSchema,
    to: SelectionSchema,
    difference: z.int(),
    least,
  }),
  /** Nothing that is measured here tells it. */
  z.strictObject({ ...COMMON, kind: z.literal('beyond'), needs: z.string().min(1) }),
]);
export type Claim = z.infer<typeof ClaimSchema>;
export type ClaimOf<Kind extends Claim['kind']> = Extract<Claim, { kind: Kind }>;

/** `claims.yaml` of a paper. */
export const ClaimFileSchema = z
  .strictObject({
    citation: z.string().min(1),
    doi: z.string().optional(),
    claims: z.array(ClaimSchema).min(1),
  })
  .superRefine(({ claims }, context) => {
    const known = new Set<string>();
    for (const [index, { id }] of claims.entries()) {
      if (known.has(id))
        context.addIssue({ code: 'custom', path: ['claims', index, 'id'], message: `'${id}' is there twice` });
      known.add(id);
    }
  });
export type ClaimFile = z.infer<typeof ClaimFileSchema>;
