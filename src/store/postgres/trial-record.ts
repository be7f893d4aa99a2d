// SPDX-License-Identifier: Apache-2.0
// A trial as it lies in PostgreSQL: its JSON, compressed, with the large parts apart, so that who does not show them does not read them.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Sample, Trial } from '../../model/result.ts';

/** The first byte of each part; another way of packing has another. */
const FORMAT = 1;

export interface PackedTrial {
  record: Uint8Array;
  samples: Uint8Array | null;
  histograms: Uint8Array | null;
}

export function packTrial({ histograms, ...trial }: Trial): PackedTrial {
  const { measurement } = trial;
  const samples = measurement?.samples ?? [];
  return {
    record: pack({ ...trial, measurement: measurement === null ? null : { ...measurement, samples: [] } }),
    samples: samples.length === 0 ? null : pack(toColumns(samples)),
    histograms: Object.keys(histograms).length === 0 ? null : pack(histograms),
  };
}

/** A trial from its parts, unchecked: the model's schema is the door. Throws SyntaxError or a system error where they are damaged. */
export function unpackTrial({ record, samples, histograms }: Record<keyof PackedTrial, unknown>): unknown {
  const trial = objectOf(unpack(record));
  const { measurement } = trial;
  const rows = samples == null ? [] : fromColumns(objectOf(unpack(samples)));
  return {
    ...trial,
    measurement: measurement === null ? null : { ...objectOf(measurement), samples: rows },
    histograms: histograms == null ? {} : unpack(histograms),
  };
}

/** The histograms of a trial alone, by name. */
export function unpackHistograms(part: unknown): Record<string, unknown> {
  return objectOf(unpack(part));
}

function pack(value: unknown): Uint8Array {
  const deflated = deflateRawSync(JSON.stringify(value), { level: 9 });
  return Buffer.concat([Uint8Array.of(FORMAT), deflated]);
}

function unpack(part: unknown): unknown {
  if (!(part instanceof Uint8Array) || part[0] !== FORMAT) throw new SyntaxError('a trial is packed in no known way');
  return JSON.parse(inflateRawSync(part.subarray(1)).toString());
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new SyntaxError('a part of a trial is no object');
  return { ...value };
}

/** Counters grow steadily: what they grow by is short, and much alike. */
function toColumns(samples: readonly Sample[]): Record<keyof Sample, unknown[]> {
  return {
    tS: samples.map(({ tS }) => tS),
    offeredPackets: differences(samples.map(({ offeredPackets }) => offeredPackets)),
    receivedPackets: differences(samples.map(({ receivedPackets }) => receivedPackets)),
    steady: samples.map(({ steady }) => Number(steady)),
  };
}

function fromColumns({ tS, offeredPackets, receivedPackets, steady }: Record<string, unknown>): unknown[] {
  const [offered, received, flags] = [sums(listOf(offeredPackets)), sums(listOf(receivedPackets)), listOf(steady)];
  return listOf(tS).map((time, index) => ({
    tS: time,
    offeredPackets: offered[index],
    receivedPackets: received[index],
    steady: flags[index] === 1,
  }));
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError('samples are no lists');
  return value;
}

function differences(values: readonly number[]): number[] {
  return values.map((value, index) => value - (values[index - 1] ?? 0));
}

function sums(values: readonly unknown[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += Number(value);
    return sum;
  });
}
