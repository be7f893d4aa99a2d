// SPDX-License-Identifier: Apache-2.0
// What a reader sees, recorded in test/fixtures/terminal/ for each width, to be looked at. After a change that is wanted:
//   node --test --test-update-snapshots src/cli/recorded.test.ts

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import stringWidth from 'string-width';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  storedCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import type { Finding } from '../host/doctor.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { PacketSize } from '../model/sizes.ts';
import { renderAdvice } from '../report/advice.ts';
import { renderCase } from '../report/case.ts';
import { renderComparison } from '../report/comparison.ts';
import { renderCampaignList } from '../report/list.ts';
import { renderSummary } from '../report/terminal.ts';
import type { TerminalOptions } from '../report/text.ts';
import { Schedule } from '../run/schedule.ts';
import { advise } from '../stats/advice.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { compareCampaigns } from '../stats/compare.ts';
import { renderFindings } from './doctor.ts';
import { describePlan } from './dry-run.ts';
import { Progress } from './progress.ts';

const WIDTHS = [60, 80, 120, 200];

const table2 = toCampaignResult(table2Campaign());
const testbeds = toCampaignResult(twoTestbedsCampaign());
const capacities = toCampaignResult(capacityCampaign());
const bursts = toCampaignResult(burstCampaign());
const churns = toCampaignResult(churnCampaign());
const sweep = toCampaignResult(someOf(sweepCampaign(), [64, 1500]));

/** Fewer sizes, as a reader of the recording has seen it all by then. */
function someOf(campaign: StoredCampaign, sizes: readonly PacketSize[]): StoredCampaign {
  return storedCampaign({
    ...campaign,
    cases: campaign.cases.filter(({ case: one }) => sizes.includes(one.packetSize) && one.switch !== 'direct'),
  });
}

const row = {
  id: '20260301-0959-a3f',
  startedAt: '2026-03-01T09:59:58.000Z',
  cases: 14,
  trialsPlanned: 84,
  repetitionsOwed: 0,
  shards: null,
};
const rows = [
  { ...row, title: table2.title, endedAt: '2026-03-01T10:06:41.000Z', trialsDone: 84 },
  { ...row, id: '20260302-1400-07c', title: '64 to 1500 B over ovs and linux-bridge', endedAt: null, trialsDone: 31 },
  {
    ...row,
    id: '20260302-1433-2c9',
    title: 'throughput over ovs',
    endedAt: '2026-03-02T15:00:00.000Z',
    trialsDone: 84,
    repetitionsOwed: 2,
  },
  {
    ...row,
    id: '20260302-1512-b10',
    title: '日本語の題名、幅は二倍',
    endedAt: '2026-03-02T15:20:00.000Z',
    trialsDone: 90,
  },
];

/** Each command with what it prints. */
function session(options: TerminalOptions): [string, string][] {
  const comparison = {
    a: { campaign: '20260301-0959-a3f', title: sweep.title, startedAt: sweep.startedAt },
    b: { campaign: '20260302-1400-07c', title: 'the same with another kernel', startedAt: sweep.startedAt },
    comparison: compareCampaigns(sweep.results, toCampaignResult(slower()).results),
    machines: [],
    conditions: [{ what: 'kernel', a: '6.1.0-21-amd64', b: '6.18.2' }],
  };
  return [
    ['doctor', renderFindings(findings, options)],
    ['run --dry-run', describePlan(plan, [], [testbed], options.columns)],
    ['run', progress(options.columns)],
    ['list', renderCampaignList(rows, options)],
    ['show', renderSummary(table2, options)],
    ['show', renderSummary(sweep, options)],
    ['show', renderSummary(testbeds, options)],
    ['show', renderSummary(capacities, options)],
    ['show', renderSummary(bursts, options)],
    ['show', renderSummary(churns, options)],
    ['show 0', shownCase(disturbedCampaign(), options)],
    ['show 0', shownCase(capacityCampaign(), options)],
    ['compare A B', renderComparison(comparison, options)],
    ['advise', renderAdvice(sweep, advise(sweep, null), options)],
  ];
}

const paths = [
  { switch: 'linux-bridge', io: 'raw-mmsg', port: 'netdev' },
  { switch: 'ovs', io: 'dpdk', port: 'vhost-user' },
] as const;
const planned = [64, 1500].flatMap((packetSize) =>
  paths.map((path) => ({ case: testCase({ ...path, packetSize, rate: 'max', wait: 'poll' }), skipped: null })),
);
const skipped = {
  case: testCase({ switch: 'vale', io: 'netmap', port: 'netmap', rate: 'max', wait: 'poll' }),
  skipped: 'the netmap module is not loaded; build it for Linux 6.1.0-21-amd64 and load it: modprobe netmap',
};
const campaign = storedCampaign({
  title: '64 and 1500 B over linux-bridge and ovs',
  trialsPlanned: 2,
  cases: [...planned, skipped].map((one) => ({ ...one, trials: [] })),
});
const schedule = new Schedule(campaign, campaign.cases);
const plan = { campaign, cases: campaign.cases, schedule, owed: [] };
const cpus = plainCpus(4);
const testbed = { name: 'local', near: { name: 'local', cpus, switches: [] }, far: null, sameMachine: false };

