// SPDX-License-Identifier: Apache-2.0

/** What a trial of a search said. */
export interface LoadTrial {
  /** Packets/s that were offered. */
  loadPps: number;
  durationMs: number;
  /** Of the packets that were offered. Those that were not sent are neither lost nor carried. */
  lossRatio: number;
  /** Other figures that goals go by, by name. */
  figures?: Readonly<Record<string, number>>;
}

/** A trial, or that the sender could not offer the load, and which it could. */
export type Measured =
  | ({ kind: 'measured' } & Pick<LoadTrial, 'lossRatio' | 'figures'>)
  | { kind: 'not-reached'; reachedPps: number };

/** Measures a trial. All that a search knows of the world. */
export type Measure = (loadPps: number, durationMs: number) => Promise<Measured>;
