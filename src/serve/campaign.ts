// SPDX-License-Identifier: Apache-2.0
// A campaign as its page shows it: what the trials of each case tell. Which case is faster is told by the report and by comparisons, whose
// tests take longer than a page may.
import type { CampaignRow } from '../model/campaign-row.ts';
import { lookOf } from '../model/looks.ts';
import { DIMENSIONS } from '../model/parameter.ts';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult, Flag, StoredCampaign } from '../model/result.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { figureColumns } from '../report/figure-columns.ts';
import { flagText } from '../report/flags.ts';
import {
  capital,
  caseName,
  counted,
  hostName,
  spelledDuration,
  spelledTrials,
  spelledWarmup,
  untilPrecise,
  varying,
} from '../report/format.ts';
import { shardSentences } from '../report/shard-words.ts';
import { shownResult } from '../report/shown.ts';
import { groupOf } from '../stats/group.ts';
import { decidingFigure } from '../stats/verdict.ts';
import { choicesIn } from './campaigns.ts';
import { cellOf } from './cells.ts';
import type { CampaignDocument, CaseRow, CaseTable, ListedCampaign } from './documents.ts';

/** A campaign with what its cases tell. */
export interface Told {
  campaign: StoredCampaign;
  results: CaseResult[];
}

export function campaignDocument(
  { campaign, results }: Told,
  row: Pick<CampaignRow, 'trialsDone' | 'trialsPlanned'>,
  state: ListedCampaign['state'],
): CampaignDocument {
  const { cases: _, ...head } = campaign;
  const shown = shownResult({ ...head, results });
  const choices = choicesIn(results.map((result) => lists(valuesOf(result, PARAMETER_KEYS))));
  const keys = choices.map(({ key }) => key);
  const indexed = shown.results.map((result, index) => ({
    ...{ result, index, values: valuesOf(results[index] ?? result, keys) },
  }));
  return {
    id: head.id,
    title: head.title,
    state,
    startedAt: head.startedAt,
    endedAt: head.endedAt,
    about: aboutLines(shown),
    trialsDone: row.trialsDone,
    trialsPlanned: row.trialsPlanned,
    tables: DIMENSIONS.flatMap((dimension) => {
      const own = indexed.filter(({ result }) => result.case.dimension === dimension);
      return own.length === 0 ? [] : [tableOf(shown, dimension, own)];
    }),
    choices,
    flags: flagTexts(shown.results.flatMap(({ flags }) => flags)),
  };
}

export function flagTexts(flags: readonly Flag[]): Partial<Record<Flag, string>> {
  return Object.fromEntries([...new Set(flags)].map((flag) => [flag, flagText(flag)]));
}

/** By parameter, as its option takes it; sizes as they are stored, without FCS. */
function valuesOf(
  { case: testCase }: Pick<CaseResult, 'case'>,
  keys: readonly ParameterKey[],
): Partial<Record<ParameterKey, string>> {
  return Object.fromEntries(keys.map((key) => [key, writtenOf(key, testCase[key])]));
}

function lists(values: Partial<Record<ParameterKey, string>>): Partial<Record<ParameterKey, string[]>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value]]));
}

interface Indexed {
  result: CaseResult;
  index: number;
  values: Partial<Record<ParameterKey, string>>;
}

function tableOf(campaign: CampaignResult, dimension: TestCase['dimension'], cases: readonly Indexed[]): CaseTable {
  const results = cases.map(({ result }) => result);
  const names = varying(results.map((result) => groupOf(result.case)));
  // Flags stand in the rows by their names: numbers would change with each that is filtered out.
  const columns = figureColumns(campaign, results, names, { everywhere: [], numbered: new Map() }, new Set()).filter(
    ({ title }) => title !== 'Notes',
  );
  return {
    dimension,
    title: capital(dimension),
    columns: columns.map(({ title, align }) => ({ title: title.replaceAll('\n', ' '), align })),
    rows: cases.map(({ result, index, values }): CaseRow => {
      const figure = decidingFigure(result);
      return {
        index,
        outcome: result.outcome,
        reason: result.reason ?? null,
        flags: result.flags,
        name: caseName(result.case),
        cells: columns.map((column) => cellOf(column.cell(result))),
        span: figure === null ? null : { median: figure.median, low: figure.ciLow, high: figure.ciHigh },
        look: lookOf(result.case.switch, ioName(result.case)),
        values,
      };
    }),
  };
}

function aboutLines(result: CampaignResult): string[] {
  return [
    `${spelledTrials(result)} a case of ${spelledDuration(result.durationMs)} each, after ${spelledWarmup(result)}${untilPrecise(result)}; random order, seed ${result.seed}.`,
    ...shardSentences(result.shards),
    ...result.hosts.map((host) => {
      const { cpuModel, cpus, kernel, virtualization } = host.inventory;
      const where = virtualization === null ? '' : `, virtual (${virtualization})`;
      return `${hostName(host)}: ${cpuModel}, ${counted(cpus.length, 'CPU')}, Linux ${kernel}${where}.`;
    }),
  ];
}
