// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { toJsonDocument } from '../report/json.ts';
import { renderSummary } from '../report/terminal.ts';
import { loadResult } from './load.ts';
import { terminalOf } from './terminal.ts';

export function addShow(program: Command): void {
  program
    .command('show')
    .description('the summary table of a campaign')
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--json', 'the document that run --json prints')
    .addHelpText('after', '\nExample:\n  $ vswbench show')
    .action((id: string | undefined, options: { json?: boolean }) => {
      const result = loadResult(id);
      const text =
        options.json === true
          ? JSON.stringify(toJsonDocument(result))
          : renderSummary(result, terminalOf(process.stdout));
      process.stdout.write(`${text}\n`);
    });
}
