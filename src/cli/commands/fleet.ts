// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export function declare(command: Command): void {
  command
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ vswbench fleet --store postgres://vswbench@db.lab/vswbench')
    .action(async (options: { json?: boolean }) => {
      await (await import('../fleet.ts')).fleet(options);
    });
}
