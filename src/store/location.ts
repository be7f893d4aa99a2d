// SPDX-License-Identifier: Apache-2.0
// Where results are: a path, or a database of PostgreSQL.

/** Whether this names a database rather than a file. */
export function isServer(location: string): boolean {
  return /^postgres(ql)?:\/\//i.test(location);
}

/** The location as it may be shown: without the password, wherever it is written. */
export function shownLocation(location: string): string {
  if (!isServer(location)) return location;
  const url = URL.parse(location);
  // What cannot be read may hold the password anywhere.
  if (url === null) return 'postgres://…';
  url.password = '';
  for (const name of [...url.searchParams.keys()]) if (isSecret(name)) url.searchParams.delete(name);
  return url.href;
}

/** Whether a password is written in the location. */
export function hasPassword(location: string): boolean {
  if (!isServer(location)) return false;
  const url = URL.parse(location);
  if (url === null) return location.includes('@');
  return url.password !== '' || [...url.searchParams.keys()].some(isSecret);
}

function isSecret(name: string): boolean {
  return /password/i.test(name);
}
