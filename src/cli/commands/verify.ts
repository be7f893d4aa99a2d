// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface VerifyOptions {
  rerun?: string;
  seed?: string;
  testbed?: string;
  json?: boolean;
}

export function declare(command: Command): void {
  command
    .argument('<file>', "what 'vswbench bundle' wrote")
    .option('--rerun <share>', 'repeat a random share of the cases here, as 10%, and say which verdicts survive')
    .option('--seed <number>', 'of the draw, to repeat the same cases again')
    .option('--testbed <name>', 'where to repeat them: a testbed with two hosts for cases between two (default: local)')
    .option('--json', 'one JSON document with every difference; with --rerun one of what survives')
    .addHelpText(
      'after',
      '\nExits with 0 if all is the same, 1 if something differs, 2 if the file is not a bundle; with' +
        '\n--rerun also with 1 if a verdict is contradicted, and 3 if nothing can run here.' +
        '\n\nExample:\n  $ vswbench verify paper-artifact.zip\n  $ sudo vswbench verify paper-artifact.zip --rerun 10%',
    )
    .action(async (file: string, options: VerifyOptions) => {
      await (await import('../verify.ts')).verify(file, options);
    });
}
