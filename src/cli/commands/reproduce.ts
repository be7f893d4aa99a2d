// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError } from 'commander';

export interface ReproduceOptions {
  figure?: string;
  table?: string;
  quick?: boolean;
  claims?: string;
  testbed?: string;
  trials?: string;
  out?: string;
  dryRun?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('<paper>', 'ara2021, zhang2019, or a folder with paper.yaml and claims.yaml (docs/claims.md)')
    .argument('[id...]', 'draw and judge this campaign, or several on one page, and measure nothing')
    .option('--figure <list>', 'these figures alone, as 4a,4b,6')
    .option('--table <list>', 'these tables alone, as 2')
    .option('--quick', 'short trials and fewer points: all figures in a quarter of an hour on two CPUs')
    .option('--claims <file>', 'judge these claims in place of those of the paper')
    .option('--testbed <name>', 'where to measure: lab, or netns, which have two hosts (default: local)')
    .option('--trials <n>', 'trials of each case, in place of the paper’s; fewer than six have no intervals', count)
    .option('--out <dir>', 'folder to write to (default: <paper>-<id> in the folder of results)')
    .option('--dry-run', 'show what would run, where and for how long; touch nothing')
    .addHelpText(
      'after',
      '\nMeasures an ordinary campaign, draws each figure and judges each claim: holds, does not hold, or cannot be decided, with the reason.' +
        '\nWhat the machine lacks is named in the figures. Where it was stopped: vswbench run --resume, then reproduce with the campaign’s id.' +
        '\n\nExamples:\n  $ sudo vswbench reproduce ara2021 --quick\n  $ vswbench reproduce ara2021 --figure 4b,4c --dry-run\n  $ vswbench reproduce zhang2019 20261125-2005-ab9' +
        '\n  $ vswbench reproduce ara2021 20261125-2005-ab9 20261125-2105-77c   # of this machine, and of the lab',
    )
    .action(async (paper: string, ids: string[], options: ReproduceOptions) => {
      await (await import('../reproduction.ts')).reproduce(paper, ids, options);
    });
}

function count(text: string): string {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('give a whole number from 1 to 9999.');
  return text;
}
