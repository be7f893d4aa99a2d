// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';

export interface CompareOptions {
  switches?: string;
  acrossMachines?: boolean;
  json?: boolean;
  format?: 'markdown';
  junit?: string;
}

export function declare(command: Command): void {
  command
    .argument('<A>', 'campaign: an id, a bundle, another results folder (its latest campaign), or FOLDER:ID')
    .argument('[B]', 'campaign that is compared with it')
    .option('--switches <a,b>', 'compare two switches within campaign A, or switch/framework')
    .option('--across-machines', 'compare even where hostname, kernel, CPU or microcode differ')
    .option('--json', 'one JSON document')
    .addOption(new Option('--format <format>', 'markdown: a comment for a pull request').choices(['markdown']))
    .option('--junit <file>', 'write JUnit XML for CI systems too: a case that is slower in B has failed')
    .addHelpText(
      'after',
      '\nExits with 3 if no case could be compared.' +
        '\n\nExample:\n  $ vswbench compare 20261125-2005-ab9 20261125-2102-f87' +
        '\n  $ vswbench compare 20261125-2005-ab9 20261125-2102-f87 --format markdown --junit compare.xml > comment.md' +
        '\n  $ vswbench compare theirs.zip ./results --across-machines' +
        '\n  $ vswbench compare 20261125-2005-ab9 --switches direct,linux-bridge' +
        '\n  $ vswbench compare 20261125-2005-ab9 --switches linux-bridge/raw-mmsg,ovs/dpdk',
    )
    .action(async (a: string, b: string | undefined, options: CompareOptions) => {
      await (await import('../compare.ts')).compare(a, b, options);
    });
}
