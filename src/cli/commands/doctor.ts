// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addHostOptions, type HostOptions } from './host-option.ts';

export function declare(command: Command): void {
  command.option('--json', 'one JSON document').addHelpText('after', '\nExamples:\n  $ vswbench doctor');
  addHostOptions(command).action(async (options: HostOptions & { json?: boolean }) => {
    await (await import('../doctor.ts')).doctor(options);
  });
}
