// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';

export interface CiteOptions {
  format: string;
  author: string[];
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'also a campaign: an id, or a bundle, whose SHA-256 is told as well (default: the tool alone)')
    .addOption(new Option('--format <format>', 'what to print').choices(['bibtex', 'apa', 'cff']).default('bibtex'))
    .option(
      '--author <name>',
      'who measured the campaign, as "Family, Given"; repeat it for each',
      (name: string, others: string[]) => [...others, name],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ vswbench cite >> paper.bib' +
        '\n  $ vswbench cite campaign.zip --author "Lovelace, Ada" --author "Hopper, Grace" >> paper.bib' +
        '\n  $ vswbench cite 20261125-2005-ab9 --format apa',
    )
    .action(async (id: string | undefined, options: CiteOptions) => {
      await (await import('../cite.ts')).cite(id, options);
    });
}
