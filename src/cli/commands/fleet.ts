// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export function declare(command: Command): void {
  command
    .option('--json', 'print one JSON document')
    .option('--shares <users>', 'set how many shares of the lab users have, as ann=2,bob=1 (who is not named: 1)')
    .addHelpText('after', '\nExample:\n  $ vswbench fleet --store postgres://vswbench@db.lab/vswbench')
    .action(async (options: { json?: boolean; shares?: string }) => {
      await (await import('../fleet.ts')).fleet(options);
    });
}
