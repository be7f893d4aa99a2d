// SPDX-License-Identifier: Apache-2.0
// Who may come in. A page of another site that is open in the same browser can send requests here, and by DNS rebinding even under a name of
// its own: neither may read or change anything. Pure: what to answer is decided here, and answered in server.ts.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** What a route needs: nothing as it holds no data, leave to read, or leave to change something. */
export type Access = 'open' | 'read' | 'change';

/** What of a request decides. */
export interface Knock {
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
}

export interface HouseRules {
  token: string;
  /** Others than this machine can reach it: also reading takes the token then. */
  isPublic: boolean;
  /** The name that was given for its address, where one was. */
  name: string | null;
}

/** Why somebody is not let in, in one line; null where they are. */
export function refusal(access: Access, { host, origin, authorization }: Knock, rules: HouseRules): string | null {
  if (!isOurHost(host, rules)) return 'this name is not ours: open the address that vswbench serve has printed';
  if (origin !== undefined && !isSameOrigin(origin, host)) return 'pages of other sites may ask nothing here';
  const needsToken = access === 'change' || (access === 'read' && rules.isPublic);
  if (needsToken && !hasToken(authorization, rules.token)) {
    return 'this takes the token: open the address that vswbench serve has printed, with all that follows the #';
  }
  return null;
}

/**
 * A name that leads here today may belong to anybody, and an address may not: rebinding needs a name. The port is not looked at, as ssh -L
 * gives another.
 */
function isOurHost(host: string | undefined, { isPublic, name }: HouseRules): host is string {
  if (host === undefined) return false;
  const bare = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (bare === 'localhost' || isLoopback(bare)) return true;
  return isPublic && (isIP(bare) !== 0 || bare === name?.toLowerCase());
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Without telling by the time it takes how much of it was right. */
function hasToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
