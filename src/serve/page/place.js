// SPDX-License-Identifier: Apache-2.0
// Where the reader is: all that is chosen stands in the address, so that it can be sent to a colleague, and the browser's own buttons work.
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const MOVED = 'vswbench-moved';

/** The present address; the page is drawn anew when it changes. */
export function usePlace() {
  const [place, setPlace] = useState(() => new URL(location.href));
  useEffect(() => {
    const moved = () => setPlace(new URL(location.href));
    addEventListener('popstate', moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener('popstate', moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  return place;
}

/** @param {string} address */
export function go(address) {
  history.pushState(null, '', address);
  dispatchEvent(new Event(MOVED));
}

/**
 * The address with other values; null takes one away.
 * @param {URL} place
 * @param {Record<string, string | string[] | null>} changes
 */
export function withQuery(place, changes) {
  const query = new URLSearchParams(place.search);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : value === null ? [] : [value]) query.append(name, one);
  }
  const text = query.toString();
  return place.pathname + (text === '' ? '' : `?${text}`);
}

/**
 * The same in place of the present one, as while somebody types.
 * @param {URL} place
 * @param {Record<string, string | string[] | null>} changes
 */
export function refine(place, changes) {
  history.replaceState(null, '', withQuery(place, changes));
  dispatchEvent(new Event(MOVED));
}

/**
 * A link within the page. Whoever wants it in another tab gets it there.
 * @param {{ href: string, children?: import('preact').ComponentChildren, class?: string, 'aria-current'?: 'page' | undefined, 'aria-label'?: string }} props
 */
export function Link(props) {
  return h('a', {
    ...props,
    onClick: (/** @type {MouseEvent} */ event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(props.href);
    },
  });
}
