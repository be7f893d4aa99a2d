// SPDX-License-Identifier: Apache-2.0
// A loop of a driver that never ends would stop all of vswbench, the answer to Ctrl-C included. A thread of its own notices that, and
// ends the loop by the debugger's means. Where that is in vain, as the next loop follows, or as what waited behind the loop went with it,
// the thread has another process clean up, and ends this one.
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** How often the main thread shows that it is alive. */
const BEAT_MS = 200;

/** What was ended: the innermost frame in a file that is not vswbench's, and the addresses of all files on the stack. */
export interface EndedLoop {
  at: string;
  stack: string;
}

/** When it is enough, and what then follows. */
export interface TakeOver {
  /** After a loop, and after Ctrl-C, the rest may take so long. */
  stopMs: number;
  /** The same without Ctrl-C. */
  stillMs: number;
  /** Cleans up in place of this process, which stands still meanwhile, and says so itself; `$AT` is replaced by the place of the last loop. */
  cleaner: readonly string[];
  exitCodes: { stopped: number; still: number };
}

export interface WatchdogOptions {
  /** Folder of vswbench itself: a loop that has nothing but files of it on its stack is not ended. */
  root: string;
  /** After so long without a beat the main thread is looked at. */
  patienceMs: number;
  takeOver: TakeOver;
}

/** Words of the memory that both threads share. */
export const WORD = {
  /** Counts up while the main thread is alive. */
  beats: 0,
  /** Loops that were ended, counted by the watchdog. */
  ended: 1,
  /** Of these, those that have nobody waiting any more, as far as the main thread knows. */
  overcome: 2,
  /** 1 when somebody wants us to stop. */
  stop: 3,
} as const;

/** What the thread is given. */
export interface WatchdogData extends Omit<WatchdogOptions, 'root'> {
  words: Int32Array<SharedArrayBuffer>;
  /** Addresses that begin like this are vswbench's. */
  own: string[];
}

export interface WatchdogListener {
  /** A loop was ended. */
  onEnded(loop: EndedLoop): void;
  /** Whether something that a loop may have broken is still to come to its end. Asked after loops, with each beat. */
  isStuck(): boolean;
}

/** Watches until it is stopped; tells of each loop that was ended. */
export class Watchdog {
  private readonly worker: Worker;
  private readonly beating: NodeJS.Timeout;
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));

  constructor({ root, ...options }: WatchdogOptions, { onEnded, isStuck }: WatchdogListener) {
    const { words } = this;
    const own = ['src/', 'node_modules/', 'bin/'].map((folder) => pathToFileURL(`${root}/${folder}`).href);
    const workerData: WatchdogData = { words, own, ...options };
    this.worker = new Worker(new URL('./watchdog.worker.ts', import.meta.url), { workerData });
    this.worker.unref();
    let told = 0;
    this.worker.on('message', (loop: EndedLoop) => {
      told += 1;
      onEnded(loop);
    });
    this.beating = setInterval(() => {
      Atomics.add(words, WORD.beats, 1);
      // A loop that has not been told yet is not overcome.
      if (!isStuck()) Atomics.store(words, WORD.overcome, told);
    }, BEAT_MS).unref();
  }

  /** Somebody wants us to stop: from now on nothing is waited for long. */
  hurry(): void {
    Atomics.store(this.words, WORD.stop, 1);
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    await this.worker.terminate();
  }
}
