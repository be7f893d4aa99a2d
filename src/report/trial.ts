// SPDX-License-Identifier: Apache-2.0
// One trial with everything that was recorded of it, for a terminal.
import type { Histogram } from '../model/dataplane.ts';
import { isRepetition } from '../model/repetition.ts';
import type { SizeCount, Trial } from '../model/result.ts';
import { caseName, common, describeGroup, grouped, inScale, MICROSECONDS } from './format.ts';
import { ledgerLines, senderWords } from './ledger-lines.ts';
import { bytesText } from './sizes.ts';
import type { TrialRow } from './tables/shared.ts';
import { FIGURE_COLUMNS } from './tables/trials.ts';
import { clean, painter, type TerminalOptions, wrap, writtenColumns } from './text.ts';

/** A trial for people: which it is, what became of it, each figure, where its packets went, and how long they took. */
export function renderTrial(row: TrialRow, options: TerminalOptions): string {
  const paint = painter(options.color);
  const columns = writtenColumns(options);
  const { trial } = row;
  const ledgers = trial.measurement?.ledgers ?? [];
  const reason = 'reason' in trial.outcome ? `: ${trial.outcome.reason}` : '';
  const titled = (title: string, lines: string[]) => [paint(title, 'bold'), ...lines];
  const blocks = [
    [
      ...wrap(clean(nameOf(row)), columns, 0).map((line) => paint(line, 'bold')),
      ...wrap(clean(`${trial.startedAt}, ${trial.outcome.outcome}${reason}`), columns, 2),
    ],
    titled('Figures (docs/data-dictionary.md)', figureLines(row, columns)),
    ...ledgers.map((ledger) =>
      titled(
        `Packets of pair ${ledger.pair}${senderWords(ledger, ledgers)}${ledger.closes ? '' : ': the ledger does not close'}`,
        ledgerLines(ledger, columns),
      ),
    ),
    ...(trial.measurement?.background?.ledgers ?? []).map((ledger) =>
      titled(`Packets of the background, pair ${ledger.pair}`, ledgerLines(ledger, columns)),
    ),
    titled('Packets by size', sizeLines(trial.measurement?.sizes ?? [], row.campaign.fcs)),
    ...Object.entries(trial.histograms).map(([kind, histogram]) =>
      titled(`Histogram ${kind}, µs`, histogramLines(histogram, columns)),
    ),
  ];
  return blocks.flatMap((lines) => (lines.length > 1 ? ['', ...lines] : [])).join('\n');
}

function nameOf({ campaign, caseIndex, case: testCase, trial }: TrialRow): string {
  const repetition = isRepetition(trial) ? ', the repetition' : '';
  const parameters = describeGroup(testCase, common(campaign, testCase));
  return `Campaign ${campaign.id}, case ${caseIndex}, round ${trial.round + 1}${repetition}: ${caseName(testCase)}, ${parameters}`;
}

/** Units that read badly after a number. */
const UNIT_WORDS: Partial<Record<string, string>> = { ratio: '', '1/s': 'per s' };

/** Every figure under the name that it has in exports. */
function figureLines(row: TrialRow, columns: number): string[] {
  const told = FIGURE_COLUMNS.flatMap(({ name, unit, of }) => {
    const value = of(row) ?? '';
    return value === '' ? [] : [{ name, value: clean(String(value)), unit: UNIT_WORDS[unit ?? ''] ?? unit ?? '' }];
  });
  const width = Math.max(...told.map(({ name }) => name.length));
  return told.flatMap(({ name, value, unit }) =>
    wrap(`${name.padEnd(width)}  ${value} ${unit}`.trimEnd(), columns, width + 2),
  );
}

/** A line for each size of a mix: what was sent of it, and lost. */
function sizeLines(sizes: readonly SizeCount[], fcs: boolean): string[] {
  const rows = sizes.map(
    (size) => [bytesText(size, fcs), grouped(size.sentPackets), grouped(size.lostPackets)] as const,
  );
  const [name, sent, lost] = [0, 1, 2].map((index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  return rows.map(
    (row) => `${row[0].padStart(name ?? 0)}  ${row[1].padStart(sent ?? 0)} sent  ${row[2].padStart(lost ?? 0)} lost`,
  );
}

/** So many lines at most: neighbouring buckets are put together. `export --what histograms` has them all. */
const LINES_MAX = 24;
const BAR_MAX = 40;

/** Bars of equal steps of the delay's logarithm. */
function histogramLines({ buckets, censored }: Histogram, columns: number): string[] {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return ['no packet was timed'];
  const [least, most] = [Math.max(1, first[0]), last[1]];
  const step = (Math.log(most) - Math.log(least)) / LINES_MAX;
  const bins = new Map<number, number>();
  for (const [lower, , packets] of buckets) {
    const bin = Math.min(LINES_MAX - 1, Math.floor((Math.log(Math.max(least, lower)) - Math.log(least)) / step));
    bins.set(bin, (bins.get(bin) ?? 0) + packets);
  }
  const highest = Math.max(...bins.values());
  const rows = Array.from({ length: LINES_MAX }, (_, bin) => ({
    from: inScale(least * Math.exp(bin * step), MICROSECONDS),
    packets: bins.get(bin) ?? 0,
  }));
  const [left, right] = [rows.map(({ from }) => from.length), rows.map(({ packets }) => grouped(packets).length)].map(
    (lengths) => Math.max(...lengths),
  );
  const bar = Math.min(BAR_MAX, columns - (left ?? 0) - (right ?? 0) - 6);
  return [
    ...rows.map(({ from, packets }) =>
      `from ${from.padStart(left ?? 0)}  ${grouped(packets).padStart(right ?? 0)}  ${'#'.repeat(Math.ceil((bar * packets) / highest))}`.trimEnd(),
    ),
    ...(censored === 0 ? [] : wrap(`${grouped(censored)} packets were due and never sent`, columns, 2)),
  ];
}

/** A trial as the user names it: CASE/ROUND, or CASE/ROUND/repetition. */
export interface TrialName {
  caseIndex: number;
  /** From 0. */
  round: number;
  repetition: boolean;
}

/** What `3/1` and `3/1/repetition` name: the case's index as exports have it, and the round counted from 1. Null for anything else. */
export function trialNamed(text: string): TrialName | null {
  const found = /^(\d{1,6})\/([1-9]\d{0,5})(\/repetition)?$/.exec(text);
  if (found === null) return null;
  return { caseIndex: Number(found[1]), round: Number(found[2]) - 1, repetition: found[3] !== undefined };
}

export function isNamed(trial: Trial, { round, repetition }: TrialName): boolean {
  return trial.round === round && isRepetition(trial) === repetition;
}
