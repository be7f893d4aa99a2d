// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addCampaignOptions, addNewRunOptions } from '../campaign-options.ts';
import type { RunOptions } from './run.ts';

export function declare(command: Command): void {
  addNewRunOptions(addCampaignOptions(command))
    .addHelpText(
      'after',
      '\nThe same as vswbench run -D capacity --duration 1s --warmup 100ms --trials 1: continue an unfinished one by vswbench run --resume.' +
        '\n-R is the highest rate that is tried. The method is that of RFC 9971 (docs/method.md).' +
        '\n\nExamples:\n  $ sudo vswbench search -V ovs,vpp -P 64,1500' +
        '\n  $ sudo vswbench search -V linux-bridge --io raw-mmsg --objective loss=0.1%,p999=200us --width 1% --budget 30s',
    )
    .action(async (options: RunOptions) => {
      await (await import('../search.ts')).searchCapacity(options);
    });
}
