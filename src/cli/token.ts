// SPDX-License-Identifier: Apache-2.0
// Tokens of the people who use a lab from a browser.
import { addToken, readTokens, revokeToken, type Token } from '../fleet/tokens.ts';
import { minuteOf } from '../fleet/view.ts';
import { fitTable } from '../report/table.ts';
import { clean, painter, writtenTableColumns } from '../report/text.ts';
import { tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { withLab } from './lab-store.ts';
import { terminalOf } from './terminal.ts';
import { checkedName } from './user-name.ts';

/** Prints the token, and nothing else, on standard output. */
export async function add(name: string, { admin = false }: { admin?: boolean }): Promise<void> {
  const user = checkedName(name);
  const { id, text } = await withLab(({ sql }) => addToken(sql, { user, isAdmin: admin }));
  tell(
    `Token ${id}, of ${user}, is shown this once: give it to nobody else. Take it back with vswbench token revoke ${id}`,
  );
  process.stdout.write(`${text}\n`);
}

export async function list({ json }: { json?: boolean }): Promise<void> {
  const tokens = await withLab(({ sql }) => readTokens(sql));
  const text = json === true ? JSON.stringify({ schema: 1, tokens }) : rendered(tokens);
  process.stdout.write(`${text}\n`);
}

export async function revoke(text: string): Promise<void> {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CliError(EXIT.usage, `'${text}' is no token: 'vswbench token list' shows their numbers`);
  }
  const { user } = await withLab(({ sql }) => revokeToken(sql, Number(text)));
  process.stdout.write(`Revoked token ${text}, of ${clean(user)}\n`);
}

function rendered(tokens: readonly Token[]): string {
  if (tokens.length === 0) return "No tokens yet: 'vswbench token add NAME' makes one.";
  const options = terminalOf(process.stdout);
  return fitTable(
    tokens,
    [
      { title: 'Token', align: 'right', cell: ({ id }) => String(id), names: true },
      { title: 'User', align: 'left', cell: ({ user }) => clean(user) },
      { title: 'May', align: 'left', cell: ({ isAdmin }) => (isAdmin ? 'cancel all' : 'cancel their own') },
      { title: 'Made (UTC)', align: 'left', cell: ({ madeAt }) => minuteOf(madeAt) },
    ],
    writtenTableColumns(options),
    painter(options.color),
  ).lines.join('\n');
}
