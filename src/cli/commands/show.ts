// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface ShowOptions {
  trial?: string;
  json?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--trial <case/round>', 'one trial with its ledgers and histograms, such as 12/1 (as export numbers them)')
    .option('--json', 'the document that run --json prints; of a trial the trial with its histograms')
    .addHelpText('after', '\nExample:\n  $ vswbench show\n  $ vswbench show --trial 12/1')
    .action(async (id: string | undefined, options: ShowOptions) => {
      await (await import('../show.ts')).show(id, options);
    });
}
