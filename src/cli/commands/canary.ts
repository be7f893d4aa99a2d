// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface CanaryOptions {
  testbed: string;
  accept?: string;
  show?: boolean;
  json?: boolean;
}

export function declare(command: Command): void {
  command
    .option('--testbed <name>', 'of which testbed (docs/testbeds.md)', 'local')
    .option('--show', 'tell what the canaries so far say, and measure nothing')
    .option('--accept <why>', 'take the level of the latest canary for the right one from now on; measures nothing')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .addHelpText(
      'after',
      '\nMeasures campaigns/canary.yaml, about a minute, and holds it against the canaries before it: daily from cron, or by hand after a change; in a lab its worker does both. From the ninth on a ' +
        'shift is found; what the testbed measured since its last good canary is then flagged. Exit code 1 where the testbed has drifted.' +
        '\n\nExamples:\n  $ sudo vswbench canary\n  $ sudo vswbench canary --testbed lab-3\n  $ vswbench canary --accept "kernel 6.1.0-20, announced on Monday"',
    )
    .action(async (options: CanaryOptions) => {
      await (await import('../canary.ts')).canary(options);
    });
}
