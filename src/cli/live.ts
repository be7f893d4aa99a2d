// SPDX-License-Identifier: Apache-2.0
// Tells those who look on how a run gets on, by a socket in the results folder. Nobody there: nothing is written. Somebody: a line a sampling
// interval, by a process that the same sample has woken anyway. A run never waits for who looks on, and never fails by them.
import { lchownSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { invokerOf } from '../host/invoker.ts';
import { LIVE_SOCKET, type LiveLine, liveSocketName } from '../model/live.ts';
import { isSystemError } from './errors.ts';

/** Who reads slower than this is behind has gone, or is to come again. */
const BEHIND_MAX_BYTES = 256 * 1024;
/** Of the present trial, for those who come late: a minute. */
const RATES_KEPT = 600;

export class LiveSocket {
  private readonly path: string;
  private readonly server: Server;
  private readonly watchers = new Set<Socket>();
  private progress: LiveLine | null = null;
  /** Of each testbed the present trial with its rates, or how the last one ended. */
  private readonly trials = new Map<string, LiveLine[]>();
  private readonly remove = () => rmSync(this.path, { force: true });

  /** Where no socket can be made, nobody looks on: its path may be longer than the 107 bytes of unix(7). */
  constructor(folder: string) {
    removeStale(folder);
    this.path = join(folder, liveSocketName(process.pid));
    this.server = createServer((socket) => this.welcome(socket));
    this.server.on('error', () => undefined);
    this.server.listen(this.path, () => this.giveAway());
    this.server.unref();
    process.once('exit', this.remove);
  }

  tell(line: LiveLine): void {
    this.keep(line);
    for (const watcher of this.watchers) send(watcher, line);
  }

  close(): void {
    process.off('exit', this.remove);
    for (const watcher of this.watchers) watcher.destroy();
    this.server.close();
    this.remove();
  }

  private keep(line: LiveLine): void {
    switch (line.live) {
      case 'progress':
        this.progress = line;
        return;
      case 'trial':
        this.trials.set(line.testbed, [line]);
        return;
      case 'rates': {
        const lines = this.trials.get(line.testbed) ?? [];
        lines.push(line);
        // The first says which trial it is.
        if (lines.length > RATES_KEPT) lines.splice(1, 1);
        return;
      }
      case 'ended':
        this.trials.get(line.testbed)?.push(line);
        return;
      default:
        line satisfies never;
    }
  }

  private welcome(socket: Socket): void {
    socket.unref();
    socket.on('error', () => undefined);
    socket.on('close', () => this.watchers.delete(socket));
    socket.resume();
    this.watchers.add(socket);
    if (this.progress !== null) send(socket, this.progress);
    for (const lines of this.trials.values()) for (const line of lines) send(socket, line);
  }

  /** Under sudo, who called may look on. */
  private giveAway(): void {
    const invoker = invokerOf(process.env);
    if (invoker === null) return;
    try {
      lchownSync(this.path, invoker.uid, invoker.gid);
    } catch (error) {
      // A file system without owners: root alone may look on.
      if (!isSystemError(error)) throw error;
    }
  }
}

function send(watcher: Socket, line: LiveLine): void {
  if (watcher.writableLength > BEHIND_MAX_BYTES) watcher.destroy();
  else watcher.write(`${JSON.stringify(line)}\n`);
}

/** Of runs that were killed. */
function removeStale(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = LIVE_SOCKET.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
