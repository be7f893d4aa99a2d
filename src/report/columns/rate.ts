// SPDX-License-Identifier: Apache-2.0
import type { CaseResult, Ceiling } from '../../model/result.ts';
import { lineRateRatio } from '../../stats/line-rate.ts';
import { GIGABITS, inScale, percentLost, percentOfLine, ppsScale, type Scale } from '../format.ts';
import { intervalColumns } from '../tables/interval-columns.ts';
import { figures, interval, numbers, type ResultColumn, TURN } from './column.ts';

const RATES = ['throughput', 'capacity'] as const;

export const throughput: ResultColumn = {
  key: 'throughput',
  dimensions: ['throughput'],
  shown(cases) {
    const scale = throughputScale(cases);
    return [
      numbers(null, scale, ({ summary }) => summary?.throughputPps.median, { decides: true }),
      interval(scale, ({ summary }) => summary?.throughputPps),
    ];
  },
  exported: intervalColumns({
    ...{ prefix: 'throughput_pps', unit: 'packets/s', title: 'goodput' },
    of: ({ summary }) => summary?.throughputPps,
  }),
};

export const gigabits: ResultColumn = {
  key: 'gigabits',
  dimensions: RATES,
  shown: () => [numbers(null, GIGABITS, ({ summary }) => summary?.throughputBps.median, { yields: TURN.gigabits })],
  exported: intervalColumns({
    ...{ prefix: 'throughput_bps', unit: 'bit/s', title: 'goodput' },
    of: ({ summary }) => summary?.throughputBps,
  }),
};

/** Of two hosts: what part of what the cable between them carries. */
export const lineRate: ResultColumn = {
  key: 'lineRate',
  dimensions: RATES,
  shown: (cases) =>
    cases.some((one) => lineRateRatio(one) !== null)
      ? [figures('Of line\nrate', null, lineRateCell, { yields: TURN.secondary })]
      : [],
  exported: [
    {
      ...{ name: 'line_rate_pps', type: 'number', unit: 'packets/s' },
      meaning: 'most that the cable carries in the directions that are used; empty on one host, or where nobody knows',
      of: (r) => r.lineRatePps,
    },
    {
      ...{ name: 'line_rate_ratio', type: 'number', unit: 'ratio' },
      meaning: "the case's throughput of that",
      of: lineRateRatio,
    },
  ],
};

function lineRateCell(result: CaseResult): string {
  const ratio = lineRateRatio(result);
  return ratio === null ? '' : percentOfLine(ratio);
}

/** How near a switch comes to the same framework without any, and what the limit is. */
export const ceiling: ResultColumn = {
  key: 'ceiling',
  dimensions: RATES,
  shown: (cases) =>
    cases.some((one) => one.ceiling !== undefined)
      ? [
          {
            ...{ title: 'Of direct; limit', unit: null, align: 'left', yields: TURN.detail },
            cell: (one) => (one.ceiling === undefined ? '' : ceilingWords(one.ceiling)),
          },
        ]
      : [],
  exported: [
    {
      ...{ name: 'ceiling_pps', type: 'number', unit: 'packets/s' },
      meaning: 'median throughput of the same case without any switch',
      of: (r) => r.ceiling?.throughputPps,
    },
    {
      ...{ name: 'ceiling_ratio', type: 'number', unit: 'ratio' },
      meaning: "the case's throughput of it",
      of: (r) => r.ceiling?.ratio,
    },
    {
      ...{ name: 'ceiling_campaign_id', type: 'text', unit: null },
      meaning: 'campaign in which the ceiling was measured',
      of: (r) => r.ceiling?.campaign,
    },
    {
      ...{ name: 'limit', type: 'text', unit: null },
      meaning: 'what limits the figure: `tool`, `switch` or `unknown`',
      of: (r) => r.ceiling?.limit,
    },
  ],
};

function ceilingWords({ ratio, limit }: Ceiling): string {
  const percent = `${(100 * ratio).toFixed(0)} %`;
  switch (limit) {
    case 'tool':
      return `${percent}; tool`;
    case 'switch':
      return `${percent}; switch`;
    case 'unknown':
      return `${percent}; switch or shared CPU`;
    default:
      return limit satisfies never;
  }
}

export const perCpu: ResultColumn = {
  key: 'perCpu',
  dimensions: RATES,
  shown(cases) {
    const scale = throughputScale(cases);
    return [
      figures(
        null,
        `${scale.unit}/CPU`,
        (one) => {
          const pps = ppsOfCpu(one);
          return pps === null ? '' : inScale(pps, scale);
        },
        { yields: TURN.detail },
      ),
    ];
  },
  exported: [
    {
      ...{ name: 'throughput_pps_per_cpu', type: 'number', unit: 'packets/s' },
      meaning: 'goodput for each CPU that was busy: median throughput over median CPUs',
      of: ppsOfCpu,
    },
  ],
};

function ppsOfCpu({ summary }: CaseResult): number | null {
  return summary === null || summary.cpu.total === 0 ? null : summary.throughputPps.median / summary.cpu.total;
}

/** Where both ends send, the figures of each way, of which the throughput is the sum. */
export const ways: ResultColumn = {
  key: 'ways',
  dimensions: ['throughput', 'capacity', 'latency', 'burst', 'churn'],
  shown(cases) {
    if (!cases.some(({ summary }) => (summary?.ways ?? null) !== null)) return [];
    const scale = throughputScale(cases);
    // Of a case in one direction there is nothing to say.
    return (['there', 'back'] as const).flatMap((name) => [
      figures(
        name,
        scale.unit,
        ({ summary }) => (summary?.ways == null ? '' : inScale(summary.ways[name].throughputPps.median, scale)),
        { yields: TURN.ways },
      ),
      figures(
        `${name}\nloss`,
        null,
        ({ summary }) => (summary?.ways == null ? '' : percentLost(summary.ways[name].lossRatio)),
        { yields: TURN.secondary },
      ),
    ]);
  },
  exported: (['there', 'back'] as const).flatMap((way) => {
    const from = way === 'there' ? 'source to sink' : 'sink to source';
    return [
      {
        ...{ name: `${way}_loss_ratio`, type: 'number' as const, unit: 'ratio' },
        meaning: `where both ends send, the loss from ${from}`,
        of: (r: CaseResult) => r.summary?.ways?.[way].lossRatio,
      },
      ...intervalColumns({
        ...{ prefix: `${way}_throughput_pps`, unit: 'packets/s' },
        title: `where both ends send, goodput from ${from}`,
        of: ({ summary }) => summary?.ways?.[way].throughputPps,
      }),
    ];
  }),
};

/** One unit for all throughputs of a table. */
function throughputScale(cases: readonly CaseResult[]): Scale {
  return ppsScale(cases.map(({ summary }) => summary?.throughputPps.median ?? 0));
}
