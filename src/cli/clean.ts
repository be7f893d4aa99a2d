// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { localHost } from '../host/local.ts';
import { cleanLab, labFolder } from '../lab/lab.ts';
import { recover } from '../run/journal.ts';
import { checkout, requireRoot, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';

export function addClean(program: Command): void {
  program
    .command('clean')
    .description('remove everything that a run which was killed left on this host; results are kept')
    .addHelpText('after', '\nExample:\n  $ sudo vswbench clean')
    .action(clean);
}

async function clean(): Promise<void> {
  requireRoot('vswbench clean');
  const { journals, undone, complaints } = await recover(localHost);
  for (const complaint of complaints) tell(complaint);
  if (complaints.length > 0) {
    throw new CliError(EXIT.trialFailed, `${complaints.length} of ${undone} steps could not be undone: see above`);
  }
  if (await cleanLab(localHost, labFolder(checkout.root))) tell('Took down a lab that was broken.');
  tell(
    journals === 0
      ? 'There was nothing to clean.'
      : `Undid ${undone} steps of ${journals} run${journals === 1 ? '' : 's'} that had not ended properly.`,
  );
}
