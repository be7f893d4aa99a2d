// SPDX-License-Identifier: Apache-2.0
import { renderCase } from '../report/case.ts';
import { jsonCaseText } from '../report/json.ts';
import { shownResult } from '../report/shown.ts';
import { caseRow, type TrialRow } from '../report/tables/shared.ts';
import { renderSummary } from '../report/terminal.ts';
import { isNamed, renderTrial, trialNamed } from '../report/trial.ts';
import { type Store, WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { caseSelected, looksLikeCase } from './case-selector.ts';
import type { ShowOptions } from './commands/show.ts';
import { CliError, EXIT } from './errors.ts';
import { documentOf, requireHead, requireResult, withCampaign } from './load.ts';
import { print } from './output.ts';
import { terminalOf } from './terminal.ts';

/** What of a campaign is shown: all of it, a case, or a trial. */
interface Wanted {
  id: string | undefined;
  which: string | undefined;
  options: ShowOptions;
}

/** Prints a campaign's summary, one of its cases or one of its trials. What is no id is a case of the latest campaign. */
export async function show(first: string | undefined, second: string | undefined, options: ShowOptions): Promise<void> {
  const isCase = first !== undefined && second === undefined && looksLikeCase(first);
  const wanted = isCase ? { id: undefined, which: first, options } : { id: first, which: second, options };
  if (wanted.which !== undefined && options.trial !== undefined) {
    throw new CliError(EXIT.usage, `give a case or --trial, not both: --trial ${options.trial} names its case`);
  }
  await withCampaign(wanted.id, (store, id) => print(textOf(store, { ...wanted, id })));
}

function textOf(store: Store, { id, which, options: { trial, json = false } }: Wanted): Iterable<string> {
  if (trial !== undefined) return [trialText(store, id, trial, json)];
  if (which !== undefined) return caseText(store, id, which, json);
  if (json) return documentOf(store, id);
  return [`${renderSummary(requireResult(store, id), terminalOf(process.stdout))}\n`];
}

function caseText(store: Store, id: string | undefined, which: string, json: boolean): Iterable<string> {
  const stored = requireResult(store, id);
  const selected = caseSelected(which, { id: stored.id, fcs: stored.fcs, cases: stored.results });
  if (!selected.ok) throw new CliError(EXIT.usage, selected.error);
  const index = selected.value;
  const result = json ? stored : shownResult(stored);
  const one = result.results[index];
  if (one === undefined) throw new RangeError(`the campaign has no case ${index}`);
  const trials = store.trials(stored.id, index, WITHOUT_HISTOGRAMS);
  if (json) return jsonCaseText({ campaign: stored.id, caseIndex: index }, one, trials);
  return [`${renderCase({ result, index, one, trials: [...trials] }, terminalOf(process.stdout))}\n`];
}

function trialText(store: Store, id: string | undefined, name: string, json: boolean): string {
  const row = requireTrial(store, id, name);
  const text = json ? JSON.stringify({ case: row.case, ...row.trial }) : renderTrial(row, terminalOf(process.stdout));
  return `${text}\n`;
}

/** A trial of a campaign, with all its parts. */
function requireTrial(store: Store, id: string | undefined, name: string): TrialRow {
  const asked = trialNamed(name);
  if (asked === null) {
    throw new CliError(
      EXIT.usage,
      `--trial '${name}': give case and round as 12/1, and of a repetition 12/1/repetition`,
    );
  }
  const { cases, ...campaign } = requireHead(store, id);
  const testCase = cases[asked.caseIndex]?.case;
  if (testCase === undefined) {
    throw new CliError(EXIT.usage, `--trial '${name}': campaign ${campaign.id} has cases 0 to ${cases.length - 1}`);
  }
  const common = caseRow(campaign, asked.caseIndex, testCase);
  for (const trial of store.trials(campaign.id, asked.caseIndex))
    if (isNamed(trial, asked)) return { ...common, trial };
  throw new CliError(
    EXIT.usage,
    `--trial '${name}': it has not run: 'vswbench export --what trials' has those that have`,
  );
}
