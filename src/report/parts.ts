// SPDX-License-Identifier: Apache-2.0
// What of the report stands on other pages too: its answers, its figures and its doubts, by the same sections.
import { type ComponentChild, Fragment, h } from 'preact';
import { render } from 'preact-render-to-string';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { groupKey, groupOf } from '../stats/group.ts';
import { answerList } from './answer-list.ts';
import { fill } from './html.ts';
import { sectionRegistry } from './sections/registry.ts';
import { pageOf } from './sections/section.ts';

export interface ReportParts {
  /** How many cases they are about. */
  cases: number;
  /** HTML, in which everything from the campaign is escaped. */
  answers: string;
  sections: { id: string; title: string; html: string }[];
}

/** Tables, ledgers and machines are on those pages in a form of their own. */
const PARTS = ['choice', 'throughput', 'crossovers', 'capacity', 'latency', 'variation', 'spread', 'cpu', 'doubts'];

/**
 * Of the cases that `isShown`. What is faster is judged among all of them all the same, and told of each set of parameters of which a case is
 * shown: a filter changes no verdict.
 */
export async function reportParts(
  stored: CampaignResult,
  isShown: (one: CaseResult) => boolean = () => true,
): Promise<ReportParts> {
  const whole = pageOf(stored, true);
  const results = whole.result.results.filter((_, index) => {
    const one = stored.results[index];
    return one !== undefined && isShown(one);
  });
  const page = { ...whole, result: { ...whole.result, results } };
  const groups = new Set(results.map((one) => groupKey(groupOf(one.case))));
  const sections = sectionRegistry.filter(({ id }) => PARTS.includes(id));
  const filled = results.length === 0 ? [] : await Array.fromAsync(sections, (section) => fill(section, page));
  return {
    cases: results.length,
    answers: html(answerList(whole.result, (group) => groups.has(groupKey(group)))),
    sections: filled.flatMap((one) => (one === null ? [] : [{ id: one.id, title: one.title, html: html(one.node) }])),
  };
}

function html(node: ComponentChild): string {
  return render(h(Fragment, null, node));
}
