// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addCampaignOptions } from '../campaign-options.ts';

export interface CardOptions extends Record<string, unknown> {
  resume?: string | true;
  json?: boolean;
  switch?: string[];
}

export function declare(command: Command): void {
  command.argument('[id]', 'show this card, and measure nothing');
  addCampaignOptions(command)
    .option('--switch <file...>', 'load a switch driver of your own (TypeScript; see docs/adding-a-switch.md)')
    .option('--resume [id]', 'continue an unfinished card (default: the latest)')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .addHelpText(
      'after',
      '\nOf each switch: the highest rates that lose nothing and half a percent (NDR and PDR), round trips, CPUs and delays at 10, 50 and 90 % of PDR, ' +
        'the longest burst, throughput over flows, and how evenly four pairs share it: six campaigns, three to six minutes. Of the frameworks of a switch ' +
        'it takes the one that shows most of it; --io takes others. Options that a card sets itself are refused.' +
        '\n\nExamples:\n  $ sudo vswbench card -V ovs\n  $ sudo vswbench card -V ovs,vpp,basicfwd -P 64 --objective p999=100us --budget 1m',
    )
    .action(async (id: string | undefined, options: CardOptions) => {
      await (await import('../card.ts')).card(id, options);
    });
}
