// SPDX-License-Identifier: Apache-2.0
import { spreadCharts } from '../chart-rows.ts';
import { figures, type Section } from './section.ts';

export const spreadSection: Section = {
  id: 'spread',
  title: () => 'Every round',
  content: ({ result }) => figures(spreadCharts(result)),
};
