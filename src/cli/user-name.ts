// SPDX-License-Identifier: Apache-2.0
import { userInfo } from 'node:os';
import { accountOf, invokerOf } from '../host/invoker.ts';
import { CliError, EXIT } from './errors.ts';

/** Who asks: under sudo, who has called it. By number where there is no name. */
export function userName(): string {
  const invoker = invokerOf(process.env);
  if (invoker !== null) return accountOf(invoker.uid)?.name ?? String(invoker.uid);
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

/** Whom --user names, or else who asks. Throws CliError for what is no name. */
export function userNamed(given: string | undefined): string {
  return given === undefined ? userName() : checkedName(given, '--user: ');
}

/** A name that a person has in a lab. Throws CliError for another text. */
export function checkedName(text: string, argument = ''): string {
  if (/^[\w.@-]{1,64}$/.test(text)) return text;
  throw new CliError(EXIT.usage, `${argument}'${text}' is no name: give up to 64 letters, digits and . _ @ -, as ann`);
}
