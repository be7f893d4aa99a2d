// SPDX-License-Identifier: Apache-2.0
// The watchdog's thread. It counts its own ticks, not time: a machine that sleeps, or a process that is stopped, is nobody's loop.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { MainThread } from './main-thread.ts';
import { type EndedLoop, type WatchdogData, WORD } from './watchdog.ts';

const TICK_MS = 250;
/** When somebody wants us to stop, a loop is ended after so long. */
const HURRIED_PATIENCE_MS = 750;
/** So many ticks with a beat in a row, and the loop that was ended was the last for now. */
const CALM_TICKS = 2;
/** A main thread that is told to end and does not is ended with all that it is. */
const EXIT_TIMEOUT_MS = 1_000;

const { words, own, patienceMs, takeOver }: WatchdogData = workerData;

// An answer of the debugger is nothing that a thread's event loop would wait for.
setInterval(() => undefined, TICK_MS);

/** Ticks in a row: without a beat, with one, with no end of a loop's consequences, and of these those since somebody wants us to stop. */
const ticks = { silent: 0, calm: 0, troubled: 0, awaited: 0 };
let lastBeat = -1;
let lastAt = 'a loop';
for (;;) {
  await sleep(TICK_MS);
  const hurried = read('stop') === 1;
  count(hurried);
  if (ticks.awaited * TICK_MS >= takeOver.stopMs) await takeOverAs('stopped');
  if (ticks.troubled * TICK_MS >= takeOver.stillMs) await takeOverAs('still');
  if (ticks.silent * TICK_MS < (hurried ? HURRIED_PATIENCE_MS : patienceMs)) continue;
  ticks.silent = 0;
  const ended = await endStrangersLoop();
  if (ended === null) {
    if (!isStuck()) ticks.troubled = 0;
    continue;
  }
  lastAt = ended.at;
  // Cleaning up takes many turns, of which each may cost a loop.
  if (hurried) await takeOverAs('stopped');
  parentPort?.postMessage(ended);
}

function count(hurried: boolean): void {
  const beat = read('beats');
  const stuck = isStuck();
  ticks.silent = beat === lastBeat ? ticks.silent + 1 : 0;
  ticks.calm = beat === lastBeat ? 0 : ticks.calm + 1;
  lastBeat = beat;
  // Between a loop and the next one there may be nothing but one turn.
  const troubled = stuck || (read('ended') > 0 && ticks.calm < CALM_TICKS);
  ticks.troubled = troubled ? ticks.troubled + 1 : 0;
  ticks.awaited = stuck && hurried ? ticks.awaited + 1 : 0;
}

function read(word: keyof typeof WORD): number {
  return Atomics.load(words, WORD[word]);
}

function isStuck(): boolean {
  return read('ended') > read('overcome');
}

/** Stops the main thread, looks where it is, and ends what it does where that is a stranger's. */
async function endStrangersLoop(): Promise<EndedLoop | null> {
  const main = new MainThread();
  try {
    const frames = await main.pause();
    if (frames === null) return null;
    const stranger = frames.find(({ url }) => url.startsWith('file:') && !own.some((folder) => url.startsWith(folder)));
    if (stranger === undefined) return null;
    // Before the main thread goes on: whoever waits for it knows that it was stopped.
    Atomics.add(words, WORD.ended, 1);
    await main.endScript();
    const { name, url, line } = stranger;
    const at = `${name === '' ? 'a function' : `${name}()`} in line ${line}`;
    return {
      at: `${at} of ${url.slice(url.lastIndexOf('/') + 1)}`,
      stack: frames.map((one) => `${one.url}:`).join('\n'),
    };
  } finally {
    main.release();
  }
}

/** Has another process clean up while the main thread stands still, and ends the process. Never returns. */
async function takeOverAs(how: keyof typeof takeOver.exitCodes): Promise<never> {
  const main = new MainThread();
  await main.pause();
  const [file = '', ...args] = takeOver.cleaner.map((word) => word.replace('$AT', lastAt));
  spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await Promise.race([main.exit(takeOver.exitCodes[how]), sleep(EXIT_TIMEOUT_MS)]);
  process.kill(process.pid, 'SIGKILL');
  return sleep(EXIT_TIMEOUT_MS).then(() => takeOverAs(how));
}
