// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { Option } from 'commander';
import { csvText } from '../store/export.ts';
import { WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { documentOf, requireHead, withStore } from './load.ts';
import { print } from './output.ts';

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
    .action((id: string | undefined, { format }: { format: 'csv' | 'json' }) =>
      withStore((store) => {
        if (format === 'json') return print(documentOf(store, id));
        return print(
          store.stream(() => {
            const head = requireHead(store, id);
            return csvText(head, (index) => store.trials(head.id, index, WITHOUT_HISTOGRAMS));
          }),
        );
      }),
    );
}
