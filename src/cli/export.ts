// SPDX-License-Identifier: Apache-2.0
import type { CampaignResult } from '../model/result.ts';
import { resultsLatex, resultsMarkdown } from '../report/result-text.ts';
import { BURSTS, burstRows, TRAINS, trainRows } from '../report/tables/bursts.ts';
import { CASES, caseRows } from '../report/tables/cases.ts';
import { CHURNS, churnRows, EVENTS, eventRows } from '../report/tables/churns.ts';
import { csvText, jsonLines, type Table } from '../report/tables/columns.ts';
import { bucketRows, HISTOGRAMS, SAMPLES, SIZES, sampleRows, sizeRows } from '../report/tables/parts.ts';
import { foundRows, LOADS, loadRows, OBJECTIVES } from '../report/tables/searches.ts';
import { caseRow, type TrialRow } from '../report/tables/shared.ts';
import { TRIALS } from '../report/tables/trials.ts';
import type { Store, TrialParts } from '../store/store.ts';
import type { ExportOptions, Format, What } from './commands/export.ts';
import { CliError, EXIT } from './errors.ts';
import { documentOf, isElsewhere, requireHead, requireResult, withCampaign } from './load.ts';
import { print, printBytes } from './output.ts';

/** How a table becomes pieces of a format. */
type Write<Piece> = <Row>(table: Table<Row>, rows: Iterable<Row>) => Iterable<Piece>;

/** Prints campaigns; the latest where none is named. */
export async function exportCampaigns(ids: readonly string[], options: ExportOptions): Promise<void> {
  const [place, ...others] = ids;
  if (place !== undefined && isElsewhere(place) && others.length > 0) {
    throw new CliError(EXIT.usage, `${place} is exported by itself: give other campaigns in another call`);
  }
  await withCampaign(place, (store, id) => exportFrom(store, [id, ...others], options));
}

async function exportFrom(
  store: Store,
  named: readonly (string | undefined)[],
  { what, format }: ExportOptions,
): Promise<void> {
  if (format === 'markdown' || format === 'latex') {
    if (what !== undefined) {
      throw new CliError(EXIT.usage, `--format ${format} has the results of cases: leave out --what ${what}`);
    }
    return print(each(named, (id) => [resultsIn(format, requireResult(store, id))]));
  }
  if (format !== 'parquet') {
    return print(store.stream(() => exportText(store, named, what, format)));
  }
  if (process.stdout.isTTY) {
    throw new CliError(EXIT.usage, `Parquet is binary: add '> ${what ?? 'trials'}.parquet'`);
  }
  const { parquetBytes } = await import('../report/tables/parquet.ts');
  return printBytes(store.stream(() => tableOf(store, named, what ?? 'trials', parquetBytes)));
}

function resultsIn(format: 'markdown' | 'latex', result: CampaignResult): string {
  switch (format) {
    case 'markdown':
      return resultsMarkdown(result);
    case 'latex':
      return resultsLatex(result);
    default:
      return format satisfies never;
  }
}

/** Campaigns as text, piece by piece: the latest where an id is undefined, the documents where no table is named. */
export function* exportText(
  store: Store,
  ids: readonly (string | undefined)[],
  what: What | undefined,
  format: Extract<Format, 'csv' | 'json'>,
): Generator<string, void> {
  if (what === undefined && format === 'json') {
    for (const id of ids) yield* documentOf(store, id);
    return;
  }
  yield* tableOf(store, ids, what ?? 'trials', format === 'csv' ? csvText : jsonLines);
}

/** A table of campaigns, piece by piece. */
export function tableOf<Piece>(
  store: Store,
  ids: readonly (string | undefined)[],
  what: What,
  write: Write<Piece>,
): Iterable<Piece> {
  const trials = (parts: Partial<TrialParts>) => trialRows(store, ids, { samples: false, histograms: false, ...parts });
  switch (what) {
    case 'trials':
      return write(TRIALS, trials({}));
    case 'cases':
      return write(
        CASES,
        each(ids, (id) => caseRows(requireResult(store, id))),
      );
    case 'objectives':
      return write(OBJECTIVES, foundRows(trials({})));
    case 'loads':
      return write(LOADS, loadRows(trials({})));
    case 'bursts':
      return write(BURSTS, burstRows(trials({})));
    case 'trains':
      return write(TRAINS, trainRows(trials({})));
    case 'churns':
      return write(CHURNS, churnRows(trials({})));
    case 'events':
      return write(EVENTS, eventRows(trials({})));
    case 'samples':
      return write(SAMPLES, sampleRows(trials({ samples: true })));
    case 'sizes':
      return write(SIZES, sizeRows(trials({})));
    case 'histograms':
      return write(HISTOGRAMS, bucketRows(trials({ histograms: true })));
    default:
      return what satisfies never;
  }
}

function* each<Id, Row>(ids: readonly Id[], rowsOf: (id: Id) => Iterable<Row>): Generator<Row, void> {
  for (const id of ids) yield* rowsOf(id);
}

function* trialRows(store: Store, ids: readonly (string | undefined)[], parts: TrialParts): Generator<TrialRow, void> {
  for (const id of ids) {
    const { cases, ...campaign } = requireHead(store, id);
    for (const [index, { case: testCase }] of cases.entries()) {
      const common = caseRow(campaign, index, testCase);
      for (const trial of store.trials(campaign.id, index, parts)) yield { ...common, trial };
    }
  }
}
