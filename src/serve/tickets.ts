// SPDX-License-Identifier: Apache-2.0
// A link that a browser opens by itself cannot bring the token along, and an address with the token in it would be kept in histories. A ticket
// opens one page once, within a minute.
import { randomBytes } from 'node:crypto';

const VALID_MS = 60_000;

export class Tickets {
  private readonly paths = new Map<string, { path: string; untilMs: number }>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** The address with its ticket. */
  issue(path: string): string {
    for (const [ticket, { untilMs }] of this.paths) if (untilMs < this.nowMs()) this.paths.delete(ticket);
    const ticket = randomBytes(24).toString('base64url');
    this.paths.set(ticket, { path, untilMs: this.nowMs() + VALID_MS });
    return `${path}?ticket=${ticket}`;
  }

  /** Whether the address has a ticket that is good for it, which is then used. */
  admits({ pathname, searchParams }: URL): boolean {
    const ticket = searchParams.get('ticket') ?? '';
    const known = this.paths.get(ticket);
    this.paths.delete(ticket);
    return known !== undefined && known.path === pathname && known.untilMs >= this.nowMs();
  }
}
