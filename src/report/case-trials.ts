// SPDX-License-Identifier: Apache-2.0
// The trials of a case as a table: what each received and lost, how long packets took, and the course of its rate.
import { isRepetition } from '../model/repetition.ts';
import type { Flag, Measurement, Trial } from '../model/result.ts';
import { lossRatioOf } from '../stats/integrity.ts';
import { ratesOverTime } from '../stats/rates-over-time.ts';
import { inScale, MICROSECONDS, percentLost, ppsScale } from './format.ts';
import { sparkline } from './sparkline.ts';
import { type Column, fitTable, missingLine } from './table.ts';
import { clean, type Paint, wrap } from './text.ts';
import { foundBy } from './trial-words.ts';

/** Blocks of the course at most: a sample is 100 ms, and a trial has some thirty of them. */
const COURSE_MAX = 40;
const COURSE_SHORT = 12;

/** How wide what a search found is at least. */
const FOUND_MIN = 24;
const FLAGS_MIN = 16;

/** Lines of a width; `everywhere` are flags that all trials have and that are told elsewhere. */
export function trialTable(
  trials: readonly Trial[],
  everywhere: ReadonlySet<Flag>,
  width: number,
  paint: Paint,
): string[] {
  const scale = ppsScale(trials.flatMap(({ measurement }) => measurement?.throughputPps ?? []));
  // One height for all: a trial that was slower is lower.
  const most = Math.max(0, ...trials.flatMap(receivedOver));
  const course = (blocks: number) => (trial: Trial) => sparkline(receivedOver(trial), most, blocks);
  const flagsOf = ({ flags }: Trial) => flags.filter((flag) => !everywhere.has(flag)).join(', ');
  const has = (told: (trial: Trial) => string) => trials.some((trial) => told(trial) !== '');
  const columns: Column<Trial>[] = [
    { title: 'Round', align: 'left', cell: roundName, names: true },
    { title: 'Outcome', align: 'left', cell: ({ outcome }) => outcome.outcome, style: outcomeStyle },
    {
      title: `Received\n${scale.unit}`,
      align: 'right',
      cell: cellOf(({ throughputPps }) => inScale(throughputPps, scale)),
    },
    { title: 'Loss', align: 'right', cell: cellOf((measurement) => percentLost(lossRatioOf([measurement]))) },
    ...delayColumns('rtt'),
    ...delayColumns('oneWay').map((column) => ({ ...column, yields: 4 })),
    { title: 'CPUs', align: 'right', cell: cellOf(({ cpu }) => cpu.total.toFixed(2)), yields: 3 },
    {
      ...{ title: 'Found', align: 'left', wrapsTo: FOUND_MIN },
      cell: cellOf((measurement) => clean(foundBy(measurement) ?? '')),
    } satisfies Column<Trial>,
    {
      ...{ title: 'Rate over time', align: 'left', cell: course(COURSE_MAX), yields: 1 },
      instead: [{ title: 'Rate over time', align: 'left', cell: course(COURSE_SHORT), yields: 2 }],
    } satisfies Column<Trial>,
    { title: 'Flags', align: 'left', cell: flagsOf, wrapsTo: FLAGS_MIN },
  ];
  const fitted = fitTable(
    trials,
    columns.filter(({ cell }) => has(cell)),
    width,
    paint,
  );
  const missing = missingLine(fitted, width, 'vswbench show --json');
  return [...fitted.lines, ...(missing === null ? [] : wrap(missing, width, 0).map((line) => paint(line, 'dim')))];
}

/** The number of a trial's round as `--trial` takes it, and which of the two it is where it was repeated. */
export function roundName(trial: Pick<Trial, 'round' | 'ordinal'>): string {
  return `${trial.round + 1}${isRepetition(trial) ? '/repetition' : ''}`;
}

function cellOf(told: (measurement: Measurement) => string): (trial: Trial) => string {
  return ({ measurement }) => (measurement === null ? '' : told(measurement));
}

/** Delays of round trips, or of the way there where that is what was timed. */
function delayColumns(kind: 'rtt' | 'oneWay'): Column<Trial>[] {
  const what = { rtt: 'round trip', oneWay: 'one way' }[kind];
  return (['p50', 'p99', 'p999'] as const).map((name, index) => ({
    title: `${index === 0 ? `${what}\n` : ''}${PERCENTILES[name]}\n${MICROSECONDS.unit}`,
    align: 'right',
    cell: cellOf(({ latencyNs }) => {
      const delay = latencyNs?.[kind]?.[name] ?? null;
      return delay === null ? '' : inScale(delay, MICROSECONDS);
    }),
  }));
}

const PERCENTILES = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const;

function outcomeStyle({ outcome: { outcome } }: Trial) {
  return outcome === 'failed' || outcome === 'invalid' ? 'red' : null;
}

function receivedOver(trial: Trial): number[] {
  return ratesOverTime(trial.measurement?.samples ?? []).map(({ receivedPps }) => receivedPps);
}
