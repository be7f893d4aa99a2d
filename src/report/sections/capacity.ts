// SPDX-License-Identifier: Apache-2.0
import { capacityCharts } from '../chart-capacity.ts';
import { figures, type Section } from './section.ts';

export const capacitySection: Section = {
  id: 'capacity',
  title: () => 'Capacity',
  content: (page) => figures(page, capacityCharts(page.result)),
};
