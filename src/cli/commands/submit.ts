// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addCampaignOptions } from '../campaign-options.ts';

export interface SubmitOptions extends Record<string, unknown> {
  testbedLike?: string;
  priority: string;
  at?: string;
  user?: string;
}

export function declare(command: Command): void {
  command.argument('<campaign>', 'campaign file (YAML); options override it');
  addCampaignOptions(command)
    .option('--testbed-like <terms>', 'what the testbed must be, as sriov,cpus>=8,kernel>=6.7 (docs/fleet.md)')
    .option('--priority <number>', 'higher goes first among your own', '0')
    .option('--at <time>', 'not before: night, or a local time as 2026-12-01T22:00')
    .option('--user <name>', 'for whom (default: who you are)')
    .addHelpText(
      'after',
      '\nExample:\n  $ vswbench submit campaigns/table2.yaml --testbed-like "cpus>=8,!virtual" --at night --store postgres://vswbench@db.lab/vswbench',
    )
    .action(async (file: string, options: SubmitOptions) => {
      await (await import('../submit.ts')).submit(file, options);
    });
}
