// SPDX-License-Identifier: Apache-2.0
import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';

/**
 * A document of the server. What was there before stays in sight while the same address is asked anew.
 * @template T
 * @param {string | null} path null for none
 * @param {unknown} [version] asked anew when it changes
 * @returns {{ document: T | null, error: string | null }}
 */
export function useDocument(path, version) {
  const [state, setState] = useState(
    /** @type {{ path: string | null, document: T | null, error: string | null }} */ ({
      path,
      document: null,
      error: null,
    }),
  );
  useEffect(() => {
    if (path === null) return;
    const gone = new AbortController();
    get(path, gone.signal).then(
      (document) => setState({ path, document: /** @type {T} */ (document), error: null }),
      (error) => {
        if (!gone.signal.aborted) setState({ path, document: null, error: error.message });
      },
    );
    return () => gone.abort();
  }, [path, version]);
  return state.path === path ? state : { document: null, error: null };
}

/**
 * The heading of a page, to which a reader with a screen reader or a keyboard is led.
 * @param {{ children?: import('preact').ComponentChildren, level?: 1 | 2, of: string }} props
 */
export function Heading({ children, level = 1, of }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => heading.current?.focus({ preventScroll: level === 1 }), [of]);
  return h(level === 1 ? 'h1' : 'h2', { ref: heading, tabIndex: -1 }, children);
}

/** @param {{ error: string | null }} props */
export function Waiting({ error }) {
  return error === null ? h('p', { class: 'soft', role: 'status' }, 'Loading …') : h(Complaint, { error });
}

/** @param {{ error: string }} props */
export function Complaint({ error }) {
  return h('p', { class: 'bad', role: 'alert' }, `${error}.`);
}

/** @param {string} iso */
export function when(iso) {
  return `${iso.replace('T', ' ').slice(0, 16)} UTC`;
}
