// SPDX-License-Identifier: Apache-2.0
// `--host`, of the commands that look after a host: the machine that they are about, where it is not this one.
import type { Command } from 'commander';
import { CliError, EXIT } from '../errors.ts';

export interface HostOptions {
  host?: string;
  sshConfig?: string;
}

export function addHostOptions(command: Command): Command {
  return command
    .option('--host <destination>', 'another machine, as ssh(1) knows it (user@machine), instead of this one')
    .option('--ssh-config <file>', 'with --host: configuration file for ssh(1) instead of your own')
    .addHelpText('after', `  $ vswbench ${command.name()} --host root@machine`);
}

/** The host is another machine. */
export function isElsewhere({ host, sshConfig }: HostOptions): boolean {
  if (host === undefined && sshConfig !== undefined) {
    throw new CliError(EXIT.usage, '--ssh-config requires --host: add it');
  }
  return host !== undefined && host !== 'local';
}
