// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { crossoverSummary } from '../crossover-words.ts';
import type { Section } from './section.ts';

export const crossoversSection: Section = {
  id: 'crossovers',
  title: () => 'Who overtakes whom',
  content: ({ result }) => [crossoverList(result)],
};

/** Where one path overtakes another along packet size or burst; null where neither is swept. */
function crossoverList(result: CampaignResult): ComponentChild {
  const lines = crossoverSummary(result);
  if (lines.length === 0) return null;
  return h('ul', null, ...lines.map((sentence) => h('li', null, `${sentence}.`)));
}
