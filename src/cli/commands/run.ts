// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addCampaignOptions, JUNIT, NO_REPORT } from '../campaign-options.ts';

export interface RunOptions extends Record<string, unknown> {
  dryRun?: boolean;
  resume?: string | true;
  json?: boolean;
  /** False where none is to be written. */
  report?: boolean;
  switch?: string[];
  shard?: string;
  as?: string;
  junit?: string;
}

export function declare(command: Command): void {
  command.argument('[campaign]', 'campaign file (YAML); options override it');
  addCampaignOptions(command)
    .option('--switch <file...>', 'load a switch driver of your own (TypeScript; see docs/adding-a-switch.md)')
    .option('--dry-run', 'show what would run, where and for how long; change nothing')
    .option(
      '--shard <k/n>',
      'run one shard of the campaign, as 3/20; vswbench store merge joins them (docs/engines.md)',
    )
    .option('--as <id>', 'id of the campaign (default: drawn); shards of one have the same')
    .option('--resume [id]', 'continue an unfinished campaign (default: the latest)')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .option('--junit <file>', JUNIT)
    .option('--no-report', NO_REPORT)
    .addHelpText(
      'after',
      '\nExits with 3 if nothing can be measured, or nothing is left to resume.' +
        '\n\nExamples:\n  $ sudo vswbench run -V linux-bridge --io udp,udp-mmsg -P 64,256,1500 --trials 6' +
        '\n  $ sudo vswbench run campaigns/table2.yaml --tune paper' +
        '\n  $ sudo vswbench run campaigns/table2.yaml --shard 3/20 --as nightly-217' +
        '\n  $ sudo vswbench run campaigns/table2.yaml --junit results.xml',
    )
    .action(async (file: string | undefined, options: RunOptions) => {
      await (await import('../run.ts')).run(file, options);
    });
}
