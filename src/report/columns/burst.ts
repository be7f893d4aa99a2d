// SPDX-License-Identifier: Apache-2.0
import { depthCells, trainBounds } from '../bursts.ts';
import { PACKETS } from '../format.ts';
import { intervalColumns } from '../tables/interval-columns.ts';
import { figures, interval, numbers, type ResultColumn, TURN } from './column.ts';

export const longestBurst: ResultColumn = {
  key: 'longestBurst',
  dimensions: ['burst'],
  shown: () => [
    numbers('Longest burst', PACKETS, ({ summary }) => summary?.burst?.longestPackets.median, { decides: true }),
    interval(PACKETS, ({ summary }) => summary?.burst?.longestPackets),
    figures('between', null, ({ summary }) => (summary?.burst == null ? '–' : trainBounds(summary.burst)), {
      yields: TURN.bounds,
    }),
  ],
  exported: intervalColumns({
    ...{ prefix: 'longest_packets', unit: 'packets', title: 'longest burst that comes through' },
    of: ({ summary }) => summary?.burst?.longestPackets,
  }),
};

/** How deep the path is by that. */
export const depth: ResultColumn = {
  key: 'depth',
  dimensions: ['burst'],
  shown: () => [
    figures('Depth', 'packets', ({ summary }) => depthCells(summary?.burst ?? null)[0]),
    figures('Depth', 'µs', ({ summary }) => depthCells(summary?.burst ?? null)[1]),
  ],
  exported: [
    {
      ...{ name: 'depth_packets', type: 'number', unit: 'packets' },
      meaning: 'median of how many packets the path held at the end of that burst',
      of: ({ summary }) => summary?.burst?.depthPackets,
    },
    {
      ...{ name: 'depth_ns', type: 'number', unit: 'ns' },
      meaning: 'how long the path takes to forward these',
      of: ({ summary }) => summary?.burst?.depthNs,
    },
  ],
};
