// SPDX-License-Identifier: Apache-2.0
// The process that leads to an agent: ssh(1), or one that enters a namespace.
import type { AgentLink } from './agent.ts';
import { type Child, type ChildOptions, startChild, textOf } from './child.ts';
import { lastLine } from './host.ts';

export type Connection = Child;

/** Who runs it: another user, or one who runs it in another environment. */
export type RunAs = Pick<ChildOptions, 'uid' | 'gid' | 'environment'>;

/**
 * Without a terminal: nobody is asked for anything. In a process group of its own: the user's Ctrl-C is for us, who still have to clean up
 * there.
 */
export function spawnConnection(command: readonly string[], { environment, ...user }: RunAs = {}): Connection {
  return startChild(command, { ...user, environment: { ...environment, LC_ALL: 'C' }, readsOutput: true });
}

export function linkOf(connection: Connection, what: string): AgentLink {
  return {
    input: connection.stdin,
    output: connection.stdout,
    gone: endOf(connection).then(({ stderr }) => lastLine(stderr) || `the connection to ${what} has ended`),
    cut: () => connection.kill('SIGKILL'),
  };
}

/** How a connection ended, and what it said of that. */
export interface End {
  /** Null where a signal ended it, or it could not be started. */
  exitCode: number | null;
  stderr: string;
}

export async function endOf(connection: Connection): Promise<End> {
  const { exitCode, stderr, fault } = await connection.ended;
  return { exitCode, stderr: textOf(stderr) || (fault ?? '') };
}
