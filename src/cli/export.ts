// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { Option } from 'commander';
import { toJsonDocument } from '../report/json.ts';
import { toCsv } from '../store/export.ts';
import { loadResult, loadStored } from './load.ts';

export function addExport(program: Command): void {
  program
    .command('export')
    .description('the trials of a campaign on standard output, for other tools')
    .argument('[id]', 'campaign (the latest where none is given)')
    .addOption(
      new Option('--format <format>', 'one line a trial, or the whole document')
        .choices(['csv', 'json'])
        .default('csv'),
    )
    .addHelpText('after', '\nExample:\n  $ vswbench export --format csv > trials.csv')
    .action((id: string | undefined, options: { format: 'csv' | 'json' }) => {
      process.stdout.write(
        options.format === 'csv' ? toCsv(loadStored(id)) : `${JSON.stringify(toJsonDocument(loadResult(id)))}\n`,
      );
    });
}
