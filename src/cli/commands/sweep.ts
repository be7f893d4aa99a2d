// SPDX-License-Identifier: Apache-2.0
import { Argument, type Command } from 'commander';
import { addCampaignOptions, addNewRunOptions } from '../campaign-options.ts';
import type { RunOptions } from './run.ts';

export interface SweepOptions extends RunOptions {
  from: string;
  to: string;
  step: string;
}

export function declare(command: Command): void {
  command.addArgument(new Argument('<what>', 'what grows').choices(['flows']));
  addCampaignOptions(command)
    .option('--from <n>', 'flows per pair to begin with', '1')
    .option('--to <n>', 'flows to end with, as 64k or 1M', '1M')
    .option('--step <factor>', 'factor from one number of flows to the next', 'x1.41');
  addNewRunOptions(command)
    .addHelpText(
      'after',
      '\nThe same as vswbench run -D throughput --flows FROM..TO/STEP: continue an unfinished one by vswbench run --resume.' +
        '\nWith x1.41 a step is located within a factor of 1.2; x2 takes half the time.' +
        '\n\nExamples:\n  $ sudo vswbench sweep flows -V ovs,linux-bridge --io dpdk,raw-mmsg --duration 1s' +
        '\n  $ sudo vswbench sweep flows -V ovs --from 1k --to 64k --dry-run',
    )
    .action(async (_what: string, options: SweepOptions) => {
      await (await import('../sweep.ts')).sweepFlows(options);
    });
}
