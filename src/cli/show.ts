// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { caseRow, type TrialRow } from '../report/tables/shared.ts';
import { renderSummary } from '../report/terminal.ts';
import { isNamed, renderTrial, trialNamed } from '../report/trial.ts';
import type { Store } from '../store/store.ts';
import { CliError, EXIT } from './errors.ts';
import { documentOf, requireHead, requireResult, withStore } from './load.ts';
import { print } from './output.ts';
import { terminalOf } from './terminal.ts';

export function addShow(program: Command): void {
  program
    .command('show')
    .description('the summary table of a campaign')
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--trial <case/round>', 'one trial with its ledgers and histograms, such as 12/1 (as export numbers them)')
    .option('--json', 'the document that run --json prints; of a trial the trial with its histograms')
    .addHelpText('after', '\nExample:\n  $ vswbench show\n  $ vswbench show --trial 12/1')
    .action((id: string | undefined, options: ShowOptions) => withStore((store) => print(textOf(store, id, options))));
}

interface ShowOptions {
  trial?: string;
  json?: boolean;
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