const findings: Finding[] = [
  { state: 'ok', subject: 'packages', text: 'all that vswbench needs is installed' },
  {
    state: 'warning',
    subject: 'CPUs',
    text: '2 CPUs: two applications and a switch that polls share them, and the operating system has none of its own',
    mend: 'measure on a machine with four CPUs or more',
  },
  {
    state: 'warning',
    subject: 'switch snabb',
    text: 'Snabb is not on the PATH; build it of https://github.com/snabbco/snabb',
    mend: 'let VSWBENCH_SNABB name the program: VSWBENCH_SNABB=/path/of/snabb',
  },
  { state: 'missing', subject: 'cgroups', text: 'no cgroup hierarchy is mounted, and LXC needs one' },
];

/** What a run tells while it goes on. */
function progress(columns: number): string {
  const lines: string[] = [];
  const screen = { tell: (line: string) => lines.push(line), columns: () => columns, draw: null };
  let nowMs = 0;
  const told = new Progress(plan, screen, () => nowMs);
  for (const one of schedule.planned) {
    const { case: measured } = campaign.cases[one.caseIndex] ?? assert.fail('a case that is not planned');
    const ended = trial({ case: measured, pps: measured.io === 'dpdk' ? 9_912_345 : 338_123, lossRatio: 0.0032 });
    told.show({ event: 'trial-starting', planned: one, testCase: measured });
    nowMs += 4200;
    told.show({ event: 'trial-ended', planned: one, testCase: measured, trial: ended });
  }
  return lines.join('\n');
}

/** The first case of a campaign. */
function shownCase(stored: StoredCampaign, options: TerminalOptions): string {
  const result = toCampaignResult(stored);
  const [[one], [{ trials } = { trials: [] }]] = [result.results, stored.cases];
  return one === undefined ? '' : renderCase({ result, index: 0, one, trials }, options);
}

/** Round trips, of which one trial was disturbed and repeated, and one failed. */
function disturbedCampaign(): StoredCampaign {
  const one = testCase({ dimension: 'latency', switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 1000 });
  const quiet = trial({ case: one, pps: 1000, flags: ['shared-housekeeping'] });
  const disturbed = trial({
    case: one,
    pps: 990,
    lossRatio: 0.01,
    round: 1,
    flags: ['shared-housekeeping', 'disturbed'],
  });
  const reasons = ['the hypervisor took 9 % of the measured CPUs (more than 2 %)'];
  const { measurement } = disturbed;
  const told = measurement && { ...measurement, noise: { ...measurement.noise, reasons } };
  const repetition = {
    ...trial({ case: one, pps: 1000, round: 1, flags: ['shared-housekeeping'] }),
    ordinal: REPETITIONS_FROM + 1,
  };
  const failed = trial({
    ...{ case: one, pps: 0, round: 2, flags: ['shared-housekeeping'] },
    outcome: { outcome: 'failed', step: 'start switch', reason: 'no hugepages are free' },
  });
  return storedCampaign({
    id: '20260301-0959-a3f',
    cases: [{ case: one, skipped: null, trials: [quiet, { ...disturbed, measurement: told }, repetition, failed] }],
  });
}

/** The sweep as another kernel might have it: each second case 5 % slower. */
function slower(): StoredCampaign {
  const campaign = someOf(sweepCampaign(), [64, 1500]);
  const cases = campaign.cases.map((planned, index) => ({
    ...planned,
    trials: planned.trials.map((trial) => ({
      ...trial,
      measurement:
        trial.measurement === null || index % 2 === 0
          ? trial.measurement
          : { ...trial.measurement, throughputPps: 0.95 * trial.measurement.throughputPps },
    })),
  }));
  return { ...campaign, cases };
}

for (const columns of WIDTHS) {
  test(`in ${columns} columns each line fits, and reads as recorded`, (context) => {
    const text = session({ columns, color: false })
      .map(([command, printed]) => `$ vswbench ${command}\n${printed}\n`)
      .join('\n');
    assert.deepEqual(
      text.split('\n').filter((line) => stringWidth(line) > columns),
      [],
    );
    const path = resolve(import.meta.dirname, `../../test/fixtures/terminal/${columns}.txt`);
    context.assert.fileSnapshot(text, path, { serializers: [(value: string) => value] });
  });
}
