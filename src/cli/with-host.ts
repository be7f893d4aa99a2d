// SPDX-License-Identifier: Apache-2.0
import { ensureArtifacts } from '../host/artifacts.ts';
import { connectHost } from '../host/connect.ts';
import type { ConnectedHost } from '../host/host.ts';
import { localHost } from '../host/local.ts';
import { HostSpecSchema, testbedError } from '../model/testbed.ts';
import { type HostOptions, isElsewhere } from './commands/host-option.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';

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
