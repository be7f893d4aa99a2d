// SPDX-License-Identifier: Apache-2.0
// The lines of a card's pages side by side, and what is to be said beside them.
import type { Card } from '../model/card.ts';
import type { Flag } from '../model/result.ts';
import type { CardPage } from './card.ts';

export interface CardRow {
  section: string;
  label: string;
  cells: readonly string[];
}

/** The same lines on all pages, in the order of the first; a page that lacks one has a dash. */
export function cardRows(pages: readonly CardPage[]): CardRow[] {
  const keys = new Map<string, { section: string; label: string }>();
  for (const { lines } of pages)
    for (const { section, label } of lines) keys.set(`${section}\n${label}`, { section, label });
  const sections = [...new Set([...keys.values()].map(({ section }) => section))];
  return sections.flatMap((section) =>
    [...keys.values()]
      .filter((one) => one.section === section)
      .map(({ label }) => ({
        ...{ section, label },
        cells: pages.map(
          ({ lines }) => lines.find((one) => one.section === section && one.label === label)?.cell ?? '–',
        ),
      })),
  );
}

/** When it began, on what machine, and what was asked for. */
export function askedWords({ asked, startedAt }: Card, pages: readonly CardPage[]): string {
  const given = Object.entries(asked).map(([key, value]) => `${key} ${value}`);
  const machine = pages.find(({ facts }) => facts.machine !== null)?.facts.machine ?? null;
  const when = `${startedAt.replace('T', ' ').slice(0, 16)} UTC`;
  return [when, ...(machine === null ? [] : [machine]), given.join(', ')].filter((part) => part !== '').join(' · ');
}

/** Steps over flows, and parts that are missing. */
export function noteLines({ facts }: CardPage): string[] {
  const name = `${facts.switch} with ${facts.io}`;
  return [...facts.cliffs, ...facts.missing.map(({ part, reason }) => `${name}: no ${part}: ${reason}`)];
}

/** The flags of all pages, and whose they are where not everybody has them. */
export function flagsOf(pages: readonly CardPage[]): { flag: Flag; whose: string }[] {
  const flags = [...new Set(pages.flatMap(({ facts }) => facts.flags))].sort();
  return flags.map((flag) => {
    const of = pages.filter(({ facts }) => facts.flags.includes(flag)).map(({ facts }) => facts.switch);
    return { flag, whose: of.length === pages.length ? '' : ` (${[...new Set(of)].join(', ')})` };
  });
}
