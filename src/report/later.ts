// SPDX-License-Identifier: Apache-2.0
// What of a page with scripts is no element before it is wanted.
import { deflateSync, strToU8 } from 'fflate';
import { type ComponentChild, Fragment, h } from 'preact';
import { render } from 'preact-render-to-string';

/**
 * From so many cases on it is folded up as well: to a browser a byte of text costs as much as it is read or not, and to a mail too. Pages of fewer
 * are complete without scripts.
 */
const PACKED_CASES_MIN = 250;

export function isPacked(cases: number): boolean {
  return cases > PACKED_CASES_MIN;
}

/**
 * Content that explore.js makes when the `details` or the `figure` that it is a child of is wanted, and all of it where the page is printed. Where
 * no scripts run, a browser takes what is within `noscript` for what it is: `instead` where the content is folded up.
 */
export function later(
  content: readonly ComponentChild[],
  cases: number,
  instead: readonly ComponentChild[] = [],
): ComponentChild[] {
  if (!isPacked(cases)) return [h('noscript', null, ...content)];
  return [
    h('template', { class: 'later' }, packed(render(h(Fragment, null, ...content)))),
    h(
      'noscript',
      null,
      ...instead,
      h('p', { class: 'soft' }, 'A script shows it; in vswbench report --static it stands.'),
    ),
  ];
}

/** As `unpacked` of explore.js reads it. */
export function packed(text: string): string {
  return deflateSync(strToU8(text), { level: 6 }).toBase64();
}
