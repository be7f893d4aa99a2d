// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

export interface ServeOptions {
  port: string;
  address: string;
  token?: string;
  origin?: string;
}

export function declare(command: Command): void {
  command
    .option('--port <n>', 'TCP port; 0 for any that is free', '4400')
    .option('--address <a>', 'address to listen on; any other than of this machine alone needs --token', '127.0.0.1')
    .option('--token <text>', 'what starts, stops and resumes campaigns (default: a new one each time)')
    .option('--origin <url>', 'how browsers reach it through a reverse proxy, as https://lab.example')
    .addHelpText(
      'after',
      '\nOn this machine everybody may read, and whoever has the token may start and stop. On another --address reading takes the' +
        '\ntoken as well; nothing is encrypted: prefer ssh -L 4400:localhost:4400 to it.' +
        '\n\nWith --store postgres://... it is the page of a whole lab: its queue, its testbeds, and all that was measured. Whoever' +
        '\nreaches it may look; submitting, cancelling and reserving take a token of one’s own (vswbench token add NAME). Behind a' +
        '\nreverse proxy, below any path: docs/fleet.md.' +
        '\n\nExample:\n  $ sudo vswbench serve' +
        '\n  $ vswbench serve --address 0.0.0.0 --token "$(openssl rand -hex 16)"' +
        '\n  $ vswbench serve --store postgres://vswbench@db.lab/vswbench --origin https://lab.example',
    )
    .action(async (options: ServeOptions) => {
      await (await import('../serve.ts')).serve(options);
    });
}
