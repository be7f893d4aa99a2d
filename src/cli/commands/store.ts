// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface MergeOptions {
  into?: string;
  unlikeMachines?: boolean;
}

export function declare(store: Command): void {
  store.addHelpText('after', '\nExample:\n  $ vswbench store merge alice/vswbench.db bob/vswbench.db');
  store
    .command('copy <from> <to> [id...]')
    .description('copy campaigns with all their trials: between files, folders and databases of PostgreSQL')
    .option('--unlike-machines', 'bring parts of a campaign together though their machines differ, which marks it')
    .addHelpText('after', '\nExample:\n  $ vswbench store copy results/ postgres://lab/vswbench')
    .action(async (from: string, to: string, ids: string[], options: MergeOptions) => {
      await (await import('../store-merge.ts')).copyStore(from, to, ids, options);
    });
  store
    .command('merge <file...>')
    .description('bring campaigns of mailed files into one store; what is there already is left alone')
    .option('--into <location>', 'into this one, rather than into your own')
    .option('--unlike-machines', 'bring parts of a campaign together though their machines differ, which marks it')
    .addHelpText(
      'after',
      '\nExample:\n  $ vswbench store merge shard-1/vswbench.db shard-2/vswbench.db --into whole.db',
    )
    .action(async (files: string[], options: MergeOptions) => {
      await (await import('../store-merge.ts')).mergeFiles(files, options);
    });
}
