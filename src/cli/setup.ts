// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline/promises';
import { ensureArtifacts } from '../host/artifacts.ts';
import { type Host, HostError } from '../host/host.ts';
import { installArtifacts } from '../host/install.ts';
import { localHost } from '../host/local.ts';
import { installPackages, type Purpose, packagesMissing } from '../host/packages.ts';
import type { Framework } from '../model/dataplane.ts';
import { isElsewhere } from './commands/host-option.ts';
import type { SetupOptions } from './commands/setup.ts';
import { checkout, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { withHost } from './with-host.ts';

export async function setup(options: SetupOptions): Promise<void> {
  if (!isElsewhere(options)) return setupHere(options);
  await withHost(options, async (host) => {
    await install(host, await packagesMissing(host, ['host']), await packagesMissing(host, ['switches']), options);
    tell(`Sending what is built here to ${host.name} ...`);
    const { frameworks } = await installArtifacts(host, localHost, await ensureArtifacts(localHost, checkout));
    tellReady(frameworks);
  });
}

async function setupHere(options: SetupOptions): Promise<void> {
  const purposes: Purpose[] = ['run'];
  if (options.tests === true) purposes.push('tests');
  if (options.bench === true) purposes.push('bench');
  await install(
    localHost,
    await packagesMissing(localHost, purposes),
    await packagesMissing(localHost, ['switches']),
    options,
  );
  tell('Building the data plane and the root file system of the containers ...');
  tellReady((await ensureArtifacts(localHost, checkout)).frameworks);
}

function tellReady(frameworks: readonly Framework[]): void {
  const usable = frameworks.filter((framework) => framework.built && framework.usable);
  tell(`Ready: I/O frameworks ${usable.map((framework) => framework.name).join(', ')}.`);
}

async function install(
  host: Host,
  needed: readonly string[],
  optional: readonly string[],
  options: SetupOptions,
): Promise<void> {
  if (needed.length + optional.length > 0) {
    tell(
      `These Debian/Ubuntu packages are missing${host === localHost ? '' : ` on ${host.name}`}: ${[...needed, ...optional].join(' ')}`,
    );
    if (needed.includes(SSH_PACKAGE)) tell(`(${SSH_PACKAGE} starts the system's own sshd, which is not used.)`);
    if (needed.includes(POSTGRES_PACKAGE))
      tell(`(${POSTGRES_PACKAGE} starts the system's own PostgreSQL, which is not used.)`);
    if (optional.includes(OVS_PACKAGE))
      tell(`(${OVS_PACKAGE} starts the system's own Open vSwitch, which is not used.)`);
    if (options.yes !== true && !(await agree('Install them with apt-get?', 'setup'))) {
      throw new CliError(
        EXIT.nothingMeasurable,
        `nothing was installed; install ${[...needed, ...optional].join(' ')} yourself`,
      );
    }
    tell('Installing them (a minute or two) ...');
    if (needed.length > 0) await installPackages(host, needed);
    if (optional.length > 0) await installOptional(host, optional);
  }
}

const OVS_PACKAGE = 'openvswitch-switch-dpdk';
const SSH_PACKAGE = 'openssh-server';
const POSTGRES_PACKAGE = 'postgresql';

/** A distribution that lacks one of these still measures what needs none of them. */
async function installOptional(host: Host, names: readonly string[]): Promise<void> {
  try {
    await installPackages(host, names);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    tell(`vswbench: going on without ${names.join(' and ')}: ${error.message}`);
  }
}

/** Asks on the terminal; `command` is who asks. Throws CliError where nobody is there. */
export async function agree(question: string, command: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, `${command} asks before it installs, and nobody is there to answer: give --yes`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [Y/n] `);
  lines.close();
  return /^(y|yes|)$/i.test(answer.trim());
}
