// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addHostOptions, type HostOptions } from './host-option.ts';

export function declare(command: Command): void {
  command.addHelpText('after', '\nExamples:\n  $ sudo vswbench clean');
  addHostOptions(command).action(async (options: HostOptions) => {
    await (await import('../clean.ts')).clean(options);
  });
}
