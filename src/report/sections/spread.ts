// SPDX-License-Identifier: Apache-2.0
import { spreadCharts } from '../chart-rows.ts';
import { figures, foldedFrom, type Section } from './section.ts';

export const spreadSection: Section = {
  id: 'spread',
  title: () => 'Every round',
  folded: ({ result }) => foldedFrom(result, 'Every round of every case'),
  content: (page) => figures(page, spreadCharts(page.result)),
};
