// SPDX-License-Identifier: Apache-2.0
// Where the reader is: all that is chosen stands in the address, so that it can be sent to a colleague, and the browser's own buttons work.
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const MOVED = 'vswbench-moved';

/** Below which path all of this is, as a reverse proxy may have it: this file is in a folder of a folder of it. */
const BASE = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

/** An address of ours, as the browser has it. @param {string} path */
export function addressOf(path) {
  return BASE + path;
}

/** Without that path. */
function here() {
  const place = new URL(location.href);
  if (place.pathname.startsWith(`${BASE}/`)) place.pathname = place.pathname.slice(BASE.length);
  return place;
}

/** The present address; the page is drawn anew when it changes. */
export function usePlace() {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
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
  history.pushState(null, '', addressOf(address));
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
  history.replaceState(null, '', addressOf(withQuery(place, changes)));
  dispatchEvent(new Event(MOVED));
}

/**
 * A link within the page. Whoever wants it in another tab gets it there.
 * @param {{ href: string, children?: import('preact').ComponentChildren, class?: string, 'aria-current'?: 'page' | undefined, 'aria-label'?: string | undefined }} props
 */
export function Link(props) {
  return h('a', {
    ...props,
    href: addressOf(props.href),
    onClick: (/** @type {MouseEvent} */ event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(props.href);
    },
  });
}
