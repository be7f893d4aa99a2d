// SPDX-License-Identifier: Apache-2.0
// Two network namespaces that play machines, joined by a cable of which each has an end called `cable`.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

type Ends = readonly [near: string, far: string];

export function joinByCable([near, far]: Ends): void {
  for (const name of [near, far]) execFileSync('ip', ['netns', 'add', name]);
  const cable = ['cable', 'netns', near, 'type', 'veth', 'peer', 'name', 'cable', 'netns', far];
  execFileSync('ip', ['link', 'add', ...cable]);
}

export function takeApart(ends: Ends): void {
  for (const name of ends) execFileSync('ip', ['netns', 'delete', name]);
}

/** A campaign file that has them as its testbed. */
export function writeTestbed(file: string, testbed: string, [near, far]: Ends): void {
  const host = (name: string) => ({ host: `netns:${name}`, uplink: 'cable' });
  writeFileSync(file, JSON.stringify({ testbeds: { [testbed]: { near: host(near), far: host(far) } }, testbed }));
}
