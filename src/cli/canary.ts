// SPDX-License-Identifier: Apache-2.0
// A canary measured, held against those before it, and accepted.
import type { Canary } from '../model/canary.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import { renderCanaries } from '../report/canary.ts';
import { canaryOf, certaintyOf, judgeCanaries, placeOf } from '../stats/canaries.ts';
import { isServer } from '../store/location.ts';
import { openStore, type Store } from '../store/store.ts';
import { canaryCampaign } from './canary-campaign.ts';
import type { CanaryOptions } from './commands/canary.ts';
import { giveToInvoker, resultsDirectory, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { withStore } from './load.ts';
import { measure } from './measure.ts';
import { saveMemory } from './memory.ts';
import { planNew, refuseNothing } from './plan.ts';
import { resultOf } from './results.ts';
import { withSession } from './session.ts';
import { storeLocation } from './store-location.ts';
import { loadDrivers } from './switch-file.ts';
import { terminalOf } from './terminal.ts';
import { findTestbed, onCpus } from './testbeds.ts';
import { userName } from './user-name.ts';

/** Measures a canary, or shows or accepts those that there are. Throws CliError. */
export async function canary(options: CanaryOptions): Promise<void> {
  const { accept, show = false, testbed } = options;
  if (accept !== undefined) {
    if (accept.trim() === '') throw new CliError(EXIT.usage, '--accept: say why the new level is right');
    await withStore((store) => {
      store.saveCanary(acceptedNow(canariesOf(store, testbed).latest, accept.trim()));
      return judged(store, options);
    });
  } else if (show) {
    await withStore((store) => conclude(store, options));
  } else {
    await measureCanary(options);
  }
}

async function measureCanary(options: CanaryOptions): Promise<void> {
  const campaign = canaryCampaign(options.testbed);
  const specs = [onCpus(findTestbed(options.testbed, campaign), campaign, null)];
  const loaded = await loadDrivers([]);
  await withSession(
    { specs, loaded, switches: campaign.switches, lookOnly: false, command: 'vswbench canary' },
    async ({ drivers, views, machinery, spare }) => {
      const plan = planNew(campaign, drivers, views);
      refuseNothing(plan);
      saveMemory();
      const store = openStore(storeLocation());
      if (spare !== null) store.useSpare(spare);
      try {
        const { interrupted, id } = await measure(store, plan, machinery, true);
        // Of half a canary nothing is known.
        if (interrupted || id === null) throw new CliError(EXIT.interrupted, 'stopped: this canary does not count');
        store.saveCanary(measuredCanary(store, id, options.testbed));
        await judged(store, options);
      } finally {
        store.close();
        giveToInvoker(resultsDirectory);
      }
    },
  );
}

/** What a measured campaign is as a canary. Throws CliError where nothing of it was measured. */
function measuredCanary(store: Store, id: string, testbed: string): Canary {
  const result = resultOf(store, id);
  const made = result === null ? null : canaryOf(result, testbed);
  if (made !== null) return made;
  throw new CliError(EXIT.trialFailed, `no trial of it was measured, and it does not count: vswbench show ${id}`);
}

function acceptedNow(latest: Canary, why: string): Canary {
  return { ...latest, accepted: { by: userName(), at: new Date().toISOString(), why } };
}

/** The canaries of a testbed, those of the machine that measured the latest. Throws CliError where there are none. */
function canariesOf(store: Store, testbed: string): { canaries: Canary[]; latest: Canary } {
  const own = store.canaries(testbed);
  const latest = own.at(-1);
  if (latest !== undefined) return { canaries: own.filter((one) => placeOf(one) === placeOf(latest)), latest };
  const named = testbed === LOCAL_TESTBED ? '' : ` --testbed ${testbed}`;
  throw new CliError(EXIT.usage, `there is no canary of testbed ${testbed}: sudo vswbench canary${named}`);
}

/** Tells what the canaries say, also to the lab that has the testbed. */
async function judged(store: Store, options: CanaryOptions): Promise<void> {
  conclude(store, options);
  const location = storeLocation();
  if (!isServer(location)) return;
  const { Database } = await import('../fleet/database.ts');
  const database = await Database.find(location);
  if (database === null) return;
  try {
    const { judgeTestbed } = await import('../fleet/canaries.ts');
    const verdict = await judgeTestbed(database, store, options.testbed);
    if (verdict !== null) tell(`Testbed ${options.testbed} of the lab is ${verdict.health.state}`);
  } finally {
    await database.close();
  }
}

/** Tells what the canaries say. */
function conclude(store: Store, { testbed, json = false }: CanaryOptions): void {
  const { canaries } = canariesOf(store, testbed);
  const [standing, certainty] = [judgeCanaries(canaries), certaintyOf(canaries)];
  const text = renderCanaries({ canaries, standing, certainty }, terminalOf(json ? process.stderr : process.stdout));
  if (json) {
    process.stdout.write(`${JSON.stringify({ v: 1, testbed, canaries: canaries.length, standing, certainty })}\n`);
    tell(text);
  } else {
    process.stdout.write(`${text}\n`);
  }
  if (standing.state === 'drifted') process.exitCode = EXIT.trialFailed;
}
