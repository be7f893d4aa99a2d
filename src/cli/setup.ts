// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { ensureArtifacts } from '../host/artifacts.ts';
import { HostError } from '../host/host.ts';
import { localHost } from '../host/local.ts';
import { installPackages, type Purpose, packagesMissing } from '../host/packages.ts';
import { checkout, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';

interface SetupOptions {
  yes?: boolean;
  tests?: boolean;
  bench?: boolean;
}

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('install and build what is missing (asks first)')
    .option('-y, --yes', 'do not ask')
    .option('--tests', 'also what the test suite needs: tcpdump, tshark, chromium')
    .option('--bench', 'also the peers that bench/ compares with: iperf3, sockperf, trafgen, valgrind')
    .addHelpText('after', '\nExample:\n  $ vswbench setup --yes')
    .action(setup);
}

async function setup(options: SetupOptions): Promise<void> {
  const purposes: Purpose[] = ['run'];
  if (options.tests === true) purposes.push('tests');
  if (options.bench === true) purposes.push('bench');
  const needed = await packagesMissing(localHost, purposes);
  const optional = await packagesMissing(localHost, ['switches']);
  if (needed.length + optional.length > 0) {
    tell(`These Debian/Ubuntu packages are missing: ${[...needed, ...optional].join(' ')}`);
    if (optional.includes(OVS_PACKAGE))
      tell(`(${OVS_PACKAGE} starts the system's own Open vSwitch, which is not used.)`);
    if (options.yes !== true && !(await agree('Install them with apt-get?', 'setup'))) {
      throw new CliError(
        EXIT.nothingMeasurable,
        `nothing was installed; install ${[...needed, ...optional].join(' ')} yourself`,
      );
    }
    tell('Installing them (a minute or two) ...');
    if (needed.length > 0) await installPackages(localHost, needed);
    if (optional.length > 0) await installOptional(optional);
  }
  tell('Building the data plane and the root file system of the containers ...');
  const { frameworks } = await ensureArtifacts(localHost, checkout);
  const usable = frameworks.filter((framework) => framework.built && framework.usable);
  tell(`Ready: I/O frameworks ${usable.map((framework) => framework.name).join(', ')}.`);
}

const OVS_PACKAGE = 'openvswitch-switch-dpdk';

/** A distribution that lacks one of these still measures what needs none of them. */
async function installOptional(names: readonly string[]): Promise<void> {
  try {
    await installPackages(localHost, names);
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
