// SPDX-License-Identifier: Apache-2.0
// A program that we start ourselves. That it could not be started, or was ended by a signal, is an end as well.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { onExit } from 'signal-exit';

export interface ChildOptions extends Pick<SpawnOptions, 'uid' | 'gid'> {
  /** Added to ours. */
  environment?: Readonly<Record<string, string>>;
  /** In our process group, where the user's Ctrl-C reaches it, and ended when we are. */
  inOurGroup?: boolean;
  /** Its standard output is for the caller to read, and not kept. */
  readsOutput?: boolean;
}

export interface Child {
  /** Null where it could not be started. */
  pid: number | null;
  stdin: Writable;
  stdout: Readable;
  /** Resolves when it has ended, and nobody has its output open any more. */
  ended: Promise<ChildEnd>;
  kill(signal: NodeJS.Signals): void;
  /** Kills it, and does not wait any more for it or for who has its output open. */
  letGo(): void;
}

/** How a program ended, with what was kept of its output. */
export interface ChildEnd {
  /** Null where a signal ended it, or it could not be started. */
  exitCode: number | null;
  /** Why it could not be started; null where it was. */
  fault: string | null;
  stdout: Buffer;
  stderr: Buffer;
}

export function startChild(command: readonly string[], options: ChildOptions = {}): Child {
  try {
    return childOf(spawned(command, options), options);
  } catch (error) {
    // Too many arguments, say, are not told by an event.
    return unstarted(error instanceof Error ? error.message : String(error));
  }
}

function spawned([file = '', ...args]: readonly string[], { environment, inOurGroup, uid, gid }: ChildOptions) {
  const user = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  return spawn(file, args, {
    ...{ ...user, env: { ...process.env, ...environment } },
    ...{ detached: inOurGroup !== true, stdio: ['pipe', 'pipe', 'pipe'] },
  });
}

function childOf(child: ChildProcess, { inOurGroup, readsOutput }: ChildOptions): Child {
  const { stdin, stdout, stderr } = child;
  // It may lack them where we have too many files open.
  if (!(stdin && stdout && stderr)) return unstarted('it has no pipes');
  // A program that has ended, or does not listen, makes writing fail with EPIPE: how it ended is told by `ended`.
  stdin.on('error', () => undefined);
  const [out, err] = [readsOutput === true ? [] : keep(stdout), keep(stderr)];
  const end = (exitCode: number | null, fault: string | null): ChildEnd => {
    return { exitCode, fault, stdout: Buffer.concat(out), stderr: Buffer.concat(err) };
  };
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('error', ({ message }) => {
      if (child.pid === undefined) resolve(end(null, message));
    });
    child.on('close', (code) => resolve(end(code, null)));
  });
  if (inOurGroup === true) void ended.then(onExit(() => void child.kill()));
  return {
    ...{ pid: child.pid ?? null, stdin, stdout, ended },
    kill: (signal) => void child.kill(signal),
    letGo() {
      child.kill('SIGKILL');
      child.unref();
      for (const stream of child.stdio) stream?.destroy();
    },
  };
}

function keep(stream: Readable): Buffer[] {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return pieces;
}

function unstarted(fault: string): Child {
  const nothing = Buffer.alloc(0);
  return {
    ...{ pid: null, stdin: new PassThrough().resume(), stdout: new PassThrough().end() },
    ended: Promise.resolve({ exitCode: null, fault, stdout: nothing, stderr: nothing }),
    kill: () => undefined,
    letGo: () => undefined,
  };
}

/** What a program said, without the end of its last line. */
export function textOf(output: Buffer): string {
  return output.toString().replace(/\r?\n$/, '');
}
