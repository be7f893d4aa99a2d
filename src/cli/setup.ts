// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { ensureArtifacts } from '../host/artifacts.ts';
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
  const missing = await packagesMissing(localHost, purposes);
  if (missing.length > 0) {
    tell(`These Debian/Ubuntu packages are missing: ${missing.join(' ')}`);
    if (options.yes !== true && !(await agree('Install them with apt-get?'))) {
      throw new CliError(EXIT.nothingMeasurable, `nothing was installed; install ${missing.join(' ')} yourself`);
    }
    tell('Installing them (a minute or two) ...');
    await installPackages(localHost, missing);
  }
  tell('Building the data plane and the root file system of the containers ...');
  const { frameworks } = await ensureArtifacts(localHost, checkout);
  const usable = frameworks.filter((framework) => framework.built && framework.usable);
  tell(`Ready: I/O frameworks ${usable.map((framework) => framework.name).join(', ')}.`);
}

async function agree(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, 'setup asks before it installs, and nobody is there to answer: give --yes');
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [Y/n] `);
  lines.close();
  return /^(y|yes|)$/i.test(answer.trim());
}
