// SPDX-License-Identifier: Apache-2.0
// What a knob is: a setting of the machine that changes what is measured, and that can be turned and turned back.
import type { Host, UndoStack } from '../host.ts';

/** What a host is going to be used for, as far as knobs need to know. */
export interface KnobContext {
  /** CPUs that run a thread whose work is measured. */
  measured: readonly number[];
  /** Those of them that share a core with another one. */
  coresShared: readonly number[];
  /** The hyperthreads of their cores that are not measured. */
  siblings: readonly number[];
  /** CPUs that are online and neither of these: where everything else may go. */
  others: readonly number[];
  /** Interfaces that lead to another host. */
  uplinks: readonly string[];
  /** Names what is held, so that it is found after a crash. */
  mark: string;
}

/** A place in the kernel where a value stands. */
interface Place {
  path: string;
  /** What stood there when it was looked at, and what is to stand there. */
  found: string;
  wanted: string;
  /** Whether another value does as well; unless told only `wanted` itself does. */
  suits?: (value: string) => boolean;
}

/**
 * A file that keeps what is written to it, or a limit of latency (Documentation/power/pm_qos_interface.rst), which the kernel keeps for
 * as long as somebody holds the device open.
 */
export type Setting = (Place & { kind: 'file' }) | (Place & { kind: 'latency' });

/** What looking at a knob found. */
export type Look =
  | { state: 'unavailable'; note: string }
  | {
      state: 'found';
      settings: Setting[];
      note?: string;
      /** What has to be done before the settings are changed; returns a clause for the record where there is something to tell. */
      first?: (undo: UndoStack) => Promise<string | null>;
    };

/** One knob; its file is all there is to it, but for its line in the registry. */
export interface Knob {
  /** As the command line calls it; also the name of its file. */
  readonly id: string;
  readonly title: string;
  /** What it costs while it is not turned: the mechanism, in one clause. */
  readonly cost: string;
  /** One of the paper's three (its section 4). */
  readonly paper: boolean;
  /** Reads it; nothing is changed. */
  look(host: Host, context: KnobContext): Promise<Look>;
  /** Begins to watch what no setting tells; the function that it returns ends that, and tells what went against the knob. */
  watch?(host: Host, context: KnobContext): Promise<() => Promise<string | null>>;
}

/** The settings of files that exist; `wanted` is the same for all. */
export async function fileSettings(
  host: Host,
  paths: readonly string[],
  wanted: string,
  suits?: (value: string) => boolean,
): Promise<Setting[]> {
  const found = await Promise.all(paths.map(async (path) => ({ path, text: await host.read(path) })));
  return found.flatMap(({ path, text }) => {
    if (text === null) return [];
    const place = { kind: 'file', path, found: text.trim(), wanted } as const;
    return [suits === undefined ? place : { ...place, suits }];
  });
}

/** A knob that is one file of the kernel, with one value that is right on every machine. */
export function fileKnob(knob: Omit<Knob, 'look'> & { path: string; wanted: string; suits?: Setting['suits'] }): Knob {
  const { path, wanted, suits, ...rest } = knob;
  return {
    ...rest,
    async look(host) {
      const settings = await fileSettings(host, [path], wanted, suits);
      return settings.length === 0 ? { state: 'unavailable', note: `this kernel has no ${path}` } : found(settings);
    },
  };
}

export function found(settings: Setting[], note?: string): Look {
  return note === undefined ? { state: 'found', settings } : { state: 'found', settings, note };
}
