// SPDX-License-Identifier: Apache-2.0
// What a worker keeps in view of a testbed beside its blocks: whether it is still the machine that it was, and which campaigns are over.
import type { HostRecord } from '../model/testbed.ts';
import { differences } from '../stats/alike.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { canaryOf } from '../stats/canaries.ts';
import { openStore, type Store } from '../store/store.ts';
import { BenchError } from './bench.ts';
import { failCanary, judgeTestbed } from './canaries.ts';
import type { Complete, Dispatch } from './dispatch.ts';
import type { Health, Submission } from './model.ts';

export interface WatchPlan {
  testbed: string;
  location: string;
  /** The campaign file of its canaries; null where it measures none. */
  canaryText: string | null;
  say(line: string): void;
}

export class Watch {
  private readonly plan: WatchPlan;
  /** What it is, by the last look. */
  private hosts: readonly HostRecord[] = [];
  /** When its canaries are judged again; 0 where that is before anything is measured. */
  private judgeAtMs = 0;
  private health: Health['state'] = 'good';
  /** Of a submission that was given back as the testbed had changed; that is done once. */
  private gaveBack: number | null = null;

  constructor(plan: WatchPlan) {
    this.plan = plan;
  }

  /** It was looked at. */
  saw(hosts: readonly HostRecord[]): void {
    this.hosts = hosts;
    this.judgeAtMs = 0;
  }

  /** Something has become of a canary that the verdict depends on. */
  judgeSoon(): void {
    this.judgeAtMs = 0;
  }

  /** Where it is time for it, its health is set by its canaries, and another is asked for that is due. Throws FleetError and StoreError. */
  async judge({ database }: Dispatch): Promise<void> {
    if (Date.now() < this.judgeAtMs) return;
    const { testbed, location, canaryText, say } = this.plan;
    const judged = await withStore(location, (store) => judgeTestbed(database, store, testbed, canaryText));
    if (judged === null) return;
    const { health, due, isQueued } = judged;
    // One that is due is in the queue: what becomes of it tells when to judge again.
    this.judgeAtMs = due.due ? Number.POSITIVE_INFINITY : due.atMs;
    if (health.state !== this.health) say(verdictText(health));
    this.health = health.state;
    if (due.due && isQueued) say(`is to measure a canary: ${due.why}`);
  }

  /** Throws BenchError where a testbed is no longer what it was at the last look: it measures a canary first. */
  refuseChanged({ id, canaryOf: of }: Submission, hosts: readonly HostRecord[]): void {
    if (this.plan.canaryText === null || of !== null || this.gaveBack === id) return;
    // A campaign may choose among the CPUs.
    const [first] = differences(hosts, this.hosts).filter(({ what }) => !what.endsWith('CPUs to use'));
    if (first === undefined) return;
    this.gaveBack = id;
    throw new BenchError('changed', `the testbed has changed: ${first.what} was '${first.b}', and is '${first.a}'`);
  }

  /** A campaign's hosts with the CPUs that the testbed may use by the last look: a campaign may choose among them, and goes on all the same. */
  withItsCpus(hosts: readonly HostRecord[]): HostRecord[] {
    return hosts.map((host) => {
      const seen = this.hosts.find(({ role }) => role === host.role);
      return seen === undefined ? host : { ...host, inventory: { ...host.inventory, cpus: seen.inventory.cpus } };
    });
  }

  /** Campaigns whose last round has come in are ended; of two that do so at once the second changes nothing. Throws FleetError and StoreError. */
  async finish(dispatch: Dispatch, complete: readonly Complete[]): Promise<void> {
    await withStore(this.plan.location, async (store) => {
      for (const { id, campaignId, canaryOf: of } of complete) {
        if (store.head(campaignId)?.endedAt === null) store.endCampaign(campaignId, new Date().toISOString());
        if (of !== null) this.judgeSoon();
        if (of === null || this.keepCanary(store, campaignId)) {
          await dispatch.done(id);
          this.plan.say(`submission ${id} is done: vswbench show ${campaignId}`);
        } else {
          await failCanary(dispatch.database.sql, id, `no trial of ${campaignId} was measured`);
          this.plan.say(`no trial of its canary was measured: vswbench show ${campaignId}`);
        }
      }
    });
  }

  /** A canary that was measured is kept as one, if it is not yet: its level may have been accepted. Returns whether anything of it was measured. */
  private keepCanary(store: Store, campaignId: string): boolean {
    const { testbed } = this.plan;
    if (store.canaries(testbed).some(({ campaign }) => campaign === campaignId)) return true;
    const stored = store.load(campaignId);
    const made = stored === null ? null : canaryOf(toCampaignResult(stored), testbed);
    if (made !== null) store.saveCanary(made);
    return made !== null;
  }
}

async function withStore<T>(location: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(location);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** What its worker says when its canaries have changed how it is. */
function verdictText(health: Health): string {
  switch (health.state) {
    case 'good':
      return 'is given work again';
    case 'suspect':
      return `${health.reason}: it measures nothing but its next canary, in ten minutes`;
    case 'drifted':
      return `has drifted since ${health.since}, and is given no work: ${health.reason}`;
    case 'broken':
      return health.reason;
    default:
      return health satisfies never;
  }
}
