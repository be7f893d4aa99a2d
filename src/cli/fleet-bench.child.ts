// SPDX-License-Identifier: Apache-2.0
// The process that does one thing for a worker on the machines. It ends as soon as that is done, or its worker is gone; whichever way, the
// machines are as they were.
import { parse } from 'yaml';
import { BenchError } from '../fleet/bench.ts';
import type { Capabilities } from '../fleet/model.ts';
import { isInRounds } from '../fleet/spool.ts';
import { CampaignFileSchema } from '../model/campaign.ts';
import { testbedsOf } from '../model/testbed.ts';
import { carryOut } from '../run/carry-out.ts';
import { BusyError } from '../run/journal.ts';
import { planOf } from '../run/parts.ts';
import { differences } from '../stats/alike.ts';
import { openStore } from '../store/store.ts';
import { campaignOf } from './campaign-file.ts';
import { tell, tellLeftover } from './context.ts';
import { type Answer, type Asked, AskedSchema } from './fleet-messages.ts';
import { planNew, whyNothing } from './plan.ts';
import { type Session, withSession } from './session.ts';
import { loadDrivers } from './switch-file.ts';
import { type FoundTestbed, findTestbed, onCpus } from './testbeds.ts';
import type { TestbedView } from './view.ts';

const COMMAND = 'vswbench worker';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
process.once('disconnect', () => interrupt.abort());
process.once('message', async (message) => {
  try {
    say(await answerTo(AskedSchema.parse(message)));
  } catch (error) {
    const code = error instanceof BenchError ? error.code : error instanceof BusyError ? 'busy' : 'failed';
    say({ answer: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    if (!(error instanceof Error)) tell(String(error));
  }
  if (process.connected) process.disconnect?.();
});

function say(answer: Answer): void {
  // Nobody listens where the worker is gone.
  if (process.connected) process.send?.(answer);
}

async function answerTo(asked: Asked): Promise<Answer> {
  switch (asked.ask) {
    case 'look':
      return look(asked.testbed);
    case 'prepare':
      return prepare(asked);
    case 'carry-out':
      return measure(asked);
    default:
      return asked satisfies never;
  }
}

async function look(testbed: string): Promise<Answer> {
  return seen(findTestbed(testbed, { testbedSpecs: {} }), null, ({ view }) => ({
    answer: 'seen',
    look: { machines: [...view.testbed.machines], capabilities: capabilitiesOf(view), hosts: view.hosts },
  }));
}

/** Looks at a testbed and leaves it untouched. */
async function seen(
  found: FoundTestbed,
  switches: readonly string[] | null,
  use: (looked: { view: TestbedView; session: Session }) => Answer,
): Promise<Answer> {
  const answers: Answer[] = [];
  const loaded = await loadDrivers([]);
  await withSession({ specs: [found], loaded, switches, lookOnly: true, command: COMMAND }, async (session) => {
    for (const view of session.views) answers.push(use({ view, session }));
  });
  const [answer] = answers;
  if (answer === undefined) throw new RangeError('a testbed that is connected has a view');
  return answer;
}

/** The least of its hosts. */
function capabilitiesOf({ offer, hosts }: TestbedView): Capabilities {
  const inventories = hosts.map(({ inventory }) => inventory);
  const [near] = inventories;
  if (near === undefined) throw new RangeError('a testbed has a host');
  const sides = [offer.near, ...(offer.far === null ? [] : [offer.far])];
  const canRun = (id: string) =>
    sides.every(({ switches }) => switches.some((one) => one.id === id && one.available.ok));
  return {
    cpus: Math.min(...sides.map(({ cpus }) => cpus.length)),
    memoryBytes: Math.min(...inventories.map(({ memoryBytes }) => memoryBytes)),
    kernel: near.kernel,
    cpuModel: near.cpuModel,
    virtual: inventories.some(({ virtualization }) => virtualization !== null),
    remote: offer.far !== null,
    switches: offer.near.switches.flatMap(({ id }) => (canRun(id) ? [id] : [])),
    frameworks: offer.frameworks.flatMap((one) => (one.built && one.usable ? [one.name] : [])),
  };
}

async function prepare({ testbed, campaignText }: Extract<Asked, { ask: 'prepare' }>): Promise<Answer> {
  const campaign = campaignOf({ ...CampaignFileSchema.parse(parse(campaignText)), testbed });
  const found = onCpus(findTestbed(testbed, campaign), campaign, null);
  return seen(found, campaign.switches, ({ session: { drivers, views } }) => {
    const plan = planNew(campaign, drivers, views);
    const reason = whyNothing(plan);
    if (reason !== null) return { answer: 'refused', reason };
    const cases = plan.cases.map((planned) => ({ ...planned, trials: [] }));
    return { answer: 'planned', campaign: { ...plan.campaign, cases } };
  });
}

async function measure(asked: Extract<Asked, { ask: 'carry-out' }>): Promise<Answer> {
  const store = openStore(asked.spool);
  try {
    const begun = store.begun(asked.campaignId);
    const name = begun === null ? undefined : testbedsOf(begun)[0];
    if (begun === null || name === undefined) throw new BenchError('failed', `${asked.spool} has no campaign`);
    // Cases name the testbed on which the campaign was begun; this one is alike.
    const { spec } = findTestbed(asked.testbed, { testbedSpecs: {} });
    await withSession(
      {
        specs: [onCpus({ name, spec }, { cpus: null }, begun)],
        loaded: await loadDrivers([]),
        switches: begun.cases.map((planned) => planned.case.switch),
        lookOnly: false,
        command: COMMAND,
      },
      async ({ views, machinery, spare }) => {
        refuseOther(
          begun.hosts,
          views.flatMap(({ hosts }) => hosts),
        );
        const { cases, ...head } = begun;
        if (spare !== null) store.useSpare(spare);
        await carryOut(
          planOf(head, cases, views, isInRounds(asked)),
          { store, isNew: false, othersFollow: true },
          machinery,
          {
            tell(event) {
              if (event.event !== 'trial-ended') return;
              const { caseIndex, ordinal } = event.planned;
              say({ answer: 'saved', caseIndex, ordinal });
            },
            extend: () => undefined,
            complain: tellLeftover,
          },
          interrupt.signal,
        );
      },
    );
    return { answer: 'ended' };
  } finally {
    store.close();
  }
}

function refuseOther(then: Parameters<typeof differences>[0], now: Parameters<typeof differences>[1]): void {
  const [first] = differences(then, now);
  if (first === undefined) return;
  throw new BenchError('changed', `the campaign was begun with ${first.what} '${first.a}', and this is '${first.b}'`);
}
