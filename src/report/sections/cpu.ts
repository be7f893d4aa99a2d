// SPDX-License-Identifier: Apache-2.0
import type { ComponentChild } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import { caseColumn } from '../case-cells.ts';
import { costCharts } from '../chart-cost.ts';
import { cpuCharts } from '../chart-rows.ts';
import { dataTable } from '../data-table.ts';
import { figures, foldedAway, foldedFrom, type Page, ROWS_OPEN_MAX, type Section } from './section.ts';

export const cpuSection: Section = {
  id: 'cpu',
  title: () => 'CPU use',
  content: async (page) => [
    ...(await figures(page, costCharts(page.result))),
    ...(await rowCharts(page)),
    costDetails(page),
    switchFiguresTable(page.result),
  ],
};

/** A row a case: many of them are folded away. */
async function rowCharts(page: Page): Promise<ComponentChild[]> {
  const charts = await figures(page, cpuCharts(page.result));
  const words = foldedFrom(page.result, 'CPU use of every case');
  return words === null ? charts : [foldedAway(page, words, charts)];
}

function costDetails(page: Page): ComponentChild {
  const table = costTable(page.result);
  if (table === null) return null;
  return foldedAway(page, 'What a packet costs', [table], { open: page.result.results.length <= ROWS_OPEN_MAX });
}

/** What a packet costs, the median over each case's measured trials; null where nothing was measured. */
function costTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) => (one.evidence.measured === 0 ? [] : [{ one, cost: one.evidence.cost }]));
  if (rows.length === 0) return null;
  type Row = (typeof rows)[number];
  const told = (value: number | null, digits = 0) => value?.toFixed(digits) ?? '–';
  const counted = rows.some(({ cost }) => cost.senderCyclesPerPacket !== null || cost.receiverCyclesPerPacket !== null);
  return dataTable<Row>({
    caption: `What a packet costs, median of the trials${counted ? '' : ' (this machine does not count cycles and instructions)'}`,
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'CPU time, ns/packet', number: true, cell: ({ cost }) => told(cost.cpuNsPerPacket) },
      { title: 'Softirq CPUs', number: true, cell: ({ cost }) => told(cost.softirqCpus, 2) },
      {
        title: 'of the sender’s time',
        number: true,
        cell: ({ cost: { softirqOfSender: share } }) => (share === null ? '–' : `${(100 * share).toFixed(0)} %`),
      },
      ...(counted
        ? [
            {
              title: 'Cycles/packet, source / sink',
              number: true,
              cell: ({ cost }: Row) => `${told(cost.senderCyclesPerPacket)} / ${told(cost.receiverCyclesPerPacket)}`,
            },
            {
              title: 'Instructions/packet',
              number: true,
              cell: ({ cost }: Row) =>
                `${told(cost.senderInstructionsPerPacket)} / ${told(cost.receiverInstructionsPerPacket)}`,
            },
          ]
        : []),
    ],
  });
}

/** What switches tell of themselves, the median over each case's trials; null where none tells anything. */
function switchFiguresTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) =>
    Object.entries(one.evidence.switchFigures).map(([name, value]) => ({ one, name, value })),
  );
  if (rows.length === 0) return null;
  return dataTable({
    caption: 'What switches tell of themselves over the steady state, median of the trials',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Figure', cell: ({ name }) => name },
      { title: 'Value', number: true, cell: ({ value }) => (value >= 10 ? value.toFixed(1) : value.toFixed(3)) },
    ],
  });
}
