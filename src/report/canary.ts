// SPDX-License-Identifier: Apache-2.0
// What the canaries of a testbed say, in a few lines.
import type { Canary } from '../model/canary.ts';
import { type Certainty, changedText, figureName, type Standing } from '../stats/canaries.ts';
import type { Shift } from '../stats/drift.ts';
import { probability, signedPercent } from './format.ts';
import { clean, painter, type Style, type TerminalOptions, wrap, writtenColumns } from './text.ts';

export interface ToldCanaries {
  /** Of one testbed, oldest first; not empty. */
  canaries: readonly Canary[];
  standing: Standing;
  certainty: Certainty | null;
}

const STYLES: Record<Standing['state'], Style> = {
  learning: 'dim',
  steady: 'green',
  suspect: 'yellow',
  drifted: 'red',
};

/** The state of a testbed, why, how far that can be relied on, and what is to be done. */
export function renderCanaries({ canaries, standing, certainty }: ToldCanaries, options: TerminalOptions): string {
  const paint = painter(options.color);
  const columns = writtenColumns(options);
  const testbed = clean(canaries.at(-1)?.testbed ?? '');
  const lines = [
    ...linesOf(standing),
    ...(certainty === null ? [] : certaintyLines(certainty)),
    ...acceptedLines(canaries),
  ];
  return [
    `Testbed ${testbed}: ${paint(standing.state, STYLES[standing.state])}`,
    ...lines.flatMap((line) => wrap(clean(line), columns, 2)),
  ].join('\n');
}

function linesOf(standing: Standing): string[] {
  switch (standing.state) {
    case 'learning': {
      const { canaries, needed } = standing;
      return [`${canaries} of ${needed} canaries that are needed before one is judged.`];
    }
    case 'steady':
      return [];
    case 'suspect':
      return [
        `${figureName(standing.figure)} is not what it was. One canary alone decides nothing: measure another in ten minutes, and give the testbed no work before.`,
      ];
    case 'drifted': {
      const { shifts, changes, lastGoodAt, foundAt } = standing;
      return [
        `It is not what it was until ${instant(lastGoodAt)}, found at ${instant(foundAt)}: ${shifts.map(shiftText).join('; ')}.`,
        changes.length === 0 ? 'Its record has not changed.' : `What changed in its record: ${changedText(changes)}.`,
        'What it measured since is flagged. Put it right, or leave it, and take the level of the next canary for the right one: vswbench canary --accept WHY.',
      ];
    }
    default:
      return standing satisfies never;
  }
}

function certaintyLines({ falseAlarms: { alarms, splits }, smallest }: Certainty): string[] {
  const found = Object.entries(smallest).map(
    ([figure, ratio]) => `${figureName(figure)} ${(100 * ratio).toFixed(1)} %`,
  );
  return [
    `Two canaries after one another show a change of: ${found.join(', ')}.`,
    `False alarms, A/A: ${alarms} of ${splits} random orders of its own canaries.`,
  ];
}

function acceptedLines(canaries: readonly Canary[]): string[] {
  const accepted = canaries.findLast((one) => one.accepted !== null)?.accepted;
  return accepted === undefined || accepted === null
    ? []
    : [`Level accepted by ${accepted.by} at ${instant(accepted.at)}: ${accepted.why}`];
}

function shiftText({ figure, ratio, pValue }: Shift): string {
  const [low, high] = [ratio.low, ratio.high].map((one) => (one === null ? null : signedPercent(100 * (one - 1))));
  const interval = low === null || high === null ? '' : `${low} to ${high}, `;
  const chance = `p ${pValue < 0.0001 ? '' : '= '}${probability(pValue)}`.replace('p <', 'p < ');
  return `${figureName(figure)} ${signedPercent(100 * (ratio.ratio - 1))} (${interval}${chance})`;
}

function instant(text: string): string {
  return `${text.replace('T', ' ').slice(0, 16)} UTC`;
}
