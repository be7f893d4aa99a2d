// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export function declare(command: Command): void {
  command
    .argument('<id>', 'number of the submission, as vswbench queue shows it')
    .option('--user <name>', 'who cancels it (default: who you are)')
    .addHelpText('after', '\nExample:\n  $ vswbench cancel 12')
    .action(async (id: string, options: { user?: string }) => {
      await (await import('../submit.ts')).cancel(id, options);
    });
}
