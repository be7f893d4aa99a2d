// SPDX-License-Identifier: Apache-2.0
// What ran, byte for byte: a version may stand for many builds.
import type { Host } from './host.ts';

/** SHA-256 of programs on a host, by path; those that cannot be read are left out. */
export async function programSums(host: Host, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  // It tells of the others where one is missing, and fails.
  const { stdout } = await host.run(['sha256sum', '--', ...paths]);
  return new Map(
    [...stdout.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)].map(([, sum = '', path = '']): [string, string] => [path, sum]),
  );
}
