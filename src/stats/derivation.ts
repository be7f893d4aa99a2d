// SPDX-License-Identifier: Apache-2.0
// Whether what a trial says follows from what it saw: its figures beside its own histograms, samples and pairs. A record that was
// changed by hand, or by a fault of a disk, disagrees with itself; one that was measured does not.
import type { Measurement, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toLatencySummary } from './histogram.ts';
import { sumOf } from './sum.ts';

/** A figure as the trial records it, and as its raw data tell it. */
export interface Disagreement {
  figure: string;
  recorded: number | null;
  derived: number | null;
}

/**
 * How far the rate within the samples may be from the recorded one. The samples kept are those of instants that no application missed,
 * and the ends of the window may be among the missed: in 1193 undisturbed trials of a noisy machine the worst was 2.4 % off, half of
 * them less than 0.002 %. Of disturbed trials, whose applications missed many instants, it tells nothing.
 */
const SAMPLED_RATIO_MAX = 0.1;

/** Figures are sums of a few numbers: more than rounding is a difference. */
const ROUNDING_RATIO = 1e-9;

/** Each figure of a trial that its raw data contradict; none where there are no raw data of it. */
export function disagreements(testCase: TestCase, { measurement, histograms, flags }: Trial): Disagreement[] {
  if (measurement === null) return [];
  return [
    ...latencyDisagreements(measurement, histograms),
    ...sampleDisagreements(measurement),
    // Of the others the figures are of several trials, and the pairs of the last one.
    ...(testCase.dimension === 'throughput' || testCase.dimension === 'latency'
      ? [
          ...(flags.includes('disturbed') ? [] : rateDisagreements(measurement)),
          ...pairDisagreements(testCase, measurement),
        ]
      : []),
  ];
}

function latencyDisagreements({ latencyNs }: Measurement, histograms: Trial['histograms']): Disagreement[] {
  return Object.entries(histograms).flatMap(([kind, histogram]) => {
    const recorded = new Map<string, number | null>(
      Object.entries(Object.entries(latencyNs ?? {}).find(([name]) => name === kind)?.[1] ?? {}),
    );
    // Older records keep histograms of which they summarized nothing.
    if (recorded.size === 0) return [];
    const counted = sumOf(histogram.buckets, ([, , packets]) => packets);
    const derived = Object.entries(toLatencySummary({ ...histogram, count: counted }) ?? {});
    return derived.flatMap(([name, value]) => differing(`${kind}.${name}`, recorded.get(name) ?? null, value));
  });
}

/** Counters never run backwards, nor past the totals of the whole run. */
function sampleDisagreements({ samples, offeredPackets, receivedPackets }: Measurement): Disagreement[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    const least = (field: 'tS' | 'offeredPackets' | 'receivedPackets') =>
      before !== undefined && sample[field] < before[field]
        ? [{ figure: `samples[${index}].${field}`, recorded: sample[field], derived: before[field] }]
        : [];
    const most = (field: 'offeredPackets' | 'receivedPackets', total: number) =>
      sample[field] > total ? [{ figure: `samples[${index}].${field}`, recorded: sample[field], derived: total }] : [];
    return [
      ...least('tS'),
      ...least('offeredPackets'),
      ...least('receivedPackets'),
      ...most('offeredPackets', offeredPackets),
      ...most('receivedPackets', receivedPackets),
    ];
  });
}

function rateDisagreements({ samples, throughputPps, offeredPps }: Measurement): Disagreement[] {
  const steady = samples.filter((sample) => sample.steady);
  const [first, last] = [steady[0], steady.at(-1)];
  if (first === undefined || last === undefined || last.tS <= first.tS) return [];
  const rateOf = (field: 'offeredPackets' | 'receivedPackets') => (last[field] - first[field]) / (last.tS - first.tS);
  const near = (figure: string, recorded: number, derived: number) =>
    Math.abs(derived - recorded) > SAMPLED_RATIO_MAX * Math.max(recorded, derived)
      ? [{ figure, recorded, derived }]
      : [];
  return [
    ...near('throughputPps', throughputPps, rateOf('receivedPackets')),
    ...near('offeredPps', offeredPps, rateOf('offeredPackets')),
  ];
}

function pairDisagreements({ packetSize }: TestCase, measurement: Measurement): Disagreement[] {
  const { pairs, throughputPps, throughputBps } = measurement;
  const total = (field: 'throughputPps' | 'offeredPackets' | 'receivedPackets' | 'lostPackets') =>
    differing(
      field,
      measurement[field],
      sumOf(pairs, (pair) => pair[field]),
    );
  return [
    ...(pairs.length === 0
      ? []
      : [...total('throughputPps'), ...total('offeredPackets'), ...total('receivedPackets'), ...total('lostPackets')]),
    ...(typeof packetSize === 'number'
      ? differing('throughputBps', throughputBps, throughputPps * 8 * packetSize)
      : []),
  ];
}

function differing(figure: string, recorded: number | null, derived: number | null): Disagreement[] {
  if (recorded === derived) return [];
  const isRounding =
    recorded !== null &&
    derived !== null &&
    Math.abs(recorded - derived) <= ROUNDING_RATIO * Math.abs(recorded) &&
    !(Number.isInteger(recorded) && Number.isInteger(derived));
  return isRounding ? [] : [{ figure, recorded, derived }];
}
