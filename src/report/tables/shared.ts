// SPDX-License-Identifier: Apache-2.0
// Columns that several tables have: which campaign, which test case, which trial.
import type { Inventory } from '../../model/inventory.ts';
import type { ParameterColumn } from '../../model/parameter.ts';
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey } from '../../model/parameters.ts';
import { isRepetition, REPETITIONS_FROM } from '../../model/repetition.ts';
import type { StoredCampaign, Trial } from '../../model/result.ts';
import { farHostOf, nearOf } from '../../model/testbed.ts';
import type { TestCase } from '../../model/testcase.ts';
import type { Column } from './columns.ts';

/** What a row has in common with all of its case. */
export interface CaseRow {
  campaign: Omit<StoredCampaign, 'cases'>;
  caseIndex: number;
  case: TestCase;
  near: Inventory;
  /** Null where no other host takes part. */
  far: Inventory | null;
}

/** A trial of a case. */
export interface TrialRow extends CaseRow {
  trial: Trial;
}

/** What the rows of a case have in common. */
export function caseRow(campaign: Omit<StoredCampaign, 'cases'>, caseIndex: number, testCase: TestCase): CaseRow {
  const far = testCase.location === 'remote' ? farHostOf(campaign, testCase.testbed) : null;
  return { campaign, caseIndex, case: testCase, near: nearOf(campaign, testCase.testbed), far: far?.inventory ?? null };
}

const CAMPAIGN_ID: Column<CaseRow> = {
  ...{ name: 'campaign_id', type: 'text', unit: null, meaning: 'id of the campaign' },
  of: ({ campaign }) => campaign.id,
};

/** How a campaign was run, and on which machines. */
export const CAMPAIGN_COLUMNS: readonly Column<CaseRow>[] = [
  CAMPAIGN_ID,
  { name: 'title', type: 'text', unit: null, meaning: 'title of the campaign', of: ({ campaign }) => campaign.title },
  {
    ...{ name: 'campaign_started_at', type: 'time', unit: 'UTC', meaning: 'when the campaign began' },
    of: ({ campaign }) => campaign.startedAt,
  },
  {
    ...{
      name: 'campaign_ended_at',
      type: 'time',
      unit: 'UTC',
      meaning: 'when it ended; empty while it runs, or where it was cut short',
    },
    of: ({ campaign }) => campaign.endedAt,
  },
  {
    ...{ name: 'campaign_seed', type: 'integer', unit: null, meaning: 'seed of the order of all trials' },
    of: ({ campaign }) => campaign.seed,
  },
  {
    ...{
      name: 'warmup_ms',
      type: 'integer',
      unit: 'ms',
      meaning: 'traffic before the measured window; with warmup_auto at most',
    },
    of: ({ campaign }) => campaign.warmupMs,
  },
  {
    ...{
      name: 'warmup_auto',
      type: 'boolean',
      unit: null,
      meaning: 'whether warm-ups went on until the figures had no trend',
    },
    of: ({ campaign }) => campaign.warmupAuto,
  },
  {
    name: 'duration_ms',
    type: 'integer',
    unit: 'ms',
    meaning: 'measured window that was asked for',
    of: ({ campaign }) => campaign.durationMs,
  },
  {
    ...{
      name: 'precision_ratio',
      type: 'number',
      unit: 'ratio',
      meaning: 'half of the 95 % interval over the median that further rounds were run for',
    },
    of: ({ campaign }) => campaign.precision?.ratio,
  },
  {
    ...{
      name: 'host_network',
      type: 'boolean',
      unit: null,
      meaning: "whether kernel switches were measured in the host's own network, by --host-network",
    },
    of: ({ campaign }) => campaign.hostNetwork,
  },
  {
    name: 'hostname',
    type: 'text',
    unit: null,
    meaning: 'host with the sources, of a local case with the sinks as well',
    of: ({ near }) => near.hostname,
  },
  { name: 'cpu_model', type: 'text', unit: null, meaning: 'its CPU', of: ({ near }) => near.cpuModel },
  { name: 'microcode', type: 'text', unit: null, meaning: 'its microcode', of: ({ near }) => near.microcode },
  { name: 'cpus', type: 'integer', unit: 'CPUs', meaning: 'its CPUs online', of: ({ near }) => near.cpus.length },
  { name: 'os', type: 'text', unit: null, meaning: 'its operating system', of: ({ near }) => near.os },
  { name: 'kernel', type: 'text', unit: null, meaning: 'its kernel', of: ({ near }) => near.kernel },
  {
    name: 'virtualization',
    type: 'text',
    unit: null,
    meaning: 'its hypervisor; empty for none found',
    of: ({ near }) => near.virtualization,
  },
  {
    name: 'far_hostname',
    type: 'text',
    unit: null,
    meaning: 'host with the sinks of a remote case; empty where there is no other',
    of: ({ far }) => far?.hostname,
  },
  { name: 'far_cpu_model', type: 'text', unit: null, meaning: 'its CPU', of: ({ far }) => far?.cpuModel },
  { name: 'far_kernel', type: 'text', unit: null, meaning: 'its kernel', of: ({ far }) => far?.kernel },
  {
    name: 'vswbench_version',
    type: 'text',
    unit: null,
    meaning: 'version of vswbench',
    of: ({ near }) => near.vswbenchVersion,
  },
  {
    ...{
      name: 'vswbench_commit',
      type: 'text',
      unit: null,
      meaning: 'its commit; `-dirty` where the checkout had changes',
    },
    of: ({ near }) => near.vswbenchCommit,
  },
];

const CASE_INDEX: Column<CaseRow> = {
  ...{ name: 'case_index', type: 'integer', unit: null, meaning: 'position of the test case in the campaign, from 0' },
  of: ({ caseIndex }) => caseIndex,
};

