// SPDX-License-Identifier: Apache-2.0
// The process that leads to an agent: ssh(1), or one that enters a namespace.
import { execa } from 'execa';
import type { AgentLink } from './agent.ts';
import { lastLine } from './host.ts';

export type Connection = ReturnType<typeof spawnConnection>;

/** Who runs it: another user, or one who runs it in another environment. */
export interface RunAs {
  uid?: number;
  gid?: number;
  /** Added to ours. */
  environment?: Readonly<Record<string, string>>;
}

/** Without a terminal: nobody is asked for anything. */
export function spawnConnection([file = '', ...args]: readonly string[], { environment, ...user }: RunAs = {}) {
  // In a process group of its own: the user's Ctrl-C is for us, who still have to clean up there.
  return execa(file, args, {
    ...{ encoding: 'buffer', stdin: 'pipe', buffer: { stdout: false }, reject: false, cleanup: false, detached: true },
    ...user,
    env: { ...environment, LC_ALL: 'C' },
  } as const);
}

export function linkOf(connection: Connection, what: string): AgentLink {
  return {
    input: connection.stdin,
    output: connection.stdout,
    gone: endOf(connection).then(({ stderr }) => lastLine(stderr) || `the connection to ${what} has ended`),
    cut: () => void connection.kill('SIGKILL'),
  };
}

/** How a connection ended, and what it said of that. */
export interface End {
  /** Null where a signal ended it, or it could not be started. */
  exitCode: number | null;
  stderr: string;
}

export async function endOf(connection: Connection): Promise<End> {
  const { exitCode, stderr, originalMessage } = await connection;
  return { exitCode: exitCode ?? null, stderr: Buffer.from(stderr ?? '').toString() || (originalMessage ?? '') };
}
