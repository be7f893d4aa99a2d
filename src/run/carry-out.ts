// SPDX-License-Identifier: Apache-2.0
// A plan is carried out: each part on its testbed, those that share no machine at the same time; every trial is saved as soon as it ends.

import { randomInt } from 'node:crypto';
import { type Artifacts, type Checkout, removeOldRoots } from '../host/artifacts.ts';
import { localHost } from '../host/local.ts';
import { largestFrame } from '../model/frame.ts';
import { largestBytes } from '../model/sizes.ts';
import type { TestCase } from '../model/testcase.ts';
import { newCampaignId, type Store } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { type CampaignContext, type CampaignEvent, runCampaign } from './campaign.ts';
import { casesOn, type Plan, type PlanPart, runInTurns } from './parts.ts';
import type { ExtraRound } from './schedule.ts';
import type { DriversAtWork } from './strangers.ts';
import { type HostTuning, measuredCpus, Tuner } from './tuning.ts';

/** What trials are run with. */
export interface Machinery {
  drivers: readonly SwitchDriver[];
  artifacts: Artifacts;
  atWork: DriversAtWork;
  /** Whose build this is. */
  checkout: Checkout;
}

/** Whoever is told how far it is. */
export interface PlanListener {
  /** A new campaign has its record, by this id. */
  begun?(id: string): void;
  tell(event: CampaignEvent): void;
  /** There are more rounds than were planned. */
  extend(extra: ExtraRound): void;
  /** One line on what of a trial is still on a host. */
  complain(complaint: string): void;
}

/** The record of a campaign, which is made when the first part begins, unless there is one. */
interface RecordOfPlan {
  store: Store;
  /** Null as long as there is none. */
  id: string | null;
}

/**
 * Runs the trials of a plan; a campaign that is new has its record made first, whose id is returned: null where `signal` stopped it before
 * there was one. Throws what is no trial's own failure, as a full disk; the wish to stop is none. The campaign has then ended, unless
 * others still have trials of it to carry out.
 */
export async function carryOut(
  plan: Plan,
  { store, isNew, othersFollow = false }: { store: Store; isNew: boolean; othersFollow?: boolean },
  machinery: Machinery,
  listener: PlanListener,
  signal: AbortSignal,
): Promise<string | null> {
  const record: RecordOfPlan = { store, id: isNew ? null : plan.campaign.id };
  try {
    await runInTurns(plan.parts, async (part) => {
      try {
        await runPart(plan, part, record, machinery, { listener, signal });
      } finally {
        for (const complaint of await part.testbed.leave()) listener.complain(complaint);
      }
    });
    if (record.id !== null && !othersFollow) store.endCampaign(record.id, new Date().toISOString());
  } catch (error) {
    // Only the wish to stop is expected; a full disk, say, is told also to who has asked to stop.
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  return record.id;
}

async function runPart(
  plan: Plan,
  { testbed, schedule, owed, capacities }: PlanPart,
  record: RecordOfPlan,
  machinery: Machinery,
  { listener, signal }: { listener: PlanListener; signal: AbortSignal },
): Promise<void> {
  const { campaign, cases } = plan;
  const { store } = record;
  const measured = measuredCpus(
    await testbed.seen(),
    testbed.sameMachine,
    casesOn(cases, testbed.name),
    machinery.drivers,
  );
  const tuner = new Tuner(campaign.tune, measured, testbed.sameMachine);
  await testbed.prepare((side) => tuner.turn(side));
  await removeOldRoots(localHost, machinery.checkout, machinery.artifacts);
  // Only now is it certain that nobody else is at work.
  if (record.id === null) {
    record.id = createCampaign(store, plan);
    listener.begun?.(record.id);
  }
  const campaignId = record.id;
  const keep = (hosts: readonly HostTuning[]) => {
    for (const { role, records } of hosts) store.recordTuning(campaignId, testbed.name, role, records);
  };
  keep(tuner.records());
  // Not as soon as it is told: hosts are being cleaned up then, and a full disk must not be in the way.
  const leftBehind: Extract<CampaignEvent, { event: 'left-behind' }>[] = [];
  const recordLeft = () => {
    for (const { driver, role, what, kept } of leftBehind.splice(0)) {
      store.recordLeftBehind(campaignId, testbed.name, role, { switch: driver.id, what, kept });
    }
  };
  try {
    await runCampaign(
      {
        ...{ testbed, signal, ...machinery, ...campaign, owed, capacities },
        frameBytes: largestFrames(cases, testbed.name),
      },
      cases.map((planned) => planned.case),
      schedule.trials((extra) => listener.extend(extra)),
      {
        save(planned, trial) {
          recordLeft();
          store.saveTrial(campaignId, planned.caseIndex, trial);
          schedule.record(planned, trial);
          store.requireSpace(campaignId);
        },
        saveLoad(planned, load) {
          store.saveLoad(campaignId, planned.caseIndex, planned.ordinal, load);
          store.requireSpace(campaignId);
        },
        loadsOf: ({ caseIndex, ordinal }) => store.loads(campaignId, caseIndex, ordinal),
        tell(event) {
          listener.tell(event);
          if (event.event === 'left-behind') leftBehind.push(event);
        },
      },
    );
  } finally {
    recordLeft();
    keep(await tuner.recheck());
  }
}

/** Each switch is set up for the largest frame of its location: it stays as it is for all sizes, and figures of one size compare. */
function largestFrames(cases: Plan['cases'], testbed: string): CampaignContext['frameBytes'] {
  const at = (location: TestCase['location']) =>
    largestFrame(
      cases.flatMap(({ case: testCase, skipped }) =>
        skipped === null && testCase.testbed === testbed && testCase.location === location
          ? [largestBytes(testCase.packetSize)]
          : [],
      ),
    );
  return { local: at('local'), remote: at('remote') };
}

/** Campaigns that begin in the same minute have an id each. */
function createCampaign(store: Store, { campaign, cases }: Plan): string {
  const anotherId = () => newCampaignId(new Date(campaign.startedAt), randomInt(16 ** 6));
  return store.createCampaign({ ...campaign, cases }, anotherId);
}