/** A parameter of the test case. */
function parameterColumn<Key extends ParameterKey>(key: Key, column: ParameterColumn<TestCase[Key]>): Column<CaseRow> {
  const { name, type, unit, meaning } = column;
  return { ...{ name, type, unit, meaning }, of: ({ case: testCase }) => column.of(testCase[key]) };
}

function parameterColumns<Key extends ParameterKey>(key: Key): Column<CaseRow>[] {
  const { beside, column } = PARAMETERS[key];
  return [...(beside === undefined ? [] : [parameterColumn(key, beside)]), parameterColumn(key, column)];
}

/** The point of the parameter space. */
export const CASE_COLUMNS: readonly Column<CaseRow>[] = [CASE_INDEX, ...PARAMETER_KEYS.flatMap(parameterColumns)];

const ROUND_COLUMNS: readonly Column<TrialRow>[] = [
  {
    name: 'round',
    type: 'integer',
    unit: null,
    meaning: 'round of the trial, from 1',
    of: ({ trial }) => trial.round + 1,
  },
  {
    ...{
      name: 'repetition',
      type: 'integer',
      unit: null,
      meaning: '1 where the trial repeats a disturbed one of its round, else 0',
    },
    of: ({ trial }) => (isRepetition(trial) ? 1 : 0),
  },
];

/** What tells a trial from all others, in tables that hang on it. */
export const KEY_COLUMNS: readonly Column<TrialRow>[] = [
  CAMPAIGN_ID,
  CASE_INDEX,
  ...parameterColumns('switch'),
  ...parameterColumns('io'),
  ...ROUND_COLUMNS,
];

/** When and where a trial ran, and what became of it. */
export const TRIAL_COLUMNS: readonly Column<TrialRow>[] = [
  ...ROUND_COLUMNS,
  {
    ...{
      name: 'ordinal',
      type: 'integer',
      unit: null,
      meaning: 'position in the order of the campaign, from 0; a repetition has that of the trial it repeats',
    },
    of: ({ trial }) => trial.ordinal % REPETITIONS_FROM,
  },
  {
    name: 'seed',
    type: 'integer',
    unit: null,
    meaning: "seed of the order of the trial's round",
    of: ({ trial }) => trial.seed,
  },
  {
    name: 'started_at',
    type: 'time',
    unit: 'UTC',
    meaning: 'when the trial began',
    of: ({ trial }) => trial.startedAt,
  },
  {
    name: 'measured_on',
    type: 'text',
    unit: null,
    meaning:
      'names of the hosts that measured it, that with the sources first; they may be others than those of the campaign’s record, which are alike',
    of: ({ trial }) => trial.hostnames.join(', '),
  },
  { name: 'wall_s', type: 'number', unit: 's', meaning: 'the whole trial', of: ({ trial }) => trial.wallS },
  {
    name: 'overhead_s',
    type: 'number',
    unit: 's',
    meaning: 'what of it was neither warm-up nor measured window',
    of: ({ trial }) => trial.overheadS,
  },
  {
    ...{
      name: 'outcome',
      type: 'text',
      unit: null,
      meaning: '`measured`, `invalid`, `failed` or `skipped`; figures of any but `measured` must not be used',
    },
    of: ({ trial }) => trial.outcome.outcome,
  },
  {
    name: 'failed_step',
    type: 'text',
    unit: null,
    meaning: 'what failed',
    of: ({ trial: { outcome } }) => ('step' in outcome ? outcome.step : null),
  },
  {
    name: 'reason',
    type: 'text',
    unit: null,
    meaning: 'why there is no figure',
    of: ({ trial: { outcome } }) => ('reason' in outcome ? outcome.reason : null),
  },
  {
    name: 'flags',
    type: 'text',
    unit: null,
    meaning: 'marks of the trial, separated by spaces',
    of: ({ trial }) => trial.flags.join(' '),
  },
  {
    name: 'source_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'CPU of the source of each pair, separated by spaces',
    of: ({ trial }) => trial.placement.pairs.map(({ source }) => source).join(' '),
  },
  {
    name: 'sink_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'CPU of the sink of each pair',
    of: ({ trial }) => trial.placement.pairs.map(({ sink }) => sink).join(' '),
  },
  {
    name: 'switch_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'CPU of each thread of the switch',
    of: ({ trial }) => trial.placement.switch.join(' '),
  },
  {
    name: 'housekeeping_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'CPUs of everything else',
    of: ({ trial }) => trial.placement.housekeeping.join(' '),
  },
  {
    name: 'far_switch_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'as switch_cpu_ids, on the far host',
    of: ({ trial }) => trial.placement.far?.switch.join(' '),
  },
  {
    name: 'far_housekeeping_cpu_ids',
    type: 'text',
    unit: null,
    meaning: 'as housekeeping_cpu_ids, on the far host',
    of: ({ trial }) => trial.placement.far?.housekeeping.join(' '),
  },
  {
    name: 'shared_cpu',
    type: 'boolean',
    unit: null,
    meaning: 'whether two applications or threads of the switch shared a CPU',
    of: ({ trial }) => trial.placement.sharedCpu,
  },
  {
    name: 'shared_housekeeping',
    type: 'boolean',
    unit: null,
    meaning: 'whether no CPU was left for everything else alone',
    of: ({ trial }) => trial.placement.sharedHousekeeping,
  },
  {
    name: 'unlike_cpus',
    type: 'boolean',
    unit: null,
    meaning: 'whether threads of one host ran on CPUs of several kinds, fast and slow ones',
    of: ({ trial }) => trial.placement.unlikeCpus,
  },
];
