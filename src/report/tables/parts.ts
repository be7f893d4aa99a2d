// SPDX-License-Identifier: Apache-2.0
// Tables that hang on trials: their course over time, and how long each packet took.
import type { Histogram } from '../../model/dataplane.ts';
import type { Sample, SizeCount } from '../../model/result.ts';
import type { Column, Table } from './columns.ts';
import { KEY_COLUMNS, type TrialRow } from './shared.ts';

interface SampleRow extends TrialRow {
  sample: Sample;
}

const SAMPLE_COLUMNS: readonly Column<SampleRow>[] = [
  { name: 'time_s', type: 'number', unit: 's', meaning: 'since the traffic began', of: ({ sample }) => sample.tS },
  {
    name: 'offered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'sent since then, all pairs together',
    of: ({ sample }) => sample.offeredPackets,
  },
  {
    name: 'received_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'received since then',
    of: ({ sample }) => sample.receivedPackets,
  },
  {
    name: 'steady',
    type: 'boolean',
    unit: null,
    meaning: 'whether it was within the measured window',
    of: ({ sample }) => sample.steady,
  },
];

export const SAMPLES: Table<SampleRow> = {
  name: 'samples',
  about: 'One row for each sample of a trial: its progress over time.',
  columns: [...KEY_COLUMNS, ...SAMPLE_COLUMNS],
};

export function* sampleRows(trials: Iterable<TrialRow>): Generator<SampleRow, void> {
  for (const row of trials) for (const sample of row.trial.measurement?.samples ?? []) yield { ...row, sample };
}

interface SizeRow extends TrialRow {
  size: SizeCount;
}

const SIZE_COLUMNS: readonly Column<SizeRow>[] = [
  {
    ...{ name: 'from_bytes', type: 'integer', unit: 'bytes' },
    meaning: 'smallest frame that is counted here, without FCS',
    of: ({ size }) => size.from,
  },
  {
    ...{ name: 'to_bytes', type: 'integer', unit: 'bytes' },
    meaning: 'largest frame that is counted here; the same where each size is counted for itself, as up to 32 are',
    of: ({ size }) => size.to,
  },
  {
    ...{ name: 'sent_packets', type: 'integer', unit: 'packets' },
    meaning: 'sent, all pairs together',
    of: ({ size }) => size.sentPackets,
  },
  {
    ...{ name: 'lost_packets', type: 'integer', unit: 'packets' },
    meaning: 'of those, not arrived, or late',
    of: ({ size }) => size.lostPackets,
  },
];

export const SIZES: Table<SizeRow> = {
  name: 'sizes',
  about:
    'One row for each size of the packets of a trial with a mix of sizes, or for a range of sizes where there are more than 32.',
  columns: [...KEY_COLUMNS, ...SIZE_COLUMNS],
};

export function* sizeRows(trials: Iterable<TrialRow>): Generator<SizeRow, void> {
  for (const row of trials) for (const size of row.trial.measurement?.sizes ?? []) yield { ...row, size };
}

interface BucketRow extends TrialRow {
  kind: string;
  bucket: Histogram['buckets'][number];
}

const BUCKET_COLUMNS: readonly Column<BucketRow>[] = [
  {
    name: 'kind',
    type: 'text',
    unit: null,
    meaning: '`rtt` and `oneWay` from the intended send time, `rttActual` and `oneWayActual` from the actual one',
    of: ({ kind }) => kind,
  },
  {
    name: 'lower_ns',
    type: 'integer',
    unit: 'ns',
    meaning: 'least delay of the bucket',
    of: ({ bucket }) => bucket[0],
  },
  {
    name: 'upper_ns',
    type: 'integer',
    unit: 'ns',
    meaning: 'delay that is just above it',
    of: ({ bucket }) => bucket[1],
  },
  {
    name: 'packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets in it, all pairs together',
    of: ({ bucket }) => bucket[2],
  },
];

export const HISTOGRAMS: Table<BucketRow> = {
  name: 'histograms',
  about:
    'One row for each bucket of a histogram of a trial that has a packet in it; packets that were due and never sent are in no bucket.',
  columns: [...KEY_COLUMNS, ...BUCKET_COLUMNS],
};

export function* bucketRows(trials: Iterable<TrialRow>): Generator<BucketRow, void> {
  for (const row of trials) {
    for (const [kind, { buckets }] of Object.entries(row.trial.histograms)) {
      for (const bucket of buckets) yield { ...row, kind, bucket };
    }
  }
}
