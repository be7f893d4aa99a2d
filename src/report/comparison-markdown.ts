// SPDX-License-Identifier: Apache-2.0
// A comparison as a comment under a pull request.
import type { ComparedCase } from '../stats/compare.ts';
import { type ComparisonReport, doubtfulMarks, figure, interval, percent } from './comparison.ts';
import { caseName, counted, describeAlone } from './format.ts';
import { escapeMarkdown, markdownTable } from './markdown.ts';
import type { Column } from './table.ts';

/** By which a bot finds its comment again. */
const MARKER = '<!-- vswbench compare -->';

const COLUMNS: readonly Column<ComparedCase>[] = [
  { title: 'Case', align: 'left', cell: (one) => nameOf(one) },
  { title: 'Before', align: 'right', cell: (one) => figure(one.a, one.case.dimension) },
  { title: 'After', align: 'right', cell: (one) => figure(one.b, one.case.dimension) },
  { title: 'Change', align: 'right', cell: ({ effect }) => percent(effect?.percent) },
  { title: '95 % interval', align: 'right', cell: ({ effect }) => interval(effect) },
  { title: 'Verdict', align: 'left', cell: ({ verdict }) => verdict },
];

/** The comparison of two campaigns, the first of them before a change and the second after it, as GitHub's Markdown. */
export function comparisonMarkdown({ a, b, comparison, machines, conditions, hosts = [] }: ComparisonReport): string {
  const compared = comparison.cases.filter(({ verdict }) => verdict !== 'not compared');
  const untold = comparison.cases.filter(({ verdict }) => verdict === 'not compared');
  const count = (verdict: ComparedCase['verdict']) => compared.filter((one) => one.verdict === verdict).length;
  const headline =
    compared.length === 0
      ? 'No case could be compared.'
      : `${counted(compared.length, 'case')} compared: ${count('slower')} slower, ${count('faster')} faster, no difference found in ${count('no difference')}.`;
  const blocks = [
    [MARKER],
    [`**${headline}**`],
    compared.length === 0 ? [] : markdownTable(COLUMNS, compared),
    bulleted('Flags that weaken a verdict', doubtfulMarks(compared, false)),
    bulleted(
      'Not compared',
      untold.map((one) => `${nameOf(one)}: ${one.reason}`),
    ),
    bulleted(
      'The machines differ, and with them what is compared',
      machines.map(({ what, ...sides }) => `${what}: ${sides.a} / ${sides.b}`),
    ),
    bulleted(
      'Also different',
      conditions.map(({ what, ...sides }) => `${what}: ${sides.a} / ${sides.b}`),
    ),
    [
      escapeMarkdown(
        [
          `Before: campaign ${a.campaign}. After: campaign ${b.campaign}.`,
          ...hosts.map(({ inventory }) => `${inventory.hostname}: ${inventory.cpuModel}, Linux ${inventory.kernel}.`),
        ].join(' '),
      ),
    ],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function nameOf({ case: testCase }: ComparedCase): string {
  return `${caseName(testCase)}, ${describeAlone(testCase)}`;
}

function bulleted(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, '', ...items.map((item) => `- ${escapeMarkdown(item)}`)];
}
