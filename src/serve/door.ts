// SPDX-License-Identifier: Apache-2.0
// Who may come in. A page of another site that is open in the same browser can send requests here, and by DNS rebinding even under a name of
// its own: neither may read or change anything. Pure: what to answer is decided here, and answered in server.ts.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** What a route needs: nothing as it holds no data, leave to read, or leave to change something. */
export type Access = 'open' | 'read' | 'change';

/** Whom a token names. */
export interface Holder {
  user: string;
  /** May take back what others have asked for. */
  isAdmin: boolean;
}

/** Whose a token is; null where it is nobody's. */
export type Keys = (token: string) => Holder | null | Promise<Holder | null>;

/** What of a request decides. */
export interface Knock {
  host: string | undefined;
  origin: string | undefined;
  /** Whoever the token names that came with it. */
  holder: Holder | null;
}

export interface HouseRules {
  /** Others than this machine can reach it: also reading takes a token then. */
  isPublic: boolean;
  /** The name that was given for its address, where one was. */
  name: string | null;
  /** How browsers reach it through a reverse proxy, as `https://lab.example`; null where there is none. */
  origin: string | null;
  /** What those are told who need a token. */
  tokenHint: string;
}

/** Why somebody is not let in, in one line; null where they are. */
export function refusal(access: Access, { host, origin, holder }: Knock, rules: HouseRules): string | null {
  if (!isOurHost(host, rules)) {
    return 'this name is not ours: open the address that vswbench serve has printed, or start it with --origin';
  }
  if (origin !== undefined && origin !== rules.origin && !isSameOrigin(origin, host)) {
    return 'pages of other sites may ask nothing here';
  }
  const needsToken = access === 'change' || (access === 'read' && rules.isPublic);
  return needsToken && holder === null ? rules.tokenHint : null;
}

/**
 * A name that leads here today may belong to anybody, and an address may not: rebinding needs a name. The port is not looked at, as ssh -L
 * gives another.
 */
function isOurHost(host: string | undefined, { isPublic, name, origin }: HouseRules): host is string {
  if (host === undefined) return false;
  const bare = bareName(host);
  if (bare === 'localhost' || isLoopback(bare)) return true;
  if (origin !== null && bare === bareName(new URL(origin).host)) return true;
  return isPublic && (isIP(bare) !== 0 || bare === name?.toLowerCase());
}

/** Of an address with its port the name. */
function bareName(host: string): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/**
 * The token that a request brings, null for none: by a header of its own, or as programs like curl do. Behind a proxy that asks for a password
 * the other header is the proxy's.
 */
export function tokenIn({
  authorization,
  own,
}: {
  authorization: string | undefined;
  own: string | undefined;
}): string | null {
  return /^([\w-]{1,256})$/.exec(own ?? '')?.[1] ?? /^Bearer ([\w-]{1,256})$/.exec(authorization ?? '')?.[1] ?? null;
}

/** The keys of a house with one token, looked at without telling by the time it takes how much of another was right. */
export function oneKey(token: string, holder: Holder): Keys {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return (given) => (timingSafeEqual(digest(given), digest(token)) ? holder : null);
}

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
