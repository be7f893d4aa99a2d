// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import type { StoredCampaign, Trial } from '../model/result.ts';
import { repetitionsOwed } from '../plan/order.ts';
import { Schedule } from '../run/schedule.ts';
import { openStore, type Store } from '../store/store.ts';
import { readCampaign } from './campaign-file.ts';
import { CliError, EXIT, type ExitCode } from './errors.ts';
import { campaignToResume, refuseDone, refuseIgnored } from './resume.ts';

const folder = mkdtempSync(join(tmpdir(), 'vswbench-resume-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const one = testCase({ rate: 'max' });
const ENDED = '2026-03-01T10:06:41.000Z';

/** A campaign of one case with these of its two trials. */
function campaign(id: string, trials: readonly Trial[], endedAt: string | null = ENDED): StoredCampaign {
  return storedCampaign({ id, trialsPlanned: 2, endedAt, cases: [{ case: one, skipped: null, trials: [...trials] }] });
}

const first = trial({ case: one, pps: 1e5 });
const second = trial({ case: one, pps: 1e5, round: 1 });
const disturbed: Trial = { ...second, flags: ['disturbed'] };
const repetition: Trial = { ...second, ordinal: REPETITIONS_FROM + second.ordinal, startedAt: ENDED };

let stores = 0;

function storeWith(campaigns: readonly StoredCampaign[]): Store {
  stores += 1;
  const store = openStore(join(folder, `${stores}.db`));
  for (const { cases, endedAt, ...head } of campaigns) {
    store.createCampaign({
      ...head,
      endedAt: null,
      cases: cases.map(({ case: c, skipped }) => ({ case: c, skipped })),
    });
    for (const [index, { trials }] of cases.entries())
      for (const saved of trials) store.saveTrial(head.id, index, saved);
    if (endedAt !== null) store.endCampaign(head.id, endedAt);
  }
  return store;
}

function refused(act: () => unknown, exitCode: ExitCode): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof CliError);
    assert.equal(error.exitCode, exitCode);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail('was not refused');
}

describe('which campaign --resume takes', () => {
  it('is the latest that is not finished, and not the latest', () => {
    const cut = campaign('c2', [first], null);
    const done = (id: string) => campaign(id, [first, second]);
    assert.equal(campaignToResume(storeWith([done('c1'), cut, done('c3')]), true).id, 'c2');
    assert.equal(campaignToResume(storeWith([campaign('c0', [first]), cut, done('c3')]), true).id, 'c2');
    assert.equal(campaignToResume(storeWith([campaign('c0', [first]), done('c3')]), true).id, 'c0');
  });
  it('is one that owes but a repetition', () => {
    const store = storeWith([campaign('c1', [first, disturbed]), campaign('c2', [first, disturbed, repetition])]);
    assert.deepEqual(
      store.list().map((row) => row.repetitionsOwed),
      [1, 0],
    );
    assert.equal(campaignToResume(store, true).id, 'c1');
  });
  it('owes none where none is to be repeated', () => {
    const store = storeWith([{ ...campaign('c1', [first, disturbed]), repeat: 'none' }]);
    assert.deepEqual(
      store.list().map((row) => row.repetitionsOwed),
      [0],
    );
    refused(() => campaignToResume(store, true), EXIT.nothingMeasurable);
  });
  it('is the one that is named, whatever there is beside it', () => {
    assert.equal(campaignToResume(storeWith([campaign('c1', [first]), campaign('c2', [])]), 'c1').id, 'c1');
    const told = refused(() => campaignToResume(storeWith([campaign('c1', [first])]), 'c7'), EXIT.usage);
    assert.equal(told, "there is no campaign 'c7': 'vswbench list' shows all campaigns");
  });
  it('is none where all are finished, which has an exit code of its own', () => {
    const told = refused(
      () => campaignToResume(storeWith([campaign('c1', [first, second])]), true),
      EXIT.nothingMeasurable,
    );
    assert.equal(told, "no campaign is unfinished: 'vswbench list' shows all campaigns");
  });
});

describe('whether anything is left of a campaign', () => {
  const left = ({ cases, ...head }: StoredCampaign) => {
    const schedule = new Schedule(head, cases);
    return { campaign: head, parts: [{ schedule, owed: repetitionsOwed(cases, head.repeat) }] };
  };
  it('is so with a trial, a repetition, or a case that is not as precise as was asked for', () => {
    refuseDone(left(campaign('c1', [first])));
    // Its end has not been recorded.
    refuseDone(left(campaign('c1', [first, second], null)));
    refuseDone(left(campaign('c1', [first, disturbed])));
    refuseDone(left({ ...campaign('c1', [first, second]), precision: { ratio: 0.01, trialsMax: 6 } }));
  });
  it('is told where it is not', () => {
    assert.equal(
      refused(() => refuseDone(left(campaign('c1', [first, second]))), EXIT.nothingMeasurable),
      'campaign c1 is complete: there is nothing to resume (vswbench show c1)',
    );
    refused(() => refuseDone(left(campaign('c1', [first, disturbed, repetition]))), EXIT.nothingMeasurable);
    refused(() => refuseDone(left({ ...campaign('c1', [first, disturbed]), repeat: 'none' })), EXIT.nothingMeasurable);
  });
});

describe('what --resume would ignore', () => {
  it('is refused, each by its name', () => {
    const options = { packetSize: '64', trials: '3', json: true, dryRun: true };
    assert.equal(
      refused(() => refuseIgnored('sweep.yaml', readCampaign(undefined, {}), options), EXIT.usage),
      'a campaign is resumed as it was begun, without sweep.yaml, --packet-size, --trials: leave that out, or start a new campaign without --resume',
    );
  });
  it('is not what it uses: the file that defines testbeds, and how to print', () => {
    const file = join(folder, 'lab.yaml');
    writeFileSync(file, 'testbeds: { lab: { near: { host: a } } }\npacketSize: 64\n');
    refuseIgnored(file, readCampaign(file, {}), { json: true, dryRun: true, switch: ['mine.ts'] });
    refuseIgnored(undefined, readCampaign(undefined, {}), {});
  });
});
