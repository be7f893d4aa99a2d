// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface ShowOptions {
  trial?: string;
  json?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (default: the latest), or as compare takes it')
    .argument('[case]', 'one of its cases with each trial: its number, or parameters, as switch=ovs,packetSize=64')
    .option('--trial <case/round>', 'show one trial with its ledgers and histograms, such as 12/1')
    .option(
      '--json',
      'print the document that run --json prints; of a case its part of that, of a trial also histograms',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ vswbench show\n  $ vswbench show 12\n  $ vswbench show 20261125-2005-ab9 switch=ovs,packetSize=64\n  $ vswbench show --trial 12/1',
    )
    .action(async (id: string | undefined, which: string | undefined, options: ShowOptions) => {
      await (await import('../show.ts')).show(id, which, options);
    });
}
