// SPDX-License-Identifier: Apache-2.0
// A plan is carried out: trials are run, saved and told of, until it ends or somebody wants us to stop.
import { randomInt } from 'node:crypto';
import { type Artifacts, removeOldRoots } from '../host/artifacts.ts';
import { localHost } from '../host/local.ts';
import { largestFrame } from '../model/frame.ts';
import type { TestCase } from '../model/testcase.ts';
import { type CampaignContext, type CampaignEvent, runCampaign } from '../run/campaign.ts';
import { casesOn, type Plan, type PlanPart, runInTurns, together } from '../run/parts.ts';
import type { DriversAtWork } from '../run/strangers.ts';
import { type HostTuning, measuredCpus, Tuner } from '../run/tuning.ts';
import { newCampaignId, type Store } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { checkout, tell } from './context.ts';
import { EXIT } from './errors.ts';
import { Progress, standardError } from './progress.ts';

/** What trials are run with. */
export interface Machinery {
  drivers: readonly SwitchDriver[];
  artifacts: Artifacts;
  atWork: DriversAtWork;
}

/** How measuring ended. */
export interface Measured {
  /** It was told to stop before all was done. */
  interrupted: boolean;
  /** Of the campaign in the store; null where it was stopped before there was one. */
  id: string | null;
}

/** Who sends one of these wants us to stop, and to leave the host as it was. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the trials of a plan; a campaign that is new has its record made first. */
export async function measure(store: Store, plan: Plan, machinery: Machinery, isNew: boolean): Promise<Measured> {
  const { campaign, cases, parts } = plan;
  const interrupt = new AbortController();
  const onSignal = () => {
    tell(
      interrupt.signal.aborted ? 'Still cleaning up ...' : '\nStopping: cleaning up, and keeping what is measured ...',
    );
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  const progress = new Progress(together(plan), standardError());
  let id = isNew ? null : campaign.id;
  const runPart = async ({ testbed, schedule, owed }: PlanPart) => {
    const own = casesOn(cases, testbed.name);
    const measured = measuredCpus(await testbed.seen(), testbed.sameMachine, own, machinery.drivers);
    const tuner = new Tuner(campaign.tune, measured, testbed.sameMachine);
    await testbed.prepare((side) => tuner.turn(side));
    await removeOldRoots(localHost, checkout, machinery.artifacts);
    // Only now is it certain that nobody else is at work.
    const campaignId = id ?? createCampaign(store, plan);
    id = campaignId;
    const keep = (hosts: readonly HostTuning[]) => {
      for (const { role, records } of hosts) store.recordTuning(campaignId, testbed.name, role, records);
    };
    keep(tuner.records());
    // Not as soon as it is told: hosts are being cleaned up then, and a full disk must not be in the way.
    const leftBehind: Extract<CampaignEvent, { event: 'left-behind' }>[] = [];
    const record = () => {
      for (const { driver, role, what, kept } of leftBehind.splice(0)) {
        store.recordLeftBehind(campaignId, testbed.name, role, { switch: driver.id, what, kept });
      }
    };
    try {
      await runCampaign(
        {
          ...{ testbed, signal: interrupt.signal, ...machinery, ...campaign, owed },
          frameBytes: largestFrames(cases, testbed.name),
        },
        cases.map((planned) => planned.case),
        schedule.trials((extra) => progress.extend(extra)),
        {
          save(planned, trial) {
            record();
            store.saveTrial(campaignId, planned.caseIndex, trial);
            schedule.record(planned, trial);
            store.requireSpace(campaignId);
          },
          tell(event) {
            progress.show(event);
            if (event.event === 'left-behind') leftBehind.push(event);
          },
        },
      );
    } finally {
      record();
      keep(await tuner.recheck());
    }
  };
  try {
    await runInTurns(parts, async (part) => {
      try {
        await runPart(part);
      } finally {
        for (const complaint of await part.testbed.leave()) tellLeftover(complaint);
      }
    });
    if (id !== null) store.endCampaign(id, new Date().toISOString());
  } catch (error) {
    // Only the wish to stop is expected; a full disk, say, is told also to who has asked to stop.
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
  } finally {
    progress.end();
    // The hosts are clean: from here on a signal ends us as it does any program.
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  return { interrupted: interrupt.signal.aborted, id };
}

/** Each switch is set up for the largest frame of its location: it stays as it is for all sizes, and figures of one size compare. */
function largestFrames(cases: Plan['cases'], testbed: string): CampaignContext['frameBytes'] {
  const at = (location: TestCase['location']) =>
    largestFrame(
      cases.flatMap(({ case: testCase, skipped }) =>
        skipped === null && testCase.testbed === testbed && testCase.location === location ? [testCase.packetSize] : [],
      ),
    );
  return { local: at('local'), remote: at('remote') };
}

/** Campaigns that begin in the same minute have an id each. */
function createCampaign(store: Store, { campaign, cases }: Plan): string {
  const anotherId = () => newCampaignId(new Date(campaign.startedAt), randomInt(16 ** 6));
  return store.createCampaign({ ...campaign, cases }, anotherId);
}

/** Says what of a trial is still on a host; the command ends with an error. */
export function tellLeftover(complaint: string): void {
  tell(`vswbench: could not clean up: ${complaint}`);
  process.exitCode ??= EXIT.trialFailed;
}
