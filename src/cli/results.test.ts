// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import {
  hostileCampaign,
  hostPair,
  hostRecord,
  inventory,
  storedCampaign,
  storedCase,
  superPacketCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
  trials,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import { doubts } from '../report/doubts.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { openStore, type Store } from '../store/store.ts';
import { resultOf } from './results.ts';

/** A results file for the time of a test, with these campaigns. */
function storeOf(context: TestContext, ...campaigns: StoredCampaign[]): { store: Store; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-results-'));
  const path = join(folder, 'results.db');
  const store = openStore(path);
  context.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const { cases, ...campaign } of campaigns) {
    store.createCampaign({ ...campaign, cases: cases.map(({ trials: _, ...planned }) => planned) });
    for (const [index, one] of cases.entries()) {
      for (const ran of one.trials) store.saveTrial(campaign.id, index, ran);
    }
  }
  return { store, path };
}

function inFile<T>(path: string, use: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

/** How many summaries are kept that the next look would take. */
function keptIn(path: string): number {
  return inFile(path, (db) =>
    Number(
      db
        .prepare('SELECT count(*) AS kept FROM case_summaries JOIN cases USING (campaign_id, case_index, revision)')
        .get()?.kept,
    ),
  );
}

/** Latency trials of so few packets that a percentile takes all of them together. */
function fewPackets(): StoredCampaign {
  const one = testCase({ dimension: 'latency', rate: 1000 });
  const list = trials({ case: one, pps: 1000 }, 12, 0.05).map((ran) => ({
    ...ran,
    measurement: ran.measurement && {
      ...ran.measurement,
      latencyNs: Object.fromEntries(
        Object.entries(ran.measurement.latencyNs ?? {}).map(([kind, summary]) => [kind, { ...summary, p999: null }]),
      ),
    },
  }));
  return storedCampaign({ id: 'few', cases: [{ case: one, skipped: null, trials: list }] });
}

describe('a result', () => {
  for (const [name, campaign] of [
    ['of every outcome', table2Campaign()],
    ['with sweeps and latency', sweepCampaign()],
    ['with super-packets', superPacketCampaign()],
    ['of few packets a trial', fewPackets()],
    ['on two testbeds', twoTestbedsCampaign()],
    ['with hostile text', hostileCampaign()],
    ['without trials', storedCampaign({ endedAt: null })],
  ] as const) {
    it(`${name} is the same made in memory, anew, and from what was kept`, (context) => {
      const { store, path } = storeOf(context, campaign);
      const expected = toCampaignResult(campaign);
      assert.deepEqual(resultOf(store, campaign.id), expected);
      assert.equal(keptIn(path), campaign.cases.length);
      assert.deepEqual(resultOf(store, 'latest'), expected);
      assert.equal(resultOf(store, 'nosuch'), null);
    });
  }

  it('is taken from what was kept, and made anew where that is of other rules or no summary at all', (context) => {
    const campaign = table2Campaign();
    const { store, path } = storeOf(context, campaign);
    const expected = resultOf(store, campaign.id);
    const set = (sql: string) => inFile(path, (db) => db.exec(sql));
    set(`UPDATE case_summaries SET summary_json = json_set(summary_json, '$.reason', 'kept') WHERE case_index = 0`);
    assert.equal(resultOf(store, campaign.id)?.results[0]?.reason, 'kept');
    set(`UPDATE case_summaries SET rules = 'others' WHERE case_index = 0`);
    assert.deepEqual(resultOf(store, campaign.id), expected);
    for (const text of ['{', '{}', 'null', '[]']) {
      set(`UPDATE case_summaries SET summary_json = '${text}'`);
      assert.deepEqual(resultOf(store, campaign.id), expected, text);
    }
  });

  it('follows every change of what it rests on, whoever makes it', (context) => {
    const campaign = { ...sweepCampaign(), endedAt: null };
    const { store, path } = storeOf(context, campaign);
    const fresh = () => toCampaignResult(store.load(campaign.id) ?? assert.fail());
    const index = campaign.cases.findIndex((one) => one.case.dimension === 'latency');
    const throughput = campaign.cases.findIndex((one) => one.case.dimension === 'throughput');
    const of = (at: number) => `(SELECT trial_id FROM trials WHERE case_index = ${at})`;
    const changes = [
      () =>
        store.saveTrial(
          campaign.id,
          index,
          trial({ case: campaign.cases[index]?.case ?? testCase(), pps: 7, round: 9 }),
        ),
      `UPDATE trials SET throughput_pps = throughput_pps * 2 WHERE case_index = ${throughput}`,
      `UPDATE trials SET flags_json = '["shared-cpu"]' WHERE case_index = ${throughput}`,
      `UPDATE latencies SET p50_ns = p50_ns + 1000 WHERE trial_id IN ${of(index)}`,
      `UPDATE histograms SET buckets_json = '[[1000, 1001, 99999]]', packets = 99999 WHERE trial_id IN ${of(index)}`,
      `UPDATE pair_results SET received_packets = 0 WHERE trial_id IN ${of(throughput)}`,
      `DELETE FROM samples WHERE trial_id IN ${of(throughput)}`,
      `DELETE FROM latencies WHERE trial_id IN ${of(index)} AND kind = 'rtt'`,
      `DELETE FROM trials WHERE case_index = ${throughput} AND round = 0`,
      `UPDATE cases SET burst_packets = burst_packets + 1 WHERE case_index = ${throughput}`,
    ];
    resultOf(store, campaign.id);
    for (const change of changes) {
      const before = keptIn(path);
      if (typeof change === 'string') inFile(path, (db) => db.exec(`PRAGMA foreign_keys = ON; ${change}`));
      else change();
      assert.ok(keptIn(path) < before, String(change));
      assert.deepEqual(resultOf(store, campaign.id), fresh(), String(change));
      assert.equal(keptIn(path), before);
    }
  });

  it('is whole for those who may not write, and while another process does', (context) => {
    const campaign = table2Campaign();
    const { store, path } = storeOf(context, campaign);
    const expected = toCampaignResult(campaign);
    const impatient = openStore(path, { busyTimeoutMs: 0 });
    context.after(() => impatient.close());
    inFile(path, (writer) => {
      writer.exec('BEGIN IMMEDIATE');
      assert.deepEqual(resultOf(impatient, campaign.id), expected);
      writer.exec('ROLLBACK');
    });
    assert.equal(keptIn(path), 0);
    store.close();
  });
});

describe('a ceiling', () => {
  const campaignOf = (id: string, name: string, pps: number, hosts: HostRecord[], startedAt?: string) => {
    const cases = [...new Set(hosts.map(({ testbed }) => testbed))].map((testbed) =>
      storedCase({ case: testCase({ testbed, switch: name, rate: 'max' }), pps }),
    );
    return storedCampaign({ id, hosts, cases, ...(startedAt === undefined ? {} : { startedAt }) });
  };
  const lab = hostPair('lab');

  it('comes from a campaign on the very machines of the testbed, far host included', (context) => {
    const otherFar = lab.map((host) =>
      host.role === 'far' ? { ...host, inventory: inventory({ hostname: 'new' }) } : host,
    );
    const { store } = storeOf(
      context,
      campaignOf('other-far', 'direct', 900, [hostRecord(), ...otherFar]),
      campaignOf('same', 'direct', 800, lab),
      campaignOf('asked', 'linux-bridge', 400, [hostRecord(), ...lab]),
    );
    assert.deepEqual(
      resultOf(store, 'asked')?.results.map((one) => [one.case.testbed, one.ceiling?.campaign]),
      [
        ['local', 'other-far'],
        ['lab', 'same'],
      ],
    );
  });

  it('is that of the nearest campaign in time, and of none that is older than a week', (context) => {
    const at = (id: string, day: string) =>
      campaignOf(id, 'direct', 900, [hostRecord()], `2026-03-${day}T10:00:00.000Z`);
    const asked = (id: string, day: string) => ({
      ...at(id, day),
      cases: campaignOf(id, 'ovs', 400, [hostRecord()]).cases,
    });
    const { store } = storeOf(
      context,
      at('near', '08'),
      at('nearer', '12'),
      at('far', '15'),
      asked('a', '11'),
      asked('b', '25'),
    );
    assert.equal(resultOf(store, 'a')?.results[0]?.ceiling?.campaign, 'nearer');
    assert.equal(resultOf(store, 'b')?.results[0]?.ceiling, undefined);
  });
});

describe('a testbed that drifted', () => {
  it('has its figures flagged since its last good canary, and not before', (context) => {
    const day = (number: number) => new Date(Date.UTC(2026, 2, number, 10)).toISOString();
    const measured = (id: string, number: number) =>
      storedCampaign({
        ...{ id, startedAt: day(number), endedAt: day(number) },
        cases: [storedCase({ case: testCase({ switch: 'ovs', rate: 'max' }), pps: 400 })],
      });
    const { store } = storeOf(context, measured('before', 10), measured('since', 14), measured('after', 17));
    for (let number = 1; number <= 16; number += 1) {
      const level = (number > 13 ? 300_000 : 400_000) * (1 + (number % 5) / 300);
      const figures = { udp: [1, 1.002, 1.004, 0.998, 1.001, 0.999].map((factor) => level * factor) };
      store.saveCanary(canary({ campaign: `day-${number}`, measuredAt: day(number), figures }));
    }
    const flagged = ['before', 'since', 'after'].map((id) => resultOf(store, id));
    assert.deepEqual(
      flagged.map((result) => result?.results[0]?.flags.includes('drifted')),
      [false, true, true],
    );
    const doubted = flagged.map((result) => result !== null && doubts(result).some(({ what }) => /drifted/.test(what)));
    assert.deepEqual(doubted, [false, true, true]);
  });
});
