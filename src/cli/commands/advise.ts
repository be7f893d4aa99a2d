// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface AdviseOptions {
  markdown?: boolean;
  json?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--markdown', 'as Markdown')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nFor each kind of application (UDP sockets, AF_XDP, polling with DPDK …) and each aim (throughput, CPU time per packet, round trips): the path that' +
        '\ndiffers significantly from all others, or that none does, and what would decide it. How to read it: docs/choosing.md.' +
        '\n\nExamples:\n  $ vswbench advise\n  $ vswbench advise 20261125-2005-ab9 --markdown',
    )
    .action(async (id: string | undefined, options: AdviseOptions) => {
      await (await import('../advise.ts')).advise(id, options);
    });
}
