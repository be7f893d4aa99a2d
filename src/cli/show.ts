// SPDX-License-Identifier: Apache-2.0
import { caseRow, type TrialRow } from '../report/tables/shared.ts';
import { renderSummary } from '../report/terminal.ts';
import { isNamed, renderTrial, trialNamed } from '../report/trial.ts';
import type { Store } from '../store/store.ts';
import type { ShowOptions } from './commands/show.ts';
import { CliError, EXIT } from './errors.ts';
import { documentOf, requireHead, requireResult, withStore } from './load.ts';
import { print } from './output.ts';
import { terminalOf } from './terminal.ts';

/** Prints a campaign's summary, or one of its trials. */
export async function show(id: string | undefined, options: ShowOptions): Promise<void> {
  await withStore((store) => print(textOf(store, id, options)));
}

function textOf(store: Store, id: string | undefined, { trial, json = false }: ShowOptions): Iterable<string> {
  if (trial === undefined) {
    if (json) return documentOf(store, id);
    return [`${renderSummary(requireResult(store, id), terminalOf(process.stdout))}\n`];
  }
  const row = requireTrial(store, id, trial);
  const text = json ? JSON.stringify({ case: row.case, ...row.trial }) : renderTrial(row, terminalOf(process.stdout));
  return [`${text}\n`];
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
