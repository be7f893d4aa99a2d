// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { resultsDirectory } from '../context.ts';

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (the latest where none is given), or as compare takes it')
    .option('--out <dir>', 'write to this folder', resultsDirectory)
    .addHelpText('after', '\nExample:\n  $ vswbench report --out ~/paper/figures')
    .action(async (id: string | undefined, options: { out: string }) => {
      await (await import('../report.ts')).report(id, options);
    });
}
