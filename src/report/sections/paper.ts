// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { table2Charts } from '../chart-bars.ts';
import { listed } from '../format.ts';
import { paper, publishedPps } from '../paper.ts';
import { figures, type Section } from './section.ts';

export const paperSection: Section = {
  id: 'paper',
  title: () => 'The paper’s table 2, measured again',
  content: async (page) => {
    const charts = await figures(page, table2Charts(page.stored));
    return charts.length === 0 ? [] : [...charts, paperSource(page.stored)];
  },
};

function paperSource(result: CampaignResult): ComponentChild {
  const missing = result.results.filter((one) => publishedPps(one.case) !== null && one.summary === null);
  const note = missing.length === 0 ? '' : ` Not measured here: ${listed(missing.map((one) => one.case.io))}.`;
  return h(
    'p',
    { class: 'soft' },
    `Published figures: ${paper.citation}, doi:${paper.doi}. Its machine: ${paper.machine}.${note}`,
  );
}
