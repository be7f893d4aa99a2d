// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addHostOptions, type HostOptions } from './host-option.ts';

export interface SetupOptions extends HostOptions {
  yes?: boolean;
  tests?: boolean;
  bench?: boolean;
}

export function declare(command: Command): void {
  command
    .option('-y, --yes', 'do not ask')
    .option('--tests', 'also what the test suite needs: tcpdump, tshark, chromium, an SSH server')
    .option('--bench', 'also the peers that bench/ compares with: iperf3, sockperf, trafgen, valgrind')
    .addHelpText('after', '\nExamples:\n  $ vswbench setup --yes');
  addHostOptions(command).action(async (options: SetupOptions) => {
    await (await import('../setup.ts')).setup(options);
  });
}
