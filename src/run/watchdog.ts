// SPDX-License-Identifier: Apache-2.0
// A loop of a driver that never ends would stop all of vswbench, the answer to Ctrl-C included. A thread of its own notices that, and
// ends the loop by the debugger's means.
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** How often the main thread shows that it is alive. */
const BEAT_MS = 200;

/** What was ended: the innermost frame in a file that is not vswbench's, and the addresses of all files on the stack. */
export interface EndedLoop {
  at: string;
  stack: string;
}

export interface WatchdogOptions {
  /** Folder of vswbench itself: a loop that has nothing but files of it on its stack is not ended. */
  root: string;
  /** After so long without a beat the main thread is looked at. */
  patienceMs: number;
}

/** What the thread is given. */
export interface WatchdogData extends Omit<WatchdogOptions, 'root'> {
  beats: Int32Array<SharedArrayBuffer>;
  /** Addresses that begin like this are vswbench's. */
  own: string[];
}

/** Watches until it is stopped; tells of each loop that was ended. */
export class Watchdog {
  private readonly worker: Worker;
  private readonly beating: NodeJS.Timeout;

  constructor({ root, patienceMs }: WatchdogOptions, onEnded: (loop: EndedLoop) => void) {
    const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const own = ['src/', 'node_modules/', 'bin/'].map((folder) => pathToFileURL(`${root}/${folder}`).href);
    const workerData: WatchdogData = { beats, own, patienceMs };
    this.worker = new Worker(new URL('./watchdog.worker.ts', import.meta.url), { workerData });
    this.worker.unref();
    this.worker.on('message', onEnded);
    this.beating = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    await this.worker.terminate();
  }
}
