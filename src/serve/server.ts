// SPDX-License-Identifier: Apache-2.0
// The browser's server, on Node's own HTTP: it lets in whom it should, finds the route, and answers.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Complained } from './complained.ts';
import { type HouseRules, type Keys, refusal, tokenIn } from './door.ts';
import { type Answer, JSON_TYPE, type Route } from './route.ts';

export interface Setup {
  address: string;
  /** 0 for any that is free. */
  port: number;
  rules: HouseRules;
  keys: Keys;
  routes: readonly Route[];
}

export interface Serving {
  port: number;
  /** Ends it at once, whoever is connected. */
  close(): Promise<void>;
}

/** A campaign file is a few kilobytes. */
const BODY_MAX_BYTES = 256 * 1024;

/** Nothing is loaded from anywhere else, nothing stands in the page itself, and nobody shows it within a page of theirs. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const;

/** Listens; rejects with the system's error where it cannot. */
export async function startServer(setup: Setup): Promise<Serving> {
  const server = createServer((request, response) => {
    void respond(setup, request, response);
  });
  await listening(server, setup);
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { port, address }: Setup): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: address }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const at: AddressInfo | string | null = server.address();
  return at === null || typeof at === 'string' ? 0 : at.port;
}

async function respond(setup: Setup, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  try {
    await answer(setup, request, response);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const status = error instanceof Complained ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    send(response, request, { status, type: JSON_TYPE, body: JSON.stringify({ error: message }) });
  }
}

async function answer(
  { routes, rules, keys }: Setup,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host, origin, authorization } = request.headers;
  // Whoever is not let in is not told what there is.
  const outside = refusal('open', { host, origin, holder: null }, rules);
  if (outside !== null) throw new Complained(403, outside);
  const url = URL.parse(request.url ?? '', 'http://localhost');
  if (url === null) throw new Complained(400, 'this is no address');
  const found = routes.flatMap((route) => {
    const match = route.path.exec(url.pathname);
    return match === null ? [] : [{ route, parts: match.slice(1) }];
  });
  const [first] = found;
  if (first === undefined) throw new Complained(404, 'there is no such page');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const { route, parts } = found.find((one) => one.route.method === method) ?? refuseMethod(response, first.route);
  const own = request.headers['vswbench-token'];
  const token = tokenIn({ authorization, own: Array.isArray(own) ? own[0] : own });
  const holder = token === null ? null : await keys(token);
  const inside = refusal(route.access, { host, origin, holder }, rules);
  if (inside !== null && !(route.admits?.(url) === true && rules.isPublic)) throw new Complained(403, inside);
  const body = route.method === 'POST' ? await bodyOf(request) : null;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const told = await route.answer({ parts, query: url.searchParams, body, holder, signal: gone.signal });
  if (told === null) throw new Complained(404, 'there is no such page');
  if ('stream' in told) stream(response, told);
  else send(response, request, rules.isPublic ? await compressed(request, told) : told);
}

function refuseMethod(response: ServerResponse, { method }: Route): never {
  response.setHeader('Allow', method === 'GET' ? 'GET, HEAD' : method);
  throw new Complained(405, `this takes ${method} alone`);
}

/** JSON alone: a form of another site cannot send that without asking first. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Complained(415, 'this takes application/json');
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > BODY_MAX_BYTES) throw new Complained(413, `more than ${BODY_MAX_BYTES / 1024} KiB are not taken`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    throw new Complained(400, 'this is not JSON');
  }
}

type Whole = Exclude<Answer, { stream: unknown }>;

/** For who is reached over a network: within a machine it would only take time. */
async function compressed({ headers }: IncomingMessage, answer: Whole): Promise<Packed> {
  const isAsked = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
  if (!isAsked || answer.body.length < COMPRESSED_MIN_BYTES) return answer;
  return { ...answer, body: await promisify(gzip)(answer.body, { level: 4 }), encoding: 'gzip' };
}

const COMPRESSED_MIN_BYTES = 4096;

type Packed = Omit<Whole, 'body'> & { body: string | Buffer; encoding?: 'gzip' };

function send(response: ServerResponse, { method }: IncomingMessage, answer: Packed): void {
  const { status = 200, type, body, encoding, policy, isForGood = false } = answer;
  response.setHeader('Content-Type', type);
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding).setHeader('Vary', 'Accept-Encoding');
  if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Cache-Control', isForGood ? 'public, max-age=31536000, immutable' : 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(method === 'HEAD' ? undefined : body);
}

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
function stream(response: ServerResponse, { stream: begin }: Extract<Answer, { stream: unknown }>): void {
  // Nothing would end it.
  if (response.destroyed) return;
  response.writeHead(200, {
    ...{ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' },
    // Of nginx, which would keep what is told until it has much of it.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  const alive = setInterval(() => response.write(':\n\n'), ALIVE_MS).unref();
  const end = begin((event, data) => {
    // Who reads slower than things happen misses some: what is told is the state, and not a difference.
    if (response.writableLength < STREAM_MAX_BYTES)
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  response.once('close', () => {
    clearInterval(alive);
    end();
  });
}

/** A reverse proxy cuts off what is silent, nginx after a minute. */
const ALIVE_MS = 25_000;

const STREAM_MAX_BYTES = 2 ** 20;
