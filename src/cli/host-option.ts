// SPDX-License-Identifier: Apache-2.0
// `--host`, of the commands that look after a host: the machine that they are about, where it is not this one.
import type { Command } from 'commander';
import { ensureArtifacts } from '../host/artifacts.ts';
import { connectHost } from '../host/connect.ts';
import type { ConnectedHost } from '../host/host.ts';
import { localHost } from '../host/local.ts';
import { HostSpecSchema, testbedError } from '../model/testbed.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';

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
    throw new CliError(EXIT.usage, '--ssh-config is for --host: give that as well');
  }
  return host !== undefined && host !== 'local';
}

/** Uses the host that the options name. Throws CliError for a name that is none, HostError where it is not reached. */
export async function withHost<T>(options: HostOptions, use: (host: ConnectedHost) => Promise<T>): Promise<T> {
  const wanted = { host: options.host ?? 'local', sshConfig: options.sshConfig };
  const spec = HostSpecSchema.safeParse(wanted);
  if (!spec.success) throw new CliError(EXIT.usage, `--${testbedError(spec.error, wanted)}`);
  const agent = isElsewhere(options) ? await builtAgent() : '';
  const host = await connectHost(spec.data, agent);
  try {
    return await use(host);
  } finally {
    await host.close();
  }
}

async function builtAgent(): Promise<string> {
  return `${(await ensureArtifacts(localHost, checkout)).programs}/hostagent`;
}
