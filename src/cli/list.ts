// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { renderCampaignList } from '../report/list.ts';
import { withStore } from './load.ts';
import { terminalOf } from './terminal.ts';

export function addList(program: Command): void {
  program
    .command('list')
    .description('the campaigns in the store, the latest last')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExample:\n  $ vswbench list')
    .action(async (options: { json?: boolean }) => {
      const rows = await withStore((store) => store.list());
      const text =
        options.json === true
          ? JSON.stringify({ schema: 1, campaigns: rows })
          : renderCampaignList(rows, terminalOf(process.stdout));
      process.stdout.write(`${text}\n`);
    });
}
