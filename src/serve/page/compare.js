// SPDX-License-Identifier: Apache-2.0
import { h } from 'preact';
import { Choice } from './field.js';
import { Complaint, Heading, useDocument, Waiting, when } from './loaded.js';
import { go, Link, withQuery } from './place.js';
import { ScrolledTable, SortHeading, sorted, TextCell } from './table.js';

/** @typedef {import('../documents.ts').ComparisonDocument} ComparisonDocument */
/** @typedef {import('../documents.ts').CampaignsDocument} CampaignsDocument */

/** @param {{ place: URL, version: unknown }} props */
export function ComparePage({ place, version }) {
  const listed = useDocument('/api/campaigns', version);
  const [a, b] = [place.searchParams.get('a') ?? '', place.searchParams.get('b') ?? ''];
  const across = place.searchParams.get('across') === '1';
  const isAsked = a !== '' && b !== '' && a !== b;
  const query = new URLSearchParams({ a, b, ...(across ? { across: '1' } : {}) });
  const { document, error } = useDocument(isAsked ? `/api/compare?${query}` : null);
  const campaigns = /** @type {CampaignsDocument | null} */ (listed.document)?.campaigns ?? [];
  const side = (/** @type {'a' | 'b'} */ name, /** @type {string} */ chosen) =>
    h(Choice, {
      ...{ label: `Campaign ${name.toUpperCase()}`, value: chosen },
      set: (id) => go(withQuery(place, { [name]: id || null })),
      options: [
        ['', 'choose one'],
        ...campaigns.map(
          ({ id, title, startedAt }) => /** @type {const} */ ([id, `${id} · ${title} · ${when(startedAt)}`]),
        ),
      ],
    });
  return [
    h(Heading, { of: 'compare' }, 'Compare two campaigns'),
    h(
      'div',
      { class: 'sides' },
      side('a', a),
      side('b', b),
      h(
        'label',
        null,
        h('input', {
          type: 'checkbox',
          checked: across,
          onChange: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
            go(withQuery(place, { across: currentTarget.checked ? '1' : null })),
        }),
        ' also across machines',
      ),
    ),
    listed.error === null ? null : h(Complaint, { error: listed.error }),
    !isAsked
      ? h('p', { class: 'soft' }, 'Choose two that differ.')
      : document === null
        ? h(Waiting, { error })
        : h(Comparison, { place, comparison: /** @type {ComparisonDocument} */ (document) }),
  ];
}

/** @param {{ place: URL, comparison: ComparisonDocument }} props */
function Comparison({ place, comparison }) {
  const { a, b, machines, conditions, basis, columns, rows, notCompared } = comparison;
  const last = columns.length - 1;
  return [
    h('p', { role: 'status' }, basis),
    h(
      'dl',
      null,
      [a, b].map((side, index) => [
        h('dt', { key: side.campaign }, index === 0 ? 'A' : 'B'),
        h(
          'dd',
          { key: `${side.campaign}.` },
          h(Link, { href: `/campaigns/${side.campaign}` }, side.campaign),
          ` ${side.title}`,
        ),
      ]),
    ),
    h(Unlike, { title: 'The machines differ, and with them what is compared', lines: machines, class: 'bad' }),
    rows.length === 0
      ? h('p', null, 'No case could be compared.')
      : h(ScrolledTable, {
          label: 'Compared cases',
          head: columns.map((column, index) => h(SortHeading, { key: column.title, place, column, index })),
          rows: sorted(rows, place).map(({ cells, verdict, notes }, at) =>
            h(
              'tr',
              { key: at },
              cells.map((cell, index) =>
                index === 0
                  ? h('th', { key: index, scope: 'row' }, cell.text)
                  : index === last
                    ? h(
                        'td',
                        { key: index, class: `verdict ${verdict.replace(' ', '-')}` },
                        cell.text,
                        notes.length === 0 ? null : h('span', { class: 'soft' }, ` (${notes.join('; ')})`),
                      )
                    : h(TextCell, { key: index, cell, column: columns[index] ?? { title: '', align: 'left' } }),
              ),
            ),
          ),
        }),
    h(Unlike, { title: 'Also different between A and B', lines: conditions }),
    notCompared.length === 0
      ? null
      : h(
          'details',
          null,
          h('summary', null, `Not compared: ${notCompared.length}`),
          h(
            'ul',
            null,
            notCompared.map(({ name, reason }, index) => h('li', { key: index }, `${name}: ${reason}`)),
          ),
        ),
  ];
}

/** @param {{ title: string, lines: readonly string[], class?: string }} props */
function Unlike({ title, lines, class: kind }) {
  return lines.length === 0
    ? null
    : h(
        'div',
        { class: kind },
        h('p', null, `${title}:`),
        h(
          'ul',
          null,
          lines.map((line) => h('li', { key: line }, line)),
        ),
      );
}
