// SPDX-License-Identifier: Apache-2.0
// Folders of sockets that are mounted into containers, and waiting for what an application makes in them.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Host, HostError, runOrThrow } from '../../host/host.ts';

const TIMEOUT_MS = 8_000;
const POLL_MS = 10;

/** Makes a folder that nobody but root may enter, in one that exists. Throws HostError. */
export async function makeSocketFolder(host: Host, path: string): Promise<void> {
  await runOrThrow(host, ['mkdir', '--mode=700', path]);
}

/** Resolves when an application has made its socket. Throws HostError where none does, or the signal's reason. */
export async function socketAppears(host: Host, socket: string, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; (await host.run(['test', '-S', socket])).exitCode !== 0; waitedMs += POLL_MS) {
    if (waitedMs >= TIMEOUT_MS) throw new HostError(`no application has made its socket ${socket}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
