// SPDX-License-Identifier: Apache-2.0
// What a result may hold of the person who measured it, and nobody needs who reads it: home folders, names of users, keys.

/** Value of a kernel parameter or a variable whose name says that it is a secret. */
const SECRET = /\b([\w.-]*(?:token|secret|passw(?:or)?d|api[_-]?key)[\w.-]*=)(?!-(?:\s|$))("[^"]*"|[^\s,;"]+)/gi;
const HOME = /(?:\/home\/[^/\s'":,;]+|\/Users\/[^/\s'":,;]+|\/root)(?=[/\s'":,;)\]}]|$)/g;

/** A text without them: a home folder is `~`, a secret's value `-`. The same text where there is none. */
export function withoutPrivate(text: string): string {
  return text.replace(HOME, '~').replace(SECRET, '$1-');
}

/** A destination of ssh(1) without the user's name. */
export function withoutUser(destination: string): string {
  return destination.replace(/^(ssh:\/\/)?[^@/\s]+@/, '$1');
}

/** A value with every text of it, keys of records included, given to `change`. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [change(key), mapTexts(one, change)]));
}
