// SPDX-License-Identifier: Apache-2.0
// One test case with each of its trials, for a terminal.
import { DECIDING } from '../model/deciding.ts';
import {
  type CampaignResult,
  type CaseResult,
  type Flag,
  FlagSchema,
  type Ledger,
  type Trial,
} from '../model/result.ts';
import { farHostOf, nearHostOf } from '../model/testbed.ts';
import { rolesOf } from '../model/testcase.ts';
import { decidingFigure } from '../stats/verdict.ts';
import { roundName, trialTable } from './case-trials.ts';
import { flagText } from './flags.ts';
import {
  bounds,
  caseName,
  common,
  decidingScale,
  describeGroup,
  hostName,
  inScale,
  MICROSECONDS,
  percentLost,
  ppsScale,
  withUnit,
} from './format.ts';
import { ledgerLines } from './ledger-lines.ts';
import { ledgerSentence } from './ledger-sentence.ts';
import { MAP_LEGEND, placementMap } from './placement-map.ts';
import { fitTable } from './table.ts';
import { clean, type Paint, painter, type TerminalOptions, wrap, writtenColumns, writtenTableColumns } from './text.ts';

/** A case of a campaign and its trials: with their samples, and without their histograms. */
export interface ShownCase {
  result: CampaignResult;
  index: number;
  one: CaseResult;
  trials: readonly Trial[];
}

interface Page extends ShownCase {
  columns: number;
  tableColumns: number;
  paint: Paint;
}

/** A case for people: its figures, each trial with its course, what went wrong, who sat where, and where packets went. */
export function renderCase(shown: ShownCase, options: TerminalOptions): string {
  const page: Page = {
    ...shown,
    columns: writtenColumns(options),
    tableColumns: writtenTableColumns(options),
    paint: painter(options.color),
  };
  const everywhere = flagsEverywhere(page.trials);
  const blocks = [
    heading(page),
    titled(page, 'Figures', figureLines(page)),
    titled(page, 'Trials', trialLines(page, everywhere)),
    titled(page, 'Reasons', reasonLines(page)),
    titled(page, 'Round trips of all measured trials, µs', percentileLines(page)),
    titled(page, `Placement: ${MAP_LEGEND}`, placementLines(page)),
    ...ledgerBlocks(page),
    titled(page, 'Flags', flagLines(page, everywhere)),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => ['', ...lines])
    .join('\n');
}

function titled({ paint, columns }: Page, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...wrap(title, columns, 2).map((line) => paint(line, 'bold')), ...lines];
}

function wrapped({ columns }: Page, texts: readonly string[]): string[] {
  return texts.flatMap((text) => wrap(clean(text), columns, 2));
}

function heading(page: Page): string[] {
  const { result, index, one, paint } = page;
  const parameters = describeGroup(one.case, common(result, one.case));
  const name = `Campaign ${result.id}, case ${index}: ${caseName(one.case)}, ${parameters}`;
  const outcome =
    one.reason === undefined ? [] : [`${one.outcome === 'measured' ? 'in part' : one.outcome}: ${one.reason}`];
  return [...wrapped(page, [name]).map((line) => paint(line, 'bold')), ...wrapped(page, outcome)];
}

/** Medians with their intervals. */
function figureLines(page: Page): string[] {
  const { one } = page;
  const { summary } = one;
  if (summary === null) return [];
  const { throughputPps, cpu, fairness, lossRatio } = summary;
  const scale = ppsScale([throughputPps.median]);
  const roles = rolesOf(one.case);
  return wrapped(page, [
    ...decidingLine(one),
    `received: ${withUnit(throughputPps.median, scale)}, 95 % interval ${bounds(throughputPps, scale)}, ${percentLost(lossRatio)} lost`,
    `CPUs: ${roles.source} ${cpu.sender.toFixed(2)}, ${roles.sink} ${cpu.receiver.toFixed(2)}, switch ${cpu.switch.toFixed(2)}, total ${cpu.total.toFixed(2)}`,
    ...(fairness === null ? [] : [`Jain’s index over the pairs: ${fairness.toFixed(3)}`]),
    ...ceilingLine(one),
  ]);
}

