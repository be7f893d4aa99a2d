// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';

/** The tables that there are. */
export const WHATS = [
  'trials',
  'cases',
  'objectives',
  'loads',
  'bursts',
  'trains',
  'churns',
  'events',
  'samples',
  'sizes',
  'histograms',
] as const;
export type What = (typeof WHATS)[number];
export type Format = 'csv' | 'json' | 'parquet' | 'markdown' | 'latex';

export interface ExportOptions {
  what?: What;
  format: Format;
}

export function declare(command: Command): void {
  command
    .argument('[id...]', 'campaigns, into one table (the latest where none is given); or one as compare takes it')
    .addOption(new Option('--what <table>', 'a line for each of these (default: trials)').choices([...WHATS]))
    .addOption(
      new Option(
        '--format <format>',
        'csv; parquet; json: the whole document, or with --what an object a line; markdown or latex (booktabs): results as tables to publish',
      )
        .choices(['csv', 'json', 'parquet', 'markdown', 'latex'])
        .default('csv'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ vswbench export > trials.csv\n  $ vswbench export --what cases 20261125-2005-ab9 20261125-2102-f87 > cases.csv\n  $ vswbench export --format parquet > trials.parquet\n  $ vswbench export --format latex > results.tex',
    )
    .action(async (ids: string[], options: ExportOptions) => {
      await (await import('../export.ts')).exportCampaigns(ids, options);
    });
}
