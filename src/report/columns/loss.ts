// SPDX-License-Identifier: Apache-2.0
import { DIMENSIONS } from '../../model/parameter.ts';
import { backgroundOffered, flooded as floodedCell, flowsWithLoss, percentLost } from '../format.ts';
import { figures, type ResultColumn, TURN } from './column.ts';

export const loss: ResultColumn = {
  key: 'loss',
  dimensions: DIMENSIONS,
  shown: () => [figures('Loss', null, ({ summary }) => (summary === null ? '' : percentLost(summary.lossRatio)))],
  exported: [
    {
      ...{ name: 'loss_ratio', type: 'number', unit: 'ratio' },
      meaning: 'lost of the packets sent within the measured windows of all trials',
      of: (r) => r.summary?.lossRatio,
    },
  ],
};

/** What went beside. */
export const background: ResultColumn = {
  key: 'background',
  dimensions: DIMENSIONS,
  shown: (cases) =>
    cases.some(({ evidence }) => evidence.background !== null)
      ? [figures('Sent\nbeside', null, backgroundOffered, { yields: TURN.secondary })]
      : [],
  exported: [
    {
      ...{ name: 'background_offered_pps', type: 'number', unit: 'packets/s' },
      meaning:
        'median of what the background sent within the steady state; empty, as the next one, where there is none',
      of: (r) => r.evidence.background?.offeredPps,
    },
    {
      ...{ name: 'background_loss_ratio', type: 'number', unit: 'ratio' },
      meaning: 'lost of what the background sent, all trials together',
      of: (r) => r.evidence.background?.lossRatio,
    },
  ],
};

export const flooded: ResultColumn = {
  key: 'flooded',
  dimensions: DIMENSIONS,
  shown: (cases) =>
    cases.some(({ evidence }) => evidence.floodedRatio !== null)
      ? [figures('Flooded', null, floodedCell, { yields: TURN.secondary })]
      : [],
  exported: [
    {
      ...{ name: 'flooded_ratio', type: 'number', unit: 'ratio' },
      meaning:
        'share of the packets sent that receivers of other pairs got as well, where an end has many Ethernet addresses; empty for one pair and for round trips',
      of: (r) => r.evidence.floodedRatio,
    },
  ],
};

export const flows: ResultColumn = {
  key: 'flows',
  dimensions: DIMENSIONS,
  shown: (cases) =>
    cases.some(({ evidence }) => evidence.flows !== null)
      ? [figures('Flows with\nloss', null, flowsWithLoss, { yields: TURN.secondary })]
      : [],
  exported: [
    {
      ...{ name: 'flows_with_loss_ratio', type: 'number', unit: 'ratio' },
      meaning: 'share of the flows that lost a packet, all trials together; empty where flows are not counted',
      of: ({ evidence: { flows: counted } }) => (counted === null ? null : counted.withLoss / counted.count),
    },
  ],
};

/** Only where pairs ran side by side there is something to share. */
export const fairness: ResultColumn = {
  key: 'fairness',
  dimensions: DIMENSIONS,
  shown: (cases) =>
    cases.some(({ summary }) => (summary?.fairness ?? null) !== null)
      ? [figures('Fair', null, ({ summary }) => summary?.fairness?.toFixed(3) ?? '', { yields: TURN.secondary })]
      : [],
  exported: [
    {
      ...{ name: 'fairness', type: 'number', unit: 'ratio' },
      meaning: "Jain's index over the pairs: 1 is equal",
      of: (r) => r.summary?.fairness,
    },
  ],
};
