// SPDX-License-Identifier: Apache-2.0
// A table that is sorted by any of its columns, a hundred rows a page: which, stands in the address.
import { h } from 'preact';
import { Link, withQuery } from './place.js';

const ROWS_A_PAGE = 100;

/** @typedef {import('preact').ComponentChildren} ComponentChildren */
/** @typedef {import('../documents.ts').Cell} Cell */
/** @typedef {{ title: string, align: 'left' | 'right' }} Column */

/**
 * @template {{ cells: readonly Cell[] }} Row
 * @param {readonly Row[]} rows
 * @param {URL} place
 * @param {string} name of the address' word that tells the order
 * @returns {Row[]}
 */
export function sorted(rows, place, name = 'sort') {
  const { index, sign } = orderIn(place, name);
  if (index < 0) return [...rows];
  return [...rows].sort((a, b) => {
    const [x, y] = [a.cells[index]?.order ?? null, b.cells[index]?.order ?? null];
    if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * collator.compare(String(x), String(y));
  });
}

const collator = new Intl.Collator('en', { numeric: true });

/** @param {URL} place @param {string} name */
function orderIn(place, name) {
  const text = place.searchParams.get(name) ?? '';
  const found = /^(-?)(\d{1,3})$/.exec(text);
  return found === null ? { index: -1, sign: 1 } : { index: Number(found[2]), sign: found[1] === '-' ? -1 : 1 };
}

/**
 * @param {{ place: URL, name?: string, column: Column, index: number }} props
 */
export function SortHeading({ place, name = 'sort', column, index }) {
  const order = orderIn(place, name);
  const isOwn = order.index === index;
  const next = isOwn && order.sign > 0 ? `-${index}` : String(index);
  return h(
    'th',
    {
      scope: 'col',
      class: column.align === 'right' ? 'n' : undefined,
      'aria-sort': !isOwn ? undefined : order.sign > 0 ? 'ascending' : 'descending',
    },
    h(
      Link,
      { href: withQuery(place, { [name]: next, page: null }), class: 'sort' },
      column.title,
      isOwn ? h('span', { 'aria-hidden': 'true' }, order.sign > 0 ? ' ▲' : ' ▼') : null,
    ),
  );
}

/**
 * The rows of the page that the address names.
 * @template Row
 * @param {readonly Row[]} rows
 * @param {URL} place
 */
export function pageOf(rows, place) {
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE));
  const page = Math.min(pages, Math.max(1, Number(place.searchParams.get('page') ?? 1) || 1));
  return { page, pages, rows: rows.slice((page - 1) * ROWS_A_PAGE, page * ROWS_A_PAGE) };
}

/** @param {{ place: URL, page: number, pages: number }} props */
export function Pager({ place, page, pages }) {
  if (pages === 1) return null;
  const link = (/** @type {number} */ to, /** @type {string} */ text) =>
    to < 1 || to > pages
      ? h('span', { class: 'soft' }, text)
      : h(Link, { href: withQuery(place, { page: String(to) }) }, text);
  return h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages of the table' },
    link(page - 1, '← Previous'),
    h('span', null, `Page ${page} of ${pages}`),
    link(page + 1, 'Next →'),
  );
}

/**
 * A table that scrolls sideways by itself where the page is too narrow, also by keyboard.
 * @param {{ label: string, kind?: string, caption?: string, head: ComponentChildren, rows: ComponentChildren }} props
 */
export function ScrolledTable({ label, kind, caption, head, rows }) {
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabIndex: 0 },
    h(
      'table',
      { class: kind },
      caption === undefined ? null : h('caption', null, caption),
      h('thead', null, h('tr', null, head)),
      h('tbody', null, rows),
    ),
  );
}

/** A heading of a column by which nothing is sorted. @param {{ title: string, kind?: string }} props */
export function ColumnHeading({ title, kind }) {
  return h('th', { scope: 'col', class: kind }, title);
}

/** @param {{ cell: Cell, column: Column }} props */
export function TextCell({ cell, column }) {
  return h('td', { class: column.align === 'right' ? 'n' : undefined }, cell.text);
}
