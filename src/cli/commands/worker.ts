// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface WorkerOptions {
  testbed: string;
  once?: boolean;
  canary: boolean;
}

export function declare(command: Command): void {
  command
    .requiredOption('--testbed <names>', 'the testbeds that it serves, such as lab-1,lab-2 (docs/testbeds.md)')
    .option('--no-canary', 'measure no canaries: no machine is then known to have changed')
    .option('--once', 'end where nothing is left for it; else it waits for more')
    .addHelpText(
      'after',
      '\nExample:\n  $ sudo vswbench worker --testbed local --store postgres://vswbench@db.lab/vswbench',
    )
    .action(async (options: WorkerOptions) => {
      await (await import('../worker.ts')).worker(options);
    });
}
