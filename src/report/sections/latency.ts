// SPDX-License-Identifier: Apache-2.0
import { latencyCharts, latencySweepCharts } from '../chart-lines.ts';
import { figures, type Section } from './section.ts';

export const latencySection: Section = {
  id: 'latency',
  title: () => 'Round-trip latency',
  content: (page) => figures(page, [...latencyCharts(page.result), ...latencySweepCharts(page.result)]),
};
