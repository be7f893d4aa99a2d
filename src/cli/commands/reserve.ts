// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface ReserveOptions {
  from?: string;
  why?: string;
  user?: string;
  list?: boolean;
  json?: boolean;
  cancel?: string;
}

export function declare(command: Command): void {
  command
    .argument('[testbed]', 'name of the testbed, as vswbench fleet shows it')
    .argument('[duration]', 'how long: 90m, 2h, 1h30m or 1d')
    .option('--from <time>', 'local time as 14:00 or 2026-12-01T14:00 (default: now)')
    .option('--why <text>', 'what for, told to the others')
    .option('--user <name>', 'for whom (default: who you are)')
    .option('--list', 'show what is reserved, and by whom')
    .option('--json', 'with --list: print one JSON document')
    .option('--cancel <id>', 'take a reservation back')
    .addHelpText(
      'after',
      '\nExample:\n  $ vswbench reserve lab-1 2h --from 14:00 --why "new network card" --store postgres://vswbench@db.lab/vswbench',
    )
    .action(async (testbed: string | undefined, duration: string | undefined, options: ReserveOptions) => {
      await (await import('../reserve.ts')).reserve(testbed, duration, options);
    });
}
