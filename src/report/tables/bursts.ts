// SPDX-License-Identifier: Apache-2.0
// Tables of the longest bursts: what was found, and the trains that say so.
import type { Burst, BurstLoad } from '../../model/burst.ts';
import type { Column, Table } from './columns.ts';
import { KEY_COLUMNS, type TrialRow } from './shared.ts';

interface BurstRow extends TrialRow {
  burst: Burst;
}

const BURST_COLUMNS: readonly Column<BurstRow>[] = [
  {
    ...{ name: 'longest_packets', type: 'number', unit: 'packets' },
    meaning: 'the longest train that is not lost from, half-way between the next two columns',
    of: ({ burst }) => burst.longestPackets,
  },
  {
    ...{ name: 'lower_packets', type: 'integer', unit: 'packets' },
    meaning: 'longest train of which half or more came through whole; empty where none did',
    of: ({ burst }) => burst.lowerPackets,
  },
  {
    ...{ name: 'upper_packets', type: 'integer', unit: 'packets' },
    meaning: 'shortest train of which fewer did; empty where there was none',
    of: ({ burst }) => burst.upperPackets,
  },
  {
    ...{ name: 'train_pps', type: 'number', unit: 'packets/s' },
    meaning: 'rate at which a sender sends within a train; empty where none was sent without a refusal',
    of: ({ burst }) => burst.trainPps,
  },
  {
    ...{ name: 'forwarded_pps', type: 'number', unit: 'packets/s' },
    meaning: 'what arrived of each sender that sends as fast as it can, without pauses',
    of: ({ burst }) => burst.forwardedPps,
  },
  {
    ...{ name: 'depth_packets', type: 'number', unit: 'packets' },
    meaning: 'of the longest burst, what the path has not forwarded when it ends (RFC 9004, 5.6)',
    of: ({ burst }) => burst.depthPackets,
  },
  {
    ...{ name: 'depth_ns', type: 'number', unit: 'ns' },
    meaning: 'time that it takes to forward that',
    of: ({ burst }) => burst.depthNs,
  },
  {
    ...{ name: 'search_ended', type: 'text', unit: null },
    meaning: '`found`; or `longest` or `shortest`, where even the longest train came through, or the shortest did not',
    of: ({ burst }) => burst.ended,
  },
];

export const BURSTS: Table<BurstRow> = {
  name: 'bursts',
  about: 'One row for each search for the longest burst without a loss; figures of each sender.',
  columns: [...KEY_COLUMNS, ...BURST_COLUMNS],
};

export function* burstRows(trials: Iterable<TrialRow>): Generator<BurstRow, void> {
  for (const row of trials) {
    const burst = row.trial.measurement?.burst ?? null;
    if (burst !== null) yield { ...row, burst };
  }
}

interface TrainRow extends TrialRow {
  /** From 1. */
  number: number;
  load: BurstLoad;
}

const TRAIN_COLUMNS: readonly Column<TrainRow>[] = [
  {
    ...{ name: 'load', type: 'integer', unit: null },
    meaning: 'number of the length in its search, from 1',
    of: (row) => row.number,
  },
  {
    ...{ name: 'train_packets', type: 'integer', unit: 'packets' },
    meaning: 'of each train',
    of: ({ load }) => load.packets,
  },
  {
    ...{ name: 'trains', type: 'integer', unit: null },
    meaning: 'trains of that length, of all senders together',
    of: ({ load }) => load.trains,
  },
  {
    ...{ name: 'trains_passed', type: 'integer', unit: null },
    meaning: 'of those, taken by the port without a refusal and arrived without a loss',
    of: ({ load }) => load.passed,
  },
  {
    ...{ name: 'train_p50_ns', type: 'number', unit: 'ns' },
    meaning: 'what sending one took that no port refused, at the median; empty where there was none',
    of: ({ load }) => load.trainNs,
  },
  {
    ...{ name: 'lost_packets', type: 'integer', unit: 'packets' },
    meaning: 'sent and not arrived',
    of: ({ load }) => load.lostPackets,
  },
  {
    ...{ name: 'disturbances', type: 'text', unit: null },
    meaning: 'why they count as disturbed; empty for quiet ones',
    of: ({ load }) => load.disturbances.join('; '),
  },
];

export const TRAINS: Table<TrainRow> = {
  name: 'trains',
  about: 'One row for each length of trains that a search for the longest burst tried, in their order.',
  columns: [...KEY_COLUMNS, ...TRAIN_COLUMNS],
};

export function* trainRows(trials: Iterable<TrialRow>): Generator<TrainRow, void> {
  for (const row of trials) {
    for (const [index, load] of (row.trial.measurement?.burst?.loads ?? []).entries()) {
      yield { ...row, number: index + 1, load };
    }
  }
}
