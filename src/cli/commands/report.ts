// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { resultsDirectory } from '../context.ts';

export interface ReportOptions {
  out: string;
  static?: boolean;
  parts?: boolean;
  only?: string[];
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (the latest where none is given), or as compare takes it')
    .option('--out <dir>', 'write to this folder', resultsDirectory)
    .option('--static', 'leave out what figures are explored with, and with it all scripts (a quarter of a megabyte)')
    .option('--parts', 'print answers, figures and doubts as JSON, as vswbench serve shows them')
    .option('--only <parameter=value...>', 'with --parts: of cases with one of these values of each parameter')
    .addHelpText('after', '\nExample:\n  $ vswbench report --out ~/paper/figures')
    .action(async (id: string | undefined, options: ReportOptions) => {
      await (await import('../report.ts')).report(id, options);
    });
}
