// SPDX-License-Identifier: Apache-2.0
// What measuring needs, from the first look at the machines to leaving them: drivers, testbeds, and who cleans up where a driver does not.
import { randomInt } from 'node:crypto';
import { ensureArtifacts, programsOf } from '../host/artifacts.ts';
import { commitOf } from '../host/inventory.ts';
import { localHost, startByAgent } from '../host/local.ts';
import type { Campaign } from '../model/campaign.ts';
import { frameworksKnown, switchesKnown } from '../plan/names.ts';
import type { Machinery } from '../run/carry-out.ts';
import { askedOnce } from '../run/driver-facts.ts';
import { ConnectedTestbed } from '../run/testbed.ts';
import type { Spare } from '../store/spare.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { checkout, requireRoot, tell, tellLeftover, version } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { guardAgainstFaults } from './faults.ts';
import { frameworksInSource } from './frameworks.ts';
import { holdResults } from './results-folder.ts';
import type { LoadedDrivers } from './switch-file.ts';
import type { onCpus } from './testbeds.ts';
import { isHere, otherMachines, type TestbedView, viewOf } from './view.ts';

export interface Session {
  drivers: readonly SwitchDriver[];
  views: readonly TestbedView[];
  machinery: Machinery;
  /** Null where nothing is to be measured. */
  spare: Spare | null;
}

export interface Asked {
  specs: readonly ReturnType<typeof onCpus>[];
  loaded: LoadedDrivers;
  /** Those that machines are asked for; null for all. To ask for each takes longer than many a trial. */
  switches: readonly string[] | null;
  /** Nothing is touched. */
  lookOnly: boolean;
  /** Who needs root, and for what. */
  command: string;
  /** Loads what `use` needs: begun when programs are at work whose end is waited for. */
  load?: () => Promise<unknown>;
}

/** Connects to the testbeds for the time of `use`, and leaves them as they were. Throws CliError. */
export async function withSession(
  { specs, loaded, switches, lookOnly, command, load }: Asked,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  if (!lookOnly && specs.some(({ spec }) => isHere(spec))) requireRoot(command, 'makes containers and interfaces');
  const spare = lookOnly ? null : holdResults();
  const endAgent = await startByAgent(`${programsOf(checkout)}/hostagent`);
  const session = randomInt(2 ** 47).toString(36);
  const testbeds: ConnectedTestbed[] = [];
  const faults = guardAgainstFaults(loaded.files, {
    session,
    elsewhere: specs.flatMap(({ spec }) => otherMachines(spec)),
  });
  try {
    const [artifacts, commit] = await Promise.all([
      ensureArtifacts(localHost, checkout),
      commitOf(localHost, checkout),
      load?.(),
    ]);
    const build = { version, commit };
    for (const found of specs) {
      testbeds.push(await ConnectedTestbed.connect({ ...found, session, artifacts, lookOnly, tell }));
    }
    const drivers = await Promise.all(
      loaded.drivers.map((driver) => (loaded.files.has(driver.id) ? askedOnce(driver) : driver)),
    );
    const asked = drivers.filter(({ id }) => switches === null || switches.includes(id));
    const views = await Promise.all(testbeds.map((testbed) => viewOf(testbed, asked, build)));
    await use({ drivers, views, machinery: { drivers, artifacts, atWork: faults.atWork, checkout }, spare });
  } finally {
    for (const testbed of testbeds) for (const complaint of await testbed.leave()) tellLeftover(complaint);
    faults.end();
    await endAgent();
    spare?.release();
  }
}

/** Throws CliError for a switch or a framework that there is not, before anything is built or asked. */
export function refuseUnknown(campaign: Campaign, drivers: readonly SwitchDriver[]): void {
  const ids = drivers.map(({ id }) => id);
  const frameworks = campaign.ios === null ? null : frameworksInSource(checkout.root);
  for (const known of [
    switchesKnown(campaign, ids),
    ...(frameworks === null ? [] : [frameworksKnown(campaign, frameworks)]),
  ]) {
    if (!known.ok) throw new CliError(EXIT.usage, known.error);
  }
}
