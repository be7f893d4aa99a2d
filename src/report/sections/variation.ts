// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import { percentOfAll, variationLines } from '../variation-words.ts';
import type { Section } from './section.ts';

export const variationSection: Section = {
  id: 'variation',
  title: () => 'What makes the difference',
  content: ({ result }) => {
    const lines = variationLines(result);
    return lines.length === 0 ? [null] : [h('p', { class: 'soft' }, READING), ...lines.map(variationTable)];
  },
};

const READING =
  'Shares of the variance of all rounds of all cases, by what varied (Jain 1991, chapters 17 to 22). They are of the values that were chosen here: more sizes give size a larger share.';

function variationTable({ of, shares, note }: ReturnType<typeof variationLines>[number]): ComponentChild {
  return h(
    'div',
    null,
    h('h3', null, of),
    h('dl', null, ...shares.flatMap(({ name, share }) => [h('dt', null, name), h('dd', null, percentOfAll(share))])),
    note === '' ? null : h('p', { class: 'soft' }, note),
  );
}