/** Where something else than what was received decides. */
function decidingLine(one: CaseResult): string[] {
  const figure = decidingFigure(one);
  const { dimension } = one.case;
  if (figure === null || DECIDING[dimension].unit === 'pps') return [];
  const scale = decidingScale(dimension, figure.median);
  return [`${DECIDING[dimension].name}: ${withUnit(figure.median, scale)}, 95 % interval ${bounds(figure, scale)}`];
}

function ceilingLine({ ceiling }: CaseResult): string[] {
  if (ceiling === undefined) return [];
  const { throughputPps } = ceiling;
  return [`received by the same framework without a switch: ${withUnit(throughputPps, ppsScale([throughputPps]))}`];
}

function trialLines({ trials, tableColumns, paint }: Page, everywhere: ReadonlySet<Flag>): string[] {
  return trials.length === 0 ? [] : trialTable(trials, everywhere, tableColumns, paint);
}

/** Why trials have no figures, or count as disturbed. */
function reasonLines(page: Page): string[] {
  return wrapped(
    page,
    page.trials.flatMap((trial) => {
      const { outcome, measurement } = trial;
      const failed = 'reason' in outcome ? [`${outcome.outcome}: ${outcome.reason}`] : [];
      const reasons = measurement?.noise.reasons ?? [];
      const disturbed = reasons.length === 0 ? [] : [`disturbed: ${reasons.join('; ')}`];
      return [...failed, ...disturbed].map((reason) => `round ${roundName(trial)} ${reason}`);
    }),
  );
}

/** Delays at each percentile beyond which enough packets lie. */
function percentileLines({ one, columns, paint }: Page): string[] {
  const { roundTrips } = one.evidence;
  if (roundTrips.length === 0) return [];
  return fitTable(
    roundTrips,
    [
      { title: 'Percentile', align: 'right', cell: ({ percent }) => `p${percent}` },
      { title: 'µs', align: 'right', cell: ({ ns }) => inScale(ns, MICROSECONDS) },
    ],
    columns,
    paint,
  ).lines;
}

/** Each placement once, on each host. */
function placementLines({ result, one, columns }: Page): string[] {
  const far = one.case.location === 'remote' ? farHostOf(result, one.case.testbed) : null;
  const near = nearHostOf(result, one.case.testbed);
  return one.evidence.placements.flatMap((placement) =>
    far === null
      ? placementMap(near.inventory.cpus, placement, 'both', columns)
      : [
          ...wrap(clean(hostName(near)), columns, 2),
          ...placementMap(near.inventory.cpus, placement, 'near', columns),
          ...wrap(clean(hostName(far)), columns, 2),
          ...placementMap(far.inventory.cpus, placement, 'far', columns),
        ],
  );
}

/** All ledgers in a sentence, and those of the last trial hop by hop. */
function ledgerBlocks(page: Page): string[][] {
  const { ledgers, last } = page.one.evidence;
  if (ledgers.ledgers === 0) return [];
  return [
    titled(page, 'Ledgers', wrapped(page, [ledgerSentence(ledgers)])),
    ...(last?.ledgers ?? []).map((ledger) =>
      titled(
        page,
        `Packets of pair ${ledger.pair} in the last trial${fromWords(ledger)}`,
        ledgerLines(ledger, page.columns),
      ),
    ),
    ...(last?.uplink == null
      ? []
      : [titled(page, 'Packets on the cable in the last trial', ledgerLines(last.uplink, page.columns))]),
  ];
}

function fromWords({ from, closes }: Ledger): string {
  return `${from === 'source' ? '' : `, sent by its ${from}`}${closes ? '' : ': the ledger does not close'}`;
}

/** What the flags of the case and of its trials mean. */
function flagLines({ one, trials, columns, paint }: Page, everywhere: ReadonlySet<Flag>): string[] {
  const there = new Set([...one.flags, ...trials.flatMap(({ flags }) => flags)]);
  return FlagSchema.options
    .filter((flag) => there.has(flag))
    .flatMap((flag) => wrap(`${flag}${everywhere.has(flag) ? ' (all trials)' : ''}: ${flagText(flag)}`, columns, 2))
    .map((line) => paint(line, 'dim'));
}

function flagsEverywhere(trials: readonly Trial[]): Set<Flag> {
  return new Set(
    FlagSchema.options.filter((flag) => trials.length > 0 && trials.every(({ flags }) => flags.includes(flag))),
  );
}
