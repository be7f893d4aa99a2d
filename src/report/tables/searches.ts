// SPDX-License-Identifier: Apache-2.0
// Tables of the searches for capacities: what was found for each objective, and the trials that say so.
import { type Found, limitOf, objectiveName, type SearchLoad } from '../../model/search.ts';
import type { Column, Table } from './columns.ts';
import { KEY_COLUMNS, type TrialRow } from './shared.ts';

interface FoundRow extends TrialRow {
  found: Found;
}

const FOUND_COLUMNS: readonly Column<FoundRow>[] = [
  {
    ...{ name: 'objective', type: 'text', unit: null },
    meaning: '`NDR` for no loss, `PDR` for half a percent, or the objective in words',
    of: ({ found }) => objectiveName(found.objective),
  },
  {
    ...{ name: 'objective_figure', type: 'text', unit: null },
    meaning: '`loss`, `p99` or `p999` of the delays from sender to receiver, or `cpu`',
    of: ({ found }) => found.objective.figure,
  },
  {
    ...{ name: 'objective_limit', type: 'number', unit: null },
    meaning: 'the most that it may be: a ratio of the packets sent, nanoseconds, or CPUs',
    of: ({ found }) => limitOf(found.objective),
  },
  {
    ...{ name: 'lower_pps', type: 'number', unit: 'packets/s' },
    meaning: 'highest rate that meets it, all senders together; empty where none does that was tried',
    of: ({ found }) => found.lowerPps,
  },
  {
    ...{ name: 'upper_pps', type: 'number', unit: 'packets/s' },
    meaning: 'lowest rate that does not meet it; empty where all did that were tried',
    of: ({ found }) => found.upperPps,
  },
  {
    ...{ name: 'found_pps', type: 'number', unit: 'packets/s' },
    meaning: 'what arrives at the lower rate (conditional throughput of RFC 9971)',
    of: ({ found }) => found.throughputPps,
  },
  {
    ...{ name: 'search_ended', type: 'text', unit: null },
    meaning:
      '`found`; or `max-load`, `tool-limited`, `min-load` or `budget`, where a bound is missing or too far away, for what the name says',
    of: ({ found }) => found.ended,
  },
];

export const OBJECTIVES: Table<FoundRow> = {
  name: 'objectives',
  about: 'One row for each objective of a search for a capacity: what was found for it.',
  columns: [...KEY_COLUMNS, ...FOUND_COLUMNS],
};

export function* foundRows(trials: Iterable<TrialRow>): Generator<FoundRow, void> {
  for (const row of trials) for (const found of row.trial.measurement?.search?.found ?? []) yield { ...row, found };
}

interface LoadRow extends TrialRow {
  /** From 1. */
  number: number;
  load: SearchLoad;
}

const LOAD_COLUMNS: readonly Column<LoadRow>[] = [
  {
    ...{ name: 'load', type: 'integer', unit: null },
    meaning: 'number of the trial in its search, from 1',
    of: (row) => row.number,
  },
  {
    ...{ name: 'load_pps', type: 'integer', unit: 'packets/s' },
    meaning: 'rate that each sender was asked for; empty for the first look, without a pace',
    of: ({ load }) => load.ratePps,
  },
  {
    ...{ name: 'load_duration_ms', type: 'integer', unit: 'ms' },
    meaning: 'its measured window',
    of: ({ load }) => load.durationMs,
  },
  {
    ...{ name: 'intended_packets', type: 'integer', unit: 'packets' },
    meaning: 'due within the window, all senders together',
    of: ({ load }) => load.intendedPackets,
  },
  {
    ...{ name: 'offered_packets', type: 'integer', unit: 'packets' },
    meaning: 'of those, sent',
    of: ({ load }) => load.offeredPackets,
  },
  {
    ...{ name: 'lost_packets', type: 'integer', unit: 'packets' },
    meaning: 'of those that were sent, not arrived',
    of: ({ load }) => load.lostPackets,
  },
  {
    ...{ name: 'duplicated_packets', type: 'integer', unit: 'packets' },
    meaning: 'copies that arrived in the whole trial',
    of: ({ load }) => load.duplicatedPackets,
  },
  {
    ...{ name: 'reordered_packets', type: 'integer', unit: 'packets' },
    meaning: 'packets that arrived after one that was sent later, in the whole trial',
    of: ({ load }) => load.reorderedPackets,
  },
  {
    ...{ name: 'received_pps', type: 'number', unit: 'packets/s' },
    meaning: 'arrived intact and once',
    of: ({ load }) => load.receivedPps,
  },
  {
    ...{ name: 'offered_pps', type: 'number', unit: 'packets/s' },
    meaning: 'sent',
    of: ({ load }) => load.offeredPps,
  },
  {
    ...{ name: 'total_cpus', type: 'number', unit: 'CPUs' },
    meaning: 'CPU time of applications and switch',
    of: ({ load }) => load.cpus,
  },
  {
    ...{ name: 'p99_ns', type: 'number', unit: 'ns' },
    meaning: 'of the delays from sender to receiver; empty for too few packets, and without a common clock',
    of: ({ load }) => load.p99Ns,
  },
  {
    ...{ name: 'p999_ns', type: 'number', unit: 'ns' },
    meaning: 'the same, p99.9',
    of: ({ load }) => load.p999Ns,
  },
  {
    ...{ name: 'disturbances', type: 'text', unit: null },
    meaning: 'why it counts as disturbed; empty for a quiet one',
    of: ({ load }) => load.disturbances.join('; '),
  },
];

export const LOADS: Table<LoadRow> = {
  name: 'loads',
  about: 'One row for each trial of a search that has ended, in their order.',
  columns: [...KEY_COLUMNS, ...LOAD_COLUMNS],
};

export function* loadRows(trials: Iterable<TrialRow>): Generator<LoadRow, void> {
  for (const row of trials) {
    for (const [index, load] of (row.trial.measurement?.search?.loads ?? []).entries()) {
      yield { ...row, number: index + 1, load };
    }
  }
}
