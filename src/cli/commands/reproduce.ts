// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface ReproduceOptions {
  figure?: string;
  table?: string;
  quick?: boolean;
  claims?: string;
  testbed?: string;
  out?: string;
  dryRun?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('<paper>', 'ara2021, zhang2019, or a folder with paper.yaml and claims.yaml (docs/claims.md)')
    .argument('[id]', 'draw and judge this campaign, and measure nothing')
    .option('--figure <list>', 'these figures alone, as 4a,4b,6')
    .option('--table <list>', 'these tables alone, as 2')
    .option('--quick', 'short trials and fewer points: all figures in a quarter of an hour on two CPUs')
    .option('--claims <file>', 'judge these claims in place of those of the paper')
    .option('--testbed <name>', 'where to measure: lab, or netns, which have two hosts (default: local)')
    .option('--out <dir>', 'folder to write to (default: <paper>-<id> in the folder of results)')
    .option('--dry-run', 'show what would run, where and for how long; touch nothing')
    .addHelpText(
      'after',
      '\nMeasures an ordinary campaign, draws each figure and judges each claim: holds, does not hold, or cannot be decided, with the reason.' +
        '\nWhat the machine lacks is named in the figures. Where it was stopped: vswbench run --resume, then reproduce with the campaign’s id.' +
        '\n\nExamples:\n  $ sudo vswbench reproduce ara2021 --quick\n  $ vswbench reproduce ara2021 --figure 4b,4c --dry-run\n  $ vswbench reproduce zhang2019 20261125-2005-ab9',
    )
    .action(async (paper: string, id: string | undefined, options: ReproduceOptions) => {
      await (await import('../reproduction.ts')).reproduce(paper, id, options);
    });
}
