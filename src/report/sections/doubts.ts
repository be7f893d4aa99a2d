// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { caseColumn } from '../case-cells.ts';
import { dataTable } from '../data-table.ts';
import { doubts } from '../doubts.ts';
import { grouped } from '../format.ts';
import { foldedAway, type Page, type Section } from './section.ts';

export const doubtsSection: Section = {
  id: 'doubts',
  title: () => 'What would make these figures wrong',
  content: (page) => doubtParts(page),
};

function doubtParts(page: Page): ComponentChild[] {
  const { result } = page;
  return [
    h(
      'p',
      { class: 'soft' },
      'Read these before quoting a figure. They come from what the machine recorded, case by case.',
    ),
    h(
      'ul',
      { class: 'doubts' },
      ...doubts(result).map(({ what, consequence }) => h('li', null, h('strong', null, `${what}. `), consequence)),
    ),
    foldedAway(page, 'Evidence, case by case', [noiseTable(result)]),
  ];
}

/** What else the machine did during each case: the worst trial, since that is the one that would mislead. */
function noiseTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) =>
    one.evidence.worst === null ? [] : [{ one, worst: one.evidence.worst }],
  );
  // A dash where the kernel told nothing.
  const told = (value: number | null, factor: number, digits: number) =>
    value === null ? '–' : (factor * value).toFixed(digits);
  return dataTable({
    caption: 'Evidence of disturbance, the worst trial of each case',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Steal', number: true, cell: ({ worst }) => `${told(worst.stealRatio, 100, 2)} %` },
      { title: 'Involuntary switches/s', number: true, cell: ({ worst }) => told(worst.involuntarySwitchesPerS, 1, 0) },
      { title: 'Softirq CPUs', number: true, cell: ({ worst }) => told(worst.softirqCpus, 1, 2) },
      { title: 'Interrupts/s', number: true, cell: ({ worst }) => told(worst.interruptsPerS, 1, 0) },
      { title: 'Frequency change, %', number: true, cell: ({ worst }) => told(worst.frequencyChangeRatio, 100, 1) },
      { title: 'CPU pressure, %', number: true, cell: ({ worst }) => told(worst.cpuPressureRatio, 100, 0) },
      { title: 'Duplicated', number: true, cell: ({ worst }) => grouped(worst.duplicatedPackets) },
      { title: 'Reordered', number: true, cell: ({ worst }) => grouped(worst.reorderedPackets) },
      { title: 'Corrupted', number: true, cell: ({ worst }) => grouped(worst.corruptedPackets) },
      { title: 'Disturbed because', cell: ({ one }) => one.evidence.disturbances.join('; ') },
    ],
  });
}
