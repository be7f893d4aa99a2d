// SPDX-License-Identifier: Apache-2.0
// Ways in which packets come to an application that cost more than a reader would think: one word of its path (`path` of
// dataplane/PROTOCOL.md) each.
import type { Flag } from '../model/result.ts';

const FLAGS: Readonly<Record<string, Flag>> = {
  filter: 'received-twice',
  generic: 'generic-xdp',
  copy: 'copied',
  timer: 'polled-by-timer',
};

/** What has to be known of figures whose packets came by these paths, such as `copy+timer`. */
export function receivePathFlags(paths: readonly string[]): Flag[] {
  const words = new Set(paths.flatMap((path) => path.split('+')));
  return [...words].flatMap((word) => FLAGS[word] ?? []);
}
