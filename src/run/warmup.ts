// SPDX-License-Identifier: Apache-2.0
// Whether a warm-up is over: memory is touched for the first time, clocks rise, flow caches fill. Pure. One rule says, after a trial, what was
// not quiet yet when its window began (docs/method.md, "Quiet and disturbed trials"); the other says, while it runs, whether to go on.
import type { SampleLine } from '../model/dataplane.ts';
import { sumOverPairs, type WindowNs } from '../stats/steady.ts';
import { hasTrend } from '../stats/trend.ts';
import type { Evidence } from './evaluate.ts';
import { FREQUENCY_CHANGE_RATIO_MAX } from './noise.ts';
import { applicationName, percent } from './occupancy.ts';

/** A page fault takes the kernel a microsecond, and one that has to clear a huge page a hundred: so many a second are a thousandth of the time. */
export const MINOR_FAULTS_PER_S_MAX = 10;

/** A packet that no flow cache knew takes a switch's slow path for about 0.1 ms: so many a second are a hundredth of a CPU. */
export const CACHE_MISSES_PER_S_MAX = 100;

/** `--warmup auto` looks at so many of the last sampling intervals. */
export const TREND_INTERVALS = 20;

/** What a trial showed of its warm-up. */
export interface WarmupEvidence {
  /** Page faults of each polling thread per second of the window. */
  threads: readonly { name: string; minorFaultsPerS: number }[];
  /** Of each measured CPU, in the middle of the warm-up and at its end, as far as the kernel tells. */
  frequencies: readonly { halfMhz: number; beginMhz: number }[];
  /** Since the middle of the warm-up; null where the switch does not tell. */
  cacheMissesPerS: number | null;
}

/** What was not over when the window began, one sentence each. */
export function warmupDisturbances({ threads, frequencies, cacheMissesPerS }: WarmupEvidence): string[] {
  const worst = threads.reduce<WarmupEvidence['threads'][number] | null>(
    (most, one) => (one.minorFaultsPerS > (most?.minorFaultsPerS ?? MINOR_FAULTS_PER_S_MAX) ? one : most),
    null,
  );
  const rise = Math.max(0, ...frequencies.map(({ halfMhz, beginMhz }) => (beginMhz - halfMhz) / halfMhz));
  return [
    ...(worst === null
      ? []
      : [
          `the warm-up was not over: ${worst.name} took ${worst.minorFaultsPerS.toFixed(0)} page faults a second (more than ${MINOR_FAULTS_PER_S_MAX})`,
        ]),
    ...(rise > FREQUENCY_CHANGE_RATIO_MAX
      ? [
          `the warm-up was not over: a CPU's frequency still rose by ${percent(rise)} (more than ${percent(FREQUENCY_CHANGE_RATIO_MAX)})`,
        ]
      : []),
    ...(cacheMissesPerS !== null && cacheMissesPerS > CACHE_MISSES_PER_S_MAX
      ? [
          `the warm-up was not over: the switch's flow caches did not know ${cacheMissesPerS.toFixed(0)} packets a second (more than ${CACHE_MISSES_PER_S_MAX})`,
        ]
      : []),
  ];
}

/** Page faults of an application within the window, by its own samples; null where these do not tell. */
export function minorFaultsWithin(
  samples: readonly SampleLine[],
  { beginNs, endNs }: WindowNs,
): { count: number; perS: number } | null {
  const inside = samples.filter(({ t_ns }) => t_ns >= beginNs && t_ns <= endNs);
  const [first, last] = [inside[0], inside.at(-1)];
  const count = faultsBetween(first, last);
  if (first === undefined || last === undefined || last.t_ns === first.t_ns || count === null) return null;
  return { count, perS: (count * 1e9) / (last.t_ns - first.t_ns) };
}

function faultsBetween(first: SampleLine | undefined, last: SampleLine | undefined): number | null {
  const [before, after] = [first?.minor_faults ?? null, last?.minor_faults ?? null];
  return before === null || after === null ? null : after - before;
}

/** Of the application that took most within the window; null where none tells. */
export function mostMinorFaults({ sources, sinks }: Evidence, window: WindowNs): number | null {
  const counts = [...sources, ...sinks].flatMap(({ samples }) => minorFaultsWithin(samples, window)?.count ?? []);
  return counts.length === 0 ? null : Math.max(...counts);
}

/** What a trial's evidence has of its warm-up. `window` is the steady state. */
export function warmupOf(
  { sources, sinks, machines, switchFigures, observedS }: Evidence,
  window: WindowNs,
): WarmupEvidence {
  const { cacheMisses, farCacheMisses } = switchFigures;
  const misses =
    cacheMisses === undefined && farCacheMisses === undefined ? null : (cacheMisses ?? 0) + (farCacheMisses ?? 0);
  return {
    threads: (['source', 'sink'] as const).flatMap((end) =>
      (end === 'source' ? sources : sinks).map(({ pair, final, samples }) => ({
        name: applicationName(final.role, end, pair),
        minorFaultsPerS: minorFaultsWithin(samples, window)?.perS ?? 0,
      })),
    ),
    frequencies: machines.flatMap(({ cpus, warmupMhz, before }) =>
      cpus.flatMap((cpu) => {
        const [halfMhz, beginMhz] = [warmupMhz.get(cpu), before.frequencyMhz.get(cpu)];
        return halfMhz === undefined || beginMhz === undefined ? [] : [{ halfMhz, beginMhz }];
      }),
    ),
    cacheMissesPerS: misses === null || observedS <= 0 ? null : misses / observedS,
  };
}

/** The samples of a trial that runs, so far. */
export interface WarmupProgress {
  sources: readonly (readonly SampleLine[])[];
  /** Of those that count arrivals: for `latency` the sources again. */
  sinks: readonly (readonly SampleLine[])[];
  startNs: number;
  intervalNs: number;
}

/** Whether the figures of the last intervals have no trend: what was received, and no thread has touched new memory in them. */
export function isWarm(progress: WarmupProgress): boolean {
  const { sources, sinks, startNs, intervalNs } = progress;
  const window = { beginNs: startNs, endNs: Number.POSITIVE_INFINITY };
  const received = sumOverPairs({ sources, sinks, startedNs: startNs, intervalNs, window })
    .filter(({ steady }) => steady)
    .slice(-TREND_INTERVALS - 1)
    .map(({ receivedPackets }) => receivedPackets);
  if (received.length <= TREND_INTERVALS) return false;
  const touches = [...sources, ...sinks].some(
    (samples) => (faultsBetween(samples.at(-TREND_INTERVALS - 1), samples.at(-1)) ?? 0) > 0,
  );
  const rates = received.slice(1).map((packets, index) => packets - (received[index] ?? 0));
  return !touches && !hasTrend(rates);
}
