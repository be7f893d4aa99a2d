// SPDX-License-Identifier: Apache-2.0
import { BURSTS, burstRows, TRAINS, trainRows } from '../report/tables/bursts.ts';
import { CASES, caseRows } from '../report/tables/cases.ts';
import { CHURNS, churnRows, EVENTS, eventRows } from '../report/tables/churns.ts';
import { csvText, jsonLines, type Table } from '../report/tables/columns.ts';
import { bucketRows, HISTOGRAMS, SAMPLES, SIZES, sampleRows, sizeRows } from '../report/tables/parts.ts';
import { foundRows, LOADS, loadRows, OBJECTIVES } from '../report/tables/searches.ts';
import { caseRow, type TrialRow } from '../report/tables/shared.ts';
import { TRIALS } from '../report/tables/trials.ts';
import type { TrialParts } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ExportOptions, Format, What } from './commands/export.ts';
import { documentOf, requireHead, requireResult, withStore } from './load.ts';
import { print } from './output.ts';

/** Prints campaigns; the latest where none is named. */
export async function exportCampaigns(ids: readonly string[], { what, format }: ExportOptions): Promise<void> {
  await withStore((store) =>
    print(store.stream(() => exportText(store, ids.length > 0 ? ids : [undefined], what, format))),
  );
}

/** Campaigns as text, piece by piece: the latest where an id is undefined, the documents where no table is named. */
export function* exportText(
  store: Store,
  ids: readonly (string | undefined)[],
  what: What | undefined,
  format: Format,
): Generator<string, void> {
  if (what === undefined && format === 'json') {
    for (const id of ids) yield* documentOf(store, id);
    return;
  }
  yield* tableOf(store, ids, what ?? 'trials', format);
}

function tableOf(store: Store, ids: readonly (string | undefined)[], what: What, format: Format): Iterable<string> {
  const trials = (parts: Partial<TrialParts>) => trialRows(store, ids, { samples: false, histograms: false, ...parts });
  switch (what) {
    case 'trials':
      return text(TRIALS, trials({}), format);
    case 'cases':
      return text(
        CASES,
        each(ids, (id) => caseRows(requireResult(store, id))),
        format,
      );
    case 'objectives':
      return text(OBJECTIVES, foundRows(trials({})), format);
    case 'loads':
      return text(LOADS, loadRows(trials({})), format);
    case 'bursts':
      return text(BURSTS, burstRows(trials({})), format);
    case 'trains':
      return text(TRAINS, trainRows(trials({})), format);
    case 'churns':
      return text(CHURNS, churnRows(trials({})), format);
    case 'events':
      return text(EVENTS, eventRows(trials({})), format);
    case 'samples':
      return text(SAMPLES, sampleRows(trials({ samples: true })), format);
    case 'sizes':
      return text(SIZES, sizeRows(trials({})), format);
    case 'histograms':
      return text(HISTOGRAMS, bucketRows(trials({ histograms: true })), format);
    default:
      return what satisfies never;
  }
}

function text<Row>(table: Table<Row>, rows: Iterable<Row>, format: Format): Iterable<string> {
  return format === 'csv' ? csvText(table, rows) : jsonLines(table, rows);
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
