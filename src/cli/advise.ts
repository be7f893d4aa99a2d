// SPDX-License-Identifier: Apache-2.0

import type { CampaignResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { adviceMarkdown, renderAdvice } from '../report/advice.ts';
import { adviceDocument } from '../report/json-advice.ts';
import { shownResult } from '../report/shown.ts';
import { advise as adviseOn, type Branch } from '../stats/advice.ts';
import { trialFigures } from '../stats/goals.ts';
import type { Store } from '../store/store.ts';
import type { AdviseOptions } from './commands/advise.ts';
import { CliError, EXIT } from './errors.ts';
import { requireResult, withStore } from './load.ts';
import { print } from './output.ts';
import { terminalOf } from './terminal.ts';

/** Prints what a campaign's figures advise. */
export async function advise(id: string | undefined, options: AdviseOptions): Promise<void> {
  if (options.json === true && options.markdown === true) {
    throw new CliError(EXIT.usage, 'give one of --json and --markdown');
  }
  await withStore((store) => print([`${textOf(store, requireResult(store, id), options)}\n`]));
}

function textOf(store: Store, result: CampaignResult, { json, markdown }: AdviseOptions): string {
  if (json === true) return JSON.stringify(adviceDocument(result, branchesOf(store, result)));
  const shown = shownResult(result);
  const branches = branchesOf(store, shown);
  return markdown === true
    ? adviceMarkdown(shown, branches)
    : renderAdvice(shown, branches, terminalOf(process.stdout));
}

/** With what is not summarized, case by case out of the trials. */
function branchesOf(store: Store, result: CampaignResult): Branch[] {
  const parts = { samples: false, histograms: false };
  const figures = result.results.map(
    (one, index) => [caseKey(one.case), trialFigures([...store.trials(result.id, index, parts)])] as const,
  );
  return adviseOn(result, new Map(figures));
}
