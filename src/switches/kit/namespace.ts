// SPDX-License-Identifier: Apache-2.0
// A network namespace of our own for what containers have in common. It has no name that could be left behind: it lives as long
// as the process that keeps it, or something in it, does, and that process ends with vswbench.
import { HostError, type HostProcess, lastLine } from '../../host/host.ts';
import { startMarked } from '../../host/process.ts';
import type { SwitchContext } from '../driver.ts';

export interface KeptNamespace {
  /** As containers and nsenter(1) take it. */
  path: string;
  /** Null while it is there, one line when it is not. */
  health(): Promise<string | null>;
}

/** Makes an empty network namespace. Throws HostError. */
export async function keepNamespace({ host, undo, directory }: SwitchContext): Promise<KeptNamespace> {
  const keeper = await onceWithin(await startMarked(host, undo, directory, ['unshare', '--net', 'cat']));
  const ended = keeper.ended.then(() => 'the network namespace of the containers is gone');
  return { path: `/proc/${keeper.pid}/ns/net`, health: () => Promise.race([ended, Promise.resolve(null)]) };
}

/** A program that lives in a namespace of ours and ends as cat(1), once it is where it is to be. Throws HostError; `mend` is told with it. */
export async function onceWithin(program: HostProcess, mend = ''): Promise<HostProcess> {
  program.send('ready');
  const { value } = await program.lines[Symbol.asyncIterator]().next();
  if (value === 'ready') return program;
  const { stderr } = await program.ended;
  throw new HostError(`cannot make a network namespace: ${lastLine(stderr)}${mend}`);
}
