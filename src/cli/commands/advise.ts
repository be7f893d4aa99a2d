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
      '\nBy what applications can do (UDP sockets, AF_XDP, polling with DPDK …), and for what is wanted (throughput, CPU time a packet, round trips): the path' +
        '\nthat is told apart from all others, or that it is undecided, and what would decide it. docs/choosing.md says how to read it.' +
        '\n\nExamples:\n  $ vswbench advise\n  $ vswbench advise 20261125-2005-ab9 --markdown',
    )
    .action(async (id: string | undefined, options: AdviseOptions) => {
      await (await import('../advise.ts')).advise(id, options);
    });
}
