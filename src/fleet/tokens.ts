// SPDX-License-Identifier: Apache-2.0
// Who may change what in a lab from a browser: a token is one person's, and only its hash is kept. It is 256 random bits, which nobody finds
// by trying: a slow hash, as passwords need one, would add nothing.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Sql } from './database.ts';
import { FleetError } from './errors.ts';

/** A person, as a token names them. */
export interface Holder {
  user: string;
  /** May cancel what others have submitted and reserved. */
  isAdmin: boolean;
}

const TokenSchema = z.strictObject({
  id: z.int().positive(),
  user: z.string(),
  isAdmin: z.boolean(),
  madeAt: z.iso.datetime({ offset: true }),
});
/** A token that is good, without what it says. */
export type Token = z.infer<typeof TokenSchema>;

const TOKEN = `jsonb_build_object('id', id, 'user', user_name, 'isAdmin', is_admin, 'madeAt', made_at)`;

/** Makes a token; what is returned with it is kept nowhere else. */
export async function addToken(sql: Sql, { user, isAdmin }: Holder): Promise<Token & { text: string }> {
  const text = randomBytes(32).toString('base64url');
  const [row] = await sql(
    `INSERT INTO fleet.tokens (user_name, is_admin, hash) VALUES ($1, $2, $3) RETURNING ${TOKEN} AS value`,
    [user, isAdmin, hashOf(text)],
  );
  return { ...TokenSchema.parse(row?.value), text };
}

/** Those that are good, the oldest first. */
export async function readTokens(sql: Sql): Promise<Token[]> {
  const rows = await sql(`SELECT ${TOKEN} AS value FROM fleet.tokens ORDER BY id`);
  return rows.map(({ value }) => TokenSchema.parse(value));
}

/** Takes a token back: it is good for nothing from now on. Throws FleetError where there is none. */
export async function revokeToken(sql: Sql, id: number): Promise<Token> {
  const [row] = await sql(`DELETE FROM fleet.tokens WHERE id = $1 RETURNING ${TOKEN} AS value`, [id]);
  if (row === undefined)
    throw new FleetError('refused', `there is no token ${id}: 'vswbench token list' shows those that are good`);
  return TokenSchema.parse(row.value);
}

/** Whose a token is; null where it is nobody's. How long that takes tells nothing of the others. */
export async function holderOf(sql: Sql, text: string): Promise<Holder | null> {
  const asked = hashOf(text);
  let holder: Holder | null = null;
  for (const { user_name: user, is_admin: isAdmin, hash } of await sql(
    'SELECT user_name, is_admin, hash FROM fleet.tokens',
  )) {
    if (Buffer.isBuffer(hash) && hash.length === asked.length && timingSafeEqual(hash, asked))
      holder = { user: String(user), isAdmin: isAdmin === true };
  }
  return holder;
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
