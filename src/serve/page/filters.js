// SPDX-License-Identifier: Apache-2.0
// Filters by any parameter in which the rows differ, and by words; all of them stand in the address.
import { h } from 'preact';
import { go, refine, withQuery } from './place.js';

/** @typedef {import('../documents.ts').Choice} Choice */

/**
 * Whether a row has one of the values that are chosen of each parameter, and every word.
 * @param {URL} place
 * @param {readonly Choice[]} choices
 * @returns {(values: Record<string, string | string[] | undefined>, text: string) => boolean}
 */
export function filterOf(place, choices) {
  const chosen = choices
    .map(({ key }) => ({ key, wanted: place.searchParams.getAll(key) }))
    .filter(({ wanted }) => wanted.length > 0);
  const words = (place.searchParams.get('q') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return (values, text) =>
    chosen.every(({ key, wanted }) => [values[key] ?? []].flat().some((value) => wanted.includes(value))) &&
    words.every((word) => text.toLowerCase().includes(word));
}

/**
 * @param {{ place: URL, choices: readonly Choice[], told: string, search: string | null }} props `told` is how many rows are left, in words; without a `search`
 * there is nothing to be found by words
 */
export function Filters({ place, choices, told, search }) {
  const active = choices.filter(({ key }) => place.searchParams.has(key));
  const none = Object.fromEntries([...choices.map(({ key }) => key), 'q', 'page'].map((key) => [key, null]));
  return h(
    'search',
    { class: 'filters' },
    search === null
      ? null
      : h(
          'label',
          { class: 'words' },
          h('span', null, search),
          h('input', {
            type: 'search',
            value: place.searchParams.get('q') ?? '',
            onInput: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
              refine(place, { q: currentTarget.value || null, page: null }),
          }),
        ),
    choices.map((choice) => h(ChoiceBox, { key: choice.key, place, choice })),
    h('p', { class: 'told', role: 'status' }, told),
    active.length === 0 && !place.searchParams.has('q')
      ? null
      : h('button', { type: 'button', onClick: () => go(withQuery(place, none)) }, 'Remove filters'),
  );
}

/** @param {{ place: URL, choice: Choice }} props */
function ChoiceBox({ place, choice: { key, title, values } }) {
  const chosen = place.searchParams.getAll(key);
  /** @param {string} value @param {boolean} isOn */
  const choose = (value, isOn) =>
    go(withQuery(place, { [key]: isOn ? [...chosen, value] : chosen.filter((one) => one !== value), page: null }));
  return h(
    'details',
    { class: 'choice', name: 'choice' },
    h('summary', null, title, chosen.length === 0 ? null : h('b', null, `: ${chosen.join(', ')}`)),
    h(
      'fieldset',
      null,
      h('legend', null, title),
      values.map((value) =>
        h(
          'label',
          { key: value },
          h('input', {
            type: 'checkbox',
            checked: chosen.includes(value),
            onChange: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
              choose(value, currentTarget.checked),
          }),
          ` ${value}`,
        ),
      ),
    ),
  );
}
