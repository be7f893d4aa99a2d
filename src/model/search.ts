// SPDX-License-Identifier: Apache-2.0
// Searches for the highest rate that objectives allow: what is asked for, and what was found.
import { z } from 'zod';

const count = z.int().nonnegative();

/** What a rate has to meet. */
export const ObjectiveSchema = z.discriminatedUnion('figure', [
  /** Of the packets sent within the measured window, at most so many are lost, as a ratio. */
  z.strictObject({ figure: z.literal('loss'), mostRatio: z.number().min(0).lt(1) }),
  /** A percentile of the delays from sender to receiver, which need one clock. */
  z.strictObject({ figure: z.enum(['p99', 'p999']), mostNs: z.number().positive() }),
  /** CPU time of applications and switch, in CPUs. */
  z.strictObject({ figure: z.literal('cpu'), mostCpus: z.number().positive() }),
]);
export type Objective = z.infer<typeof ObjectiveSchema>;

/** What the searches of a campaign have in common. */
export const SearchSettingsSchema = z.strictObject({
  /** All of them are to be met: the lowest of their rates is the figure by which cases are compared. */
  objectives: z.array(ObjectiveSchema).min(1),
  /** How far the two bounds of an objective may be apart, relative to the upper one. */
  widthRatio: z.number().gt(0).lt(1),
  /** Measured time that decides on a rate, ms. */
  durationSumMs: count,
  /** Of that time, how much may say otherwise (RFC 9971). */
  exceedRatio: z.number().min(0).lt(1),
  /** Measured time of a search at most, ms; null: as much as it takes. */
  budgetMs: count.nullable(),
});
export type SearchSettings = z.infer<typeof SearchSettingsSchema>;

/** One trial of a search: totals of its measured window, all pairs together. */
export const SearchLoadSchema = z.strictObject({
  /** Packets/s that each sender was asked for; null for the first look, without a pace. */
  ratePps: count.nullable(),
  durationMs: count,
  intendedPackets: count,
  offeredPackets: count,
  lostPackets: count,
  duplicatedPackets: count,
  reorderedPackets: count,
  /** Packets/s that arrived intact, and that were put on the ports. */
  receivedPps: z.number(),
  offeredPps: z.number(),
  cpus: z.number(),
  /** Of the delays from sender to receiver; null where these are too few, or there is no clock in common. */
  p99Ns: z.number().nullable(),
  p999Ns: z.number().nullable(),
  /** Why it counts as disturbed; empty for a quiet one. */
  disturbances: z.array(z.string()),
});
export type SearchLoad = z.infer<typeof SearchLoadSchema>;

/** How the search for a goal ended. */
export const SEARCH_ENDS = ['found', 'max-load', 'tool-limited', 'min-load', 'budget'] as const;
export type SearchEnd = (typeof SEARCH_ENDS)[number];

/** What an objective allows: packets/s, all senders together. */
export const FoundSchema = z.strictObject({
  objective: ObjectiveSchema,
  ended: z.enum(SEARCH_ENDS),
  /** The highest load that meets it, and the lowest that does not; null where there is none among those that were tried. */
  lowerPps: z.number().nullable(),
  upperPps: z.number().nullable(),
  /** What arrives at the lower bound (RFC 9971, conditional throughput). */
  throughputPps: z.number().nullable(),
});
export type Found = z.infer<typeof FoundSchema>;

export const SearchSchema = z.strictObject({
  found: z.array(FoundSchema).min(1),
  /** Its trials in their order. */
  loads: z.array(SearchLoadSchema),
});
export type Search = z.infer<typeof SearchSchema>;

/** What everybody calls it: NDR and PDR are FD.io's names of a loss of nothing and of half a percent. */
export function objectiveName(objective: Objective): string {
  switch (objective.figure) {
    case 'loss':
      if (objective.mostRatio === 0) return 'NDR';
      return objective.mostRatio === 0.005 ? 'PDR' : `loss ≤ ${percent(objective.mostRatio)}`;
    case 'p99':
    case 'p999':
      return `${objective.figure === 'p99' ? 'p99' : 'p99.9'} ≤ ${objective.mostNs / 1000} µs`;
    case 'cpu':
      return `CPUs ≤ ${objective.mostCpus}`;
    default:
      return objective satisfies never;
  }
}

/** The most that its figure may be: a ratio of the packets sent, nanoseconds, or CPUs. */
export function limitOf(objective: Objective): number {
  switch (objective.figure) {
    case 'loss':
      return objective.mostRatio;
    case 'p99':
    case 'p999':
      return objective.mostNs;
    case 'cpu':
      return objective.mostCpus;
    default:
      return objective satisfies never;
  }
}

/** As one writes it: `loss=0.5%`, `p999=100us`, `cpu=1.5`. */
export function writtenObjective(objective: Objective): string {
  const { figure } = objective;
  switch (figure) {
    case 'loss':
      return `loss=${objective.mostRatio === 0 ? '0' : percent(objective.mostRatio, '')}`;
    case 'p99':
    case 'p999':
      return `${figure}=${objective.mostNs / 1000}us`;
    case 'cpu':
      return `cpu=${objective.mostCpus}`;
    default:
      return figure satisfies never;
  }
}

function percent(ratio: number, space = ' '): string {
  return `${Number((100 * ratio).toPrecision(6))}${space}%`;
}

/** What is known of a rate that meets all objectives: of the one that binds. Null where there is none. */
export function bindingOf<One extends { throughputPps: number | null }>(found: readonly One[]): One | null {
  const [first = null, ...others] = found;
  return others.reduce<One | null>(
    (least, one) => (least !== null && (one.throughputPps ?? 0) < (least.throughputPps ?? 0) ? one : least),
    first,
  );
}

/** The least and the most of the bounds that were asked for, of what one search may take for a width. */
export const WIDTH_RATIO_RANGE = [0.0005, 0.5] as const;

/**
 * What FD.io's CSIT asks for since 2024: NDR and PDR, 21 s of trials on a rate, half of which may say otherwise, bounds 0.5 % apart. Whoever
 * has no answer after five minutes has a machine that is too noisy for it, and sees the bounds so far.
 */
export const SEARCH_DEFAULTS: SearchSettings = {
  objectives: [
    { figure: 'loss', mostRatio: 0 },
    { figure: 'loss', mostRatio: 0.005 },
  ],
  widthRatio: 0.005,
  durationSumMs: 21_000,
  exceedRatio: 0.5,
  budgetMs: 300_000,
};
