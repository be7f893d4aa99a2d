// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface BundleOptions {
  out?: string;
  license?: string;
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign (the latest where none is given), or as compare takes it')
    .option('-o, --out <file>', 'write to this file (default: ID.zip)')
    .option('--license <id>', 'how the data may be used, as an SPDX identifier: CC-BY-4.0')
    .addHelpText(
      'after',
      '\nHome folders, user names and secrets are left out; see docs/bundle.md.' +
        '\n\nExample:\n  $ vswbench bundle 20261125-2005-ab9 -o paper-artifact.zip --license CC-BY-4.0',
    )
    .action(async (id: string | undefined, options: BundleOptions) => {
      await (await import('../bundle.ts')).bundle(id, options);
    });
}
