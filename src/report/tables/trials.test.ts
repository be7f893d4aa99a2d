// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  HOSTILE,
  hostileCampaign,
  storedCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
  twoTestbedsCampaign,
} from '../../../test/fixtures/campaign.ts';
import type { Outcome, StoredCampaign } from '../../model/result.ts';
import { csvText } from './columns.ts';
import { caseRow } from './shared.ts';
import { TRIALS } from './trials.ts';

function toCsv({ cases, ...campaign }: StoredCampaign): string {
  const rows = cases.flatMap((one, index) => {
    const common = caseRow(campaign, index, one.case);
    return one.trials.map((ran) => ({ ...common, trial: ran }));
  });
  return [...csvText(TRIALS, rows)].join('');
}

/** Reads RFC 4180's grammar, strictly: lines end in CRLF, and quotes are only where a cell begins and ends. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let rest = text;
  let record: string[] = [];
  while (rest.length > 0) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    assert.ok(match !== null, `not RFC 4180 from: ${rest.slice(0, 80)}`);
    const [whole, quoted, bare, end] = match;
    record.push(quoted?.replaceAll('""', '"') ?? bare ?? '');
    if (end === '\r\n') {
      records.push(record);
      record = [];
    }
    rest = rest.slice(whole.length);
  }
  assert.deepEqual(record, [], 'the last line ends');
  return records;
}

/** The lines after the header, each by column. */
function rowsOf(campaign: StoredCampaign): Record<string, string>[] {
  const [header = [], ...records] = parseCsv(toCsv(campaign));
  assert.equal(new Set(header).size, header.length, 'no column twice');
  return records.map((record) => {
    assert.equal(record.length, header.length);
    return Object.fromEntries(header.map((column, index) => [column, record[index] ?? '']));
  });
}

describe('the table of trials', () => {
  it('names the machines of each trial', () => {
    const rows = rowsOf(twoTestbedsCampaign());
    const told = rows.map((row) =>
      [row.testbed, row.location, row.hostname, row.far_hostname, row.uplink_foreign_packets].join(' '),
    );
    assert.deepEqual(
      [...new Set(told)],
      [
        'local local testbed-1  ',
        'lab remote lab-near lab-far 1',
        // Of the trial that failed nothing is known.
        'lab remote lab-near lab-far ',
      ],
    );
  });

  it('has one line a trial, and a header even where there is none', () => {
    for (const campaign of [table2Campaign(), sweepCampaign(), hostileCampaign()]) {
      assert.equal(rowsOf(campaign).length, campaign.cases.flatMap((one) => one.trials).length);
    }
    assert.equal(toCsv(storedCampaign()).split('\r\n').length, 2);
  });

  it('keeps every figure to its last digit', () => {
    const testCaseOf = testCase({ dimension: 'latency', rate: 'max', flows: 1000 });
    const one = trial({ case: testCaseOf, pps: 1e6 / 3, flags: ['disturbed', 'shared-cpu'], lossRatio: 0.25 });
    const measurement = one.measurement ?? assert.fail();
    const [row = {}] = rowsOf(storedCampaign({ cases: [{ case: testCaseOf, skipped: null, trials: [one] }] }));
    assert.deepEqual([row.campaign_id, row.title], [storedCampaign().id, storedCampaign().title]);
    assert.deepEqual(
      [row.cpu_model, row.vswbench_commit, row.warmup_ms],
      ['Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz', '3f1c2ab94c10d0', '500'],
    );
    assert.deepEqual([row.rate, row.rate_pps], ['max', '']);
    assert.equal(row.packet_size_bytes, '64');
    assert.deepEqual(
      [row.flows, row.flows_with_loss, row.flows_with_reordering, row.most_lost_packets_of_flow],
      ['1000', '7', '2', '40'],
    );
    assert.equal(row.flags, 'disturbed shared-cpu');
    assert.equal(row.outcome, 'measured');
    assert.equal(row.reason, '');
    assert.equal(Number(row.throughput_pps), measurement.throughputPps);
    assert.equal(Number(row.lost_packets), measurement.lostPackets);
    const { steadyOfferedPackets: offered, steadyReceivedPackets: received } = measurement;
    assert.equal(Number(row.loss_ratio), (offered - received) / offered);
    assert.equal(Number(row.total_cpus), measurement.cpu.total);
    assert.equal(Number(row.steal_ratio), measurement.noise.stealRatio);
    assert.equal(Number(row.rtt_p99_ns), measurement.latencyNs?.rtt?.p99);
    assert.equal(row.one_way_p99_ns, '');
  });

  it('leaves cells empty where nothing was measured', () => {
    const outcome: Outcome = { outcome: 'failed', step: 'start switch', reason: 'it said "no",\nand ended' };
    const one = trial({ case: testCase(), pps: 0, outcome });
    const [row = {}] = rowsOf(storedCampaign({ cases: [{ case: testCase(), skipped: null, trials: [one] }] }));
    assert.deepEqual(
      [row.outcome, row.failed_step, row.reason],
      ['failed', 'start switch', 'it said "no",\nand ended'],
    );
    assert.deepEqual([row.throughput_pps, row.loss_ratio, row.rtt_p50_ns, row.total_cpus], ['', '', '', '']);
  });

  it('leaves the loss ratio empty where nothing was offered', () => {
    const one = trial({ case: testCase(), pps: 0 });
    const [row = {}] = rowsOf(storedCampaign({ cases: [{ case: testCase(), skipped: null, trials: [one] }] }));
    assert.equal(row.steady_offered_packets, '0');
    assert.equal(row.loss_ratio, '');
  });

  it('quotes what would break a line', () => {
    assert.ok(rowsOf(hostileCampaign()).some((row) => row.switch === HOSTILE));
  });
});
