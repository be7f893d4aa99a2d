// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../../model/result.ts';
import type { Chart } from '../chart.ts';
import { exploredDocument, type ToldCases, toldCases } from '../explore/document.ts';
import { drawFigure } from '../html-page.ts';
import { isPacked, later } from '../later.ts';
import { shownResult } from '../shown.ts';

/** What sections are made of: a campaign as the page shows it (`shown.ts`), and as it was stored. */
export interface Page {
  result: CampaignResult;
  stored: CampaignResult;
  /** What figures tell of the cases of `result` where they can be worked with; null where they are pictures. */
  told: ToldCases | null;
}

/** `isExplored`: what is needed for it is in the page. */
export function pageOf(stored: CampaignResult, isExplored: boolean): Page {
  const result = shownResult(stored);
  return { result, stored, told: isExplored ? toldCases(result) : null };
}

/** A section of the page. One file each; `registry.ts` has their order. */
export interface Section {
  /** The name of its file, and of its place in the page. */
  id: string;
  title(page: Page): string;
  /** What stands below its heading. Where there is nothing but nulls, the page has neither the section nor its heading. */
  content(page: Page): readonly ComponentChild[] | Promise<readonly ComponentChild[]>;
  /** Behind which words the content is folded away; null, or absent, where it is open. */
  folded?(page: Page): string | null;
  /** What of it is read where it is folded up and no scripts run. */
  instead?(page: Page): readonly ComponentChild[];
}

/** Charts, drawn. A single one is what its section is about: the section's heading is its own. */
export async function figures({ result, told }: Page, charts: readonly (Chart | null)[]): Promise<ComponentChild[]> {
  const present = charts.flatMap((chart) => chart ?? []);
  const cases = result.results.length;
  // One after another: a drawing of hundreds of panels takes a hundred megabytes while it is made.
  return Array.fromAsync(present, (chart) =>
    drawFigure(
      chart,
      present.length > 1,
      (width) => told && exploredDocument(chart, told, width),
      (drawings) => (told === null || !isPacked(cases) ? drawings : later(drawings, cases)),
    ),
  );
}

/** Up to so many rows a table is shown at once; more are behind a click. */
export const ROWS_OPEN_MAX = 12;

/** What there is for each case is folded away where there are many, so that the page is not a roll. Printed, all of it is open. */
export function foldedFrom({ results }: CampaignResult, words: string): string | null {
  return results.length > CASES_OPEN_MAX ? `${words} (${results.length} cases)` : null;
}

const CASES_OPEN_MAX = 48;

/**
 * Content behind a click. Of a large campaign, where scripts run, it is text until then: tables and ledgers of thousands of elements are not
 * made before somebody wants to see them. `instead` is of very large ones where none run.
 */
export function foldedAway(
  { result, told }: Page,
  words: ComponentChild,
  content: readonly ComponentChild[],
  { instead = [], ...attributes }: { open?: boolean; instead?: readonly ComponentChild[] } = {},
): ComponentChild {
  const isLater = told !== null && attributes.open !== true && result.results.length > CASES_OPEN_MAX;
  return h(
    'details',
    attributes,
    h('summary', null, words),
    ...(isLater ? later(content, result.results.length, instead) : content),
  );
}
