// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export function declare(token: Command): void {
  token.addHelpText('after', '\nExample:\n  $ vswbench token add ann --store postgres://vswbench@db.lab/vswbench');
  token
    .command('add <user>')
    .description('make a token for a person, and print it: it is shown this once')
    .option('--admin', 'it also cancels what others have submitted and reserved')
    .addHelpText('after', '\nExample:\n  $ vswbench token add ann')
    .action(async (user: string, options: { admin?: boolean }) => {
      await (await import('../token.ts')).add(user, options);
    });
  token
    .command('list')
    .description('show whose tokens are good')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ vswbench token list')
    .action(async (options: { json?: boolean }) => {
      await (await import('../token.ts')).list(options);
    });
  token
    .command('revoke <number>')
    .description('take a token back, at once')
    .addHelpText('after', '\nExample:\n  $ vswbench token revoke 3')
    .action(async (id: string) => {
      await (await import('../token.ts')).revoke(id);
    });
}
