// SPDX-License-Identifier: Apache-2.0
// The report: one HTML file that needs nothing beside it, neither a font nor the network.
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import { sumOf } from '../stats/sum.ts';
import { answerList } from './answer-list.ts';
import type { Explorer } from './explore/explorer.ts';
import { hostName, namesTestbeds } from './format.ts';
import { exploredPage } from './html-page.ts';
import { isPacked } from './later.ts';
import { sectionRegistry } from './sections/registry.ts';
import { foldedAway, type Page, pageOf, type Section } from './sections/section.ts';
import { shardName, shardSentences } from './shard-words.ts';

/**
 * The whole report of a campaign as one self-contained HTML document. Everything from the campaign is escaped. Its figures can be worked with
 * where there is an `explorer`, and are all there without.
 */
export async function renderHtml(
  stored: CampaignResult,
  sections: readonly Section[] = sectionRegistry,
  explorer: Explorer | null = null,
): Promise<string> {
  const page = pageOf(stored, explorer !== null);
  const filled = (await Array.fromAsync(sections, (section) => fill(section, page))).filter((one) => one !== null);
  const isFolded = isPacked(page.result.results.length);
  const tools = explorer === null || isFolded ? explorer : { ...explorer, inflater: null };
  return exploredPage(stored.title, tools, [
    pageHeader(page.result, filled),
    h('main', null, ...filled.map(({ node }) => node)),
    pageFooter(page.result, explorer !== null),
  ]);
}

export interface Filled {
  id: string;
  title: string;
  node: ComponentChild;
}

/** A section with its heading; null where it would be empty. */
export async function fill(section: Section, page: Page): Promise<Filled | null> {
  const content = await section.content(page);
  if (content.every((part) => part === null)) return null;
  const { id } = section;
  const title = section.title(page);
  const words = section.folded?.(page) ?? null;
  const shown =
    words === null ? content : [foldedAway(page, words, content, { instead: section.instead?.(page) ?? [] })];
  return {
    id,
    title,
    node: h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...shown),
  };
}

function pageHeader(result: CampaignResult, sections: readonly Filled[]): ComponentChild {
  const named = namesTestbeds(result);
  const [first] = result.hosts;
  return h(
    'header',
    null,
    h('p', { class: 'over' }, 'vswbench report'),
    h('h1', null, result.title),
    h(
      'p',
      { class: 'meta' },
      [
        `${result.startedAt.replace('T', ' ').slice(0, 16)} UTC`,
        ...(named || first === undefined ? [] : [first.inventory.hostname, ...machineWords(first)]),
        `campaign ${result.id}`,
      ].join(' · '),
    ),
    ...(named
      ? result.hosts.map((host) => h('p', { class: 'meta' }, [hostName(host), ...machineWords(host)].join(' · ')))
      : []),
    ...shardSentences(result.shards).map((line) => h('p', { class: 'meta' }, line)),
    answerList(result),
    h('nav', { 'aria-label': 'Contents' }, ...sections.map(({ id, title }) => h('a', { href: `#${id}` }, title))),
  );
}

function machineWords({ inventory }: HostRecord): string[] {
  return [`${inventory.cpuModel}, ${inventory.cpus.length} CPUs`, `Linux ${inventory.kernel}`];
}

function pageFooter(result: CampaignResult, isExplored: boolean): ComponentChild {
  const trials = sumOf(result.results, ({ evidence }) => evidence.trials);
  const shard = shardName(result.shards);
  const state =
    result.endedAt === null ? 'unfinished' : `finished ${result.endedAt.replace('T', ' ').slice(0, 16)} UTC`;
  return h(
    'footer',
    null,
    `${result.results.length} cases, ${trials} trials${shard === null ? '' : ` (${shard})`}, ${state}. This file is complete in itself: it loads nothing${withoutScripts(result.results.length, isExplored)}.`,
  );
}

function withoutScripts(cases: number, isExplored: boolean): string {
  if (!isExplored) return ' and runs nothing';
  return isPacked(cases)
    ? '. Its scripts unfold its tables and drawings; vswbench report --static writes it without any'
    : ', and is as complete without its scripts';
}
