// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { throughputCharts } from '../chart-bars.ts';
import { hitCharts } from '../chart-hits.ts';
import { sweepCharts } from '../chart-lines.ts';
import { cliffLines } from '../cliff-words.ts';
import { figures, type Section } from './section.ts';

export const throughputSection: Section = {
  id: 'throughput',
  title: () => 'Throughput',
  content: async (page) => {
    const { result } = page;
    const charts = [...throughputCharts(result), ...sweepCharts(result), ...hitCharts(result)];
    return [stepList(result), ...(await figures(page, charts))];
  },
};

/** Where throughput falls as flows are swept; null where they are not. */
function stepList(result: CampaignResult): ComponentChild {
  const lines = cliffLines(result);
  if (lines.length === 0) return null;
  return h('ul', null, ...lines.map(({ sentence }) => h('li', null, `${sentence}.`)));
}
