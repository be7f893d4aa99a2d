// SPDX-License-Identifier: Apache-2.0
import { INSTALLED } from '../host/install.ts';
import { cleanLab, labFolder } from '../lab/lab.ts';
import { recover } from '../run/journal.ts';
import { type HostOptions, isElsewhere } from './commands/host-option.ts';
import { checkout, requireRoot, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { withHost } from './with-host.ts';

export async function clean(options: HostOptions): Promise<void> {
  const elsewhere = isElsewhere(options);
  if (!elsewhere) requireRoot('vswbench clean', 'removes containers and interfaces');
  await withHost(options, async (host) => {
    const { journals, undone, complaints, notices } = await recover(host);
    for (const line of [...complaints, ...notices]) tell(line);
    if (complaints.length > 0) {
      throw new CliError(EXIT.trialFailed, `${complaints.length} of ${undone} steps could not be undone: see above`);
    }
    const installed = elsewhere && (await host.list(INSTALLED)).length > 0;
    if (installed) await host.remove(INSTALLED);
    if (!elsewhere && (await cleanLab(host, labFolder(checkout.root)))) tell('Took down a lab that was broken.');
    tell(
      journals === 0
        ? `There was ${installed ? `nothing to clean but ${INSTALLED}` : 'nothing to clean'}.`
        : `Undid ${undone} steps of ${journals} run${journals === 1 ? '' : 's'} that had not ended properly.`,
    );
  });
}
