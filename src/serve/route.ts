// SPDX-License-Identifier: Apache-2.0
// What can be asked for: the form of a route, and the few ways to make one. What changes something is a POST by whoever holds a token.
import { Complained } from './complained.ts';
import type { Access, Holder } from './door.ts';

export interface Request {
  /** What the groups of the path matched. */
  parts: readonly string[];
  query: URLSearchParams;
  body: unknown;
  /** Whose token came with it. */
  holder: Holder | null;
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
}

export type Answer =
  | {
      status?: number;
      type: string;
      body: string;
      /** In place of the usual Content-Security-Policy. */
      policy?: string;
      /** What has this address never changes. */
      isForGood?: boolean;
    }
  /** Begins a stream of events; what is returned ends it. */
  | { stream: (send: Send) => () => void };

/** Tells an event to whoever looks on. */
export type Send = (event: string, data: unknown) => void;

export interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  access: Access;
  /** Null where there is no such thing. Throws Complained. */
  answer(request: Request): Answer | null | Promise<Answer | null>;
  /** Whether the address itself says that it may be read. */
  admits?(url: URL): boolean;
}

export const HTML = 'text/html; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';

/** What holds no data. */
export function open(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path: new RegExp(`^${path}$`), access: 'open', answer };
}

export function read(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path: new RegExp(`^${path}$`), access: 'read', answer };
}

/** What changes something is answered to nobody who is not known. */
export function change(
  path: string,
  answer: (request: Request, holder: Holder) => Answer | null | Promise<Answer | null>,
): Route {
  return {
    ...{ method: 'POST', path: new RegExp(`^${path}$`), access: 'change' },
    answer(request) {
      if (request.holder === null) throw new Complained(403, 'this takes a token');
      return answer(request, request.holder);
    },
  };
}

export function documentOf(value: unknown): Answer | null {
  return value === null ? null : { type: JSON_TYPE, body: JSON.stringify(value) };
}
