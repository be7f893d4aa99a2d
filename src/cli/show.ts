// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { renderSummary } from '../report/terminal.ts';
import { documentOf, requireResult, withStore } from './load.ts';
import { print } from './output.ts';
import { terminalOf } from './terminal.ts';

export function addShow(program: Command): void {
  program
    .command('show')
    .description('the summary table of a campaign')
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--json', 'the document that run --json prints')
    .addHelpText('after', '\nExample:\n  $ vswbench show')
    .action((id: string | undefined, options: { json?: boolean }) =>
      withStore((store) =>
        print(
          options.json === true
            ? documentOf(store, id)
            : [`${renderSummary(requireResult(store, id), terminalOf(process.stdout))}\n`],
        ),
      ),
    );
}
