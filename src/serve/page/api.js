// SPDX-License-Identifier: Apache-2.0
// Asking the server. The token comes behind the # of the address that vswbench serve prints, which no server and no other site is ever told; it
// stays with this tab.

import { addressOf } from './place.js';

const TOKEN = 'vswbench-token';

/** Takes the token out of the address, so that it is not copied with a link. */
export function takeToken() {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (found === null) return;
  keepToken(found[1] ?? '');
  history.replaceState(null, '', location.pathname + location.search);
}

/** @param {string | null} token null to be known no more */
export function keepToken(token) {
  if (token === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

export function hasToken() {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** @returns {Record<string, string>} */
function credentials() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { 'Vswbench-Token': token };
}

/**
 * A document of the server. Throws an Error with what the server complains of.
 * @template T
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function get(path, signal) {
  return documentIn(
    await fetch(addressOf(path), { headers: credentials(), ...(signal === undefined ? {} : { signal }) }),
  );
}

/**
 * @template T
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<T>}
 */
export async function post(path, body) {
  const headers = { ...credentials(), 'Content-Type': 'application/json' };
  return documentIn(await fetch(addressOf(path), { method: 'POST', headers, body: JSON.stringify(body) }));
}

/**
 * @template T
 * @param {Response} response
 * @returns {Promise<T>}
 */
async function documentIn(response) {
  const document = await response.json();
  if (!response.ok) throw new Error(document.error);
  return document;
}

/**
 * Server-sent events, which an EventSource could not ask for with the token. Ends with the signal; rejects where the server has gone.
 * @param {string} path
 * @param {(event: string, data: any) => void} take
 * @param {AbortSignal} signal
 */
export async function follow(path, take, signal) {
  const response = await fetch(addressOf(path), { headers: credentials(), signal });
  if (!response.ok || response.body === null) throw new Error((await response.json()).error);
  let rest = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + part).split('\n\n');
    rest = events.pop() ?? '';
    for (const text of events) {
      const found = /^event: (.*)\ndata: (.*)$/.exec(text);
      if (found !== null) take(found[1] ?? '', JSON.parse(found[2] ?? 'null'));
    }
  }
}
