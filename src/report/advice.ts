// SPDX-License-Identifier: Apache-2.0
// Advice out of a campaign, on a terminal and as Markdown: the tree, the paths in one table, and where they overtake each other.

import type { CampaignResult } from '../model/result.ts';
import type { Branch } from '../stats/advice.ts';
import { pathRows } from '../stats/paths.ts';
import { adviceLines, conditionOf, flaggedEverywhere } from './advice-words.ts';
import { crossoverSummary } from './crossover-words.ts';
import { pathMarkdown, pathTable } from './path-table.ts';
import { clean, painter, type TerminalOptions, wrap, writtenColumns } from './text.ts';

/** What is common to all figures here. */
const READING =
  'Advised is what the tests tell apart from all else that the application could use, of this machine and this campaign alone; docs/choosing.md says how to read it.';

/** `result` is as it is shown (shown.ts), and the branches are of it. */
export function renderAdvice(result: CampaignResult, branches: readonly Branch[], options: TerminalOptions): string {
  const columns = writtenColumns(options);
  const paint = painter(options.color);
  const told = (lines: readonly string[]) => lines.flatMap((line) => wrap(clean(line), columns, 2));
  const crossovers = crossoverSummary(result);
  const rows = pathRows(result);
  const blocks = [
    wrap(clean(`${result.title} (${result.id})`), columns, 0).map((line) => paint(line, 'bold')),
    rows.length === 0 ? [] : pathTable(rows, columns, paint),
    ...branches.map((branch) => [
      paint(conditionOf(branch), 'bold'),
      ...told(adviceSentences(result, branches, branch).map((line) => `- ${line}.`)),
    ]),
    crossovers.length === 0 ? [] : [paint('Crossovers', 'bold'), ...told(crossovers.map((line) => `${line}.`))],
    readingOf(result).flatMap((line) => wrap(line, columns, 0).map((part) => paint(part, 'dim'))),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** What to know of all figures. */
export function readingOf(result: CampaignResult): string[] {
  const flagged = flaggedEverywhere(result);
  return [READING, ...(flagged === null ? [] : [`${flagged}.`])];
}

/** Without full stops; goals of which the same is said are told in one line, as where a campaign has none of a class. */
export function adviceSentences(result: CampaignResult, branches: readonly Branch[], branch: Branch): string[] {
  const lines = adviceLines(result, branches, branch);
  return [...Map.groupBy(lines, ({ sentence }) => sentence)].map(
    ([sentence, those]) => `${those.map(({ goal }) => goal).join(' / ')}: ${sentence}`,
  );
}

export function adviceMarkdown(result: CampaignResult, branches: readonly Branch[]): string {
  const crossovers = crossoverSummary(result);
  const rows = pathRows(result);
  return [
    `# ${result.title}`,
    `Campaign ${result.id}. ${readingOf(result).join(' ')}`,
    ...(rows.length === 0 ? [] : [pathMarkdown(rows).join('\n')]),
    ...branches.flatMap((branch) => [
      `## ${conditionOf(branch)}`,
      adviceSentences(result, branches, branch)
        .map((line) => `- ${line}.`)
        .join('\n'),
    ]),
    ...(crossovers.length === 0 ? [] : ['## Crossovers', crossovers.map((line) => `- ${line}.`).join('\n')]),
  ]
    .map(cleanLines)
    .join('\n\n');
}

/** Nothing of a title drives whoever prints it; line feeds are ours. */
function cleanLines(block: string): string {
  return block.split('\n').map(clean).join('\n');
}
