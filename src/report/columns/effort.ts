// SPDX-License-Identifier: Apache-2.0
// What the figures took: CPUs, and trials.
import { DIMENSIONS } from '../../model/parameter.ts';
import type { CaseResult } from '../../model/result.ts';
import { bothSend, rolesOf } from '../../model/testcase.ts';
import { figures, type ResultColumn, type ShownColumn, TURN } from './column.ts';

/** CPUs that each part kept busy, and all together. */
export const cpus: ResultColumn = {
  key: 'cpus',
  dimensions: DIMENSIONS,
  shown(cases) {
    const { source, sink } = rolesIn(cases);
    const all = busy(null, 'total', { yields: TURN.cpuTotal });
    return [
      busy(source, 'sender', { yields: TURN.cpuOfEach, instead: [all] }),
      busy(sink, 'receiver', { yields: TURN.cpuOfEach }),
      busy('switch', 'switch', { yields: TURN.cpuOfEach }),
      { ...all, yields: TURN.detail },
    ];
  },
  exported: [
    {
      ...{ name: 'sender_cpus', type: 'number', unit: 'CPUs' },
      meaning: 'median CPU time of the senders or clients',
      of: (r) => r.summary?.cpu.sender,
    },
    {
      ...{ name: 'receiver_cpus', type: 'number', unit: 'CPUs' },
      meaning: 'of the receivers or servers',
      of: (r) => r.summary?.cpu.receiver,
    },
    {
      ...{ name: 'switch_cpus', type: 'number', unit: 'CPUs' },
      meaning: "of the switch's own threads",
      of: (r) => r.summary?.cpu.switch,
    },
    {
      ...{ name: 'total_cpus', type: 'number', unit: 'CPUs', meaning: 'of all of them' },
      of: (r) => r.summary?.cpu.total,
    },
  ],
};

function busy(
  title: string | null,
  part: 'sender' | 'receiver' | 'switch' | 'total',
  rest: Pick<ShownColumn, 'yields' | 'instead'>,
): ShownColumn {
  return figures(
    title === null ? 'CPUs' : `${title}\nCPUs`,
    null,
    ({ summary }) => summary?.cpu[part].toFixed(2) ?? '',
    rest,
  );
}

/** What only sends in one case may do both in the next. */
function rolesIn(cases: readonly CaseResult[]): { source: string; sink: string } {
  const [first] = cases;
  return first === undefined || cases.some((one) => bothSend(one.case))
    ? { source: 'source', sink: 'sink' }
    : rolesOf(first.case);
}

export const trials: ResultColumn = {
  key: 'trials',
  dimensions: DIMENSIONS,
  shown: () => [figures('Trials', null, trialsCell, { yields: TURN.detail })],
  exported: [
    {
      ...{ name: 'trials', type: 'integer', unit: 'trials', meaning: 'trials of any outcome' },
      of: (r) => r.evidence.trials,
    },
    {
      ...{ name: 'measured_trials', type: 'integer', unit: 'trials', meaning: 'trials that were measured' },
      of: (r) => r.evidence.measured,
    },
    {
      ...{ name: 'disturbed_trials', type: 'integer', unit: 'trials', meaning: 'trials that count as disturbed' },
      of: (r) => r.evidence.disturbed,
    },
    {
      ...{ name: 'repeated_trials', type: 'integer', unit: 'trials', meaning: 'trials that repeat a disturbed one' },
      of: (r) => r.evidence.repeated,
    },
  ],
};

/** Rounds with a figure, of how many, and repetitions beside them. */
function trialsCell({ evidence: { trials: all, repeated }, figures: told }: CaseResult): string {
  const rounds = all - repeated;
  const measured = told.length === rounds ? String(rounds) : `${told.length} of ${rounds}`;
  return repeated === 0 ? measured : `${measured}, ${repeated} repeated`;
}
