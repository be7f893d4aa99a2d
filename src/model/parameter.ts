// SPDX-License-Identifier: Apache-2.0
// What a parameter of a test case is made of. The parameters themselves are the entries of parameters.ts, and everything else that knows
// them derives it from there: docs/adding-a-parameter.md. Neither file loads zod, which takes longer than to show all options.
import type { z } from 'zod';
import { type Given, wordsOf } from './given.ts';
import type { Parsed } from './units.ts';

/** The values, in the order in which they are shown. */
export const DIMENSIONS = ['throughput', 'latency', 'capacity', 'burst', 'churn'] as const satisfies Dimension[];

/** What is measured; some parameters have a default for each. */
export type Dimension = 'throughput' | 'latency' | 'capacity' | 'burst' | 'churn';

/**
 * How the values that a campaign lists become test cases: each `testbed` has a part of them; a `block` is what stays on one testbed as long
 * as there are enough blocks; a `combination` is what a testbed may lack; each of these has every `cell`, a point of what is swept within
 * them; and what is `never` swept is one for all.
 */
export type Swept = 'testbed' | 'block' | 'combination' | 'cell' | 'never';

/** What else a campaign says that decides what a value means. */
export interface Reading {
  /** Sizes are given with the frame check sequence. */
  fcs: boolean;
}

/** A value in a table for other programs: a column of the exports. */
export interface ParameterColumn<T> {
  name: string;
  type: 'text' | 'integer';
  /** Null where there is none. */
  unit: string | null;
  meaning: string;
  of(value: T): string | number | null;
}

/** The column of the store, which the exports have as well. */
export interface StoredColumn<T> extends ParameterColumn<T> {
  /** From what is in the store, and in the stored column beside, unchecked. */
  back(stored: unknown, beside: unknown): unknown;
}

/** The horizontal axis of a chart of what was swept. */
export interface Axis {
  /** As in `Throughput by packet size`. */
  by: string;
  title: string;
  /** Charts of several parameters are drawn in this order, 1 first. */
  turn: number;
}

/** A parameter whose values are of type T. */
export interface Parameter<T> {
  swept: Swept;
  /** Cases that differ in it are alternatives, of which one may be the best; else they are never compared with each other. */
  rankable: boolean;
  /** Of a value in a record, made with zod. Older records lack the parameters that have `before`. */
  schema(zod: typeof z): z.ZodType<T>;
  /**
   * With what all was measured before there was this parameter: what records mean that lack it. It goes unsaid in the key of a test case,
   * which is therefore what it was, and wherever all cases have it.
   */
  before?: T;
  /** The option, as commander has it. In campaign files the parameter has the name of its entry. */
  flags: string;
  help: string;
  /** Reads what a user gave. The error is one line, without the name of the field. */
  parse(given: Given, reading: Reading): Parsed<T[]>;
  /** A value as the option takes it. */
  written(value: T): string;
  /** A value with what it is of, as reports say it: `B = 64`. */
  told(value: T): string;
  /** Several values, spelled out, as part of a campaign's title: `bursts of 1 and 64`. */
  inTitle(values: string): string;
  /** A value as part of a test case's key. */
  inKey(value: T): string;
  /** Above a column of a page, and of a terminal. */
  title: string;
  heading: string;
  align: 'left' | 'right';
  column: StoredColumn<T>;
  /** A column that the exports have before it; where it is `stored`, the store has it as well. */
  beside?: ParameterColumn<T> & { stored?: true };
  /** The option of `vswload` (dataplane/options.c) by which traffic applications are told; null where that is not theirs to know. */
  dataplane: { option: string | ((value: T) => string); value(value: T): string | number } | null;
  /** Where charts are drawn along it. */
  axis?: Axis;
}

/** A value where a campaign gives none. */
export interface Defaulted<T> {
  default(dimension: Dimension, reading: Reading): T;
}

/** A column that holds values as they are. */
export function column<T extends string | number>(
  words: Omit<ParameterColumn<T>, 'of' | 'type'>,
  type: ParameterColumn<T>['type'],
): StoredColumn<T> {
  return { ...words, type, of: (value) => value, back: (stored) => stored };
}

/** What an entry says of a parameter that is one of a few words; the rest follows. */
export interface ChoiceWords<T extends string, S extends Swept, R extends boolean> {
  values: readonly T[];
  swept: S;
  rankable: R;
  before?: z.core.util.NoUndefined<T>;
  /** The option without its dashes: `rx-moderation`. Keys, the store and the data plane have the same name. */
  option: string;
  /** Instead of the option, where there is a letter for it. */
  flags?: string;
  help: string;
  /** In words: `receive moderation`. */
  name: string;
  /** Above a column of a terminal, where the name is too long. */
  heading?: string;
  /** For the data dictionary. */
  meaning: string;
  /** Whether traffic applications are told, by an option of the same name. */
  toApplications: boolean;
}

/** A parameter that is one of a few words. */
export function choice<T extends string, const S extends Swept, const R extends boolean>({
  values,
  before,
  option,
  name,
  meaning,
  toApplications,
  ...words
}: ChoiceWords<T, S, R>): Parameter<T> & { swept: S; rankable: R } {
  return {
    flags: `--${option} <list>`,
    heading: name,
    ...words,
    schema(zod) {
      const words: z.ZodType<T> = zod.literal(values);
      return before === undefined ? words : words.default(before);
    },
    ...(before === undefined ? {} : { before }),
    parse: (given) => wordsOf(given, values),
    written: (value) => value,
    told: (value) => `${name} = ${value}`,
    inTitle: (list) => `${name} ${list}`,
    inKey: (value) => `${option}=${value}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    align: 'left',
    column: column({ name: option.replaceAll('-', '_'), unit: null, meaning }, 'text'),
    dataplane: toApplications ? { option, value: (value) => value } : null,
  };
}
