// SPDX-License-Identifier: Apache-2.0
// The watchdog's thread. It counts its own ticks, not time: a machine that sleeps, or a process that is stopped, is nobody's loop.
import { type Debugger, Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { EndedLoop, WatchdogData } from './watchdog.ts';

const TICK_MS = 250;
/** The main thread stops at the next step of its JavaScript; within the system it does not, and cannot be ended by us. */
const PAUSE_TIMEOUT_MS = 1_000;

const { beats, own, patienceMs }: WatchdogData = workerData;

// An answer of the debugger is nothing that a thread's event loop would wait for.
setInterval(() => undefined, TICK_MS);

let last = -1;
let still = 0;
for (;;) {
  await sleep(TICK_MS);
  const now = Atomics.load(beats, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still * TICK_MS < patienceMs) continue;
  still = 0;
  const ended = await endStrangersLoop();
  if (ended !== null) parentPort?.postMessage(ended);
}

/** Stops the main thread, looks where it is, and ends what it does where that is a stranger's. */
async function endStrangersLoop(): Promise<EndedLoop | null> {
  const session = new Session();
  session.connectToMainThread();
  const files = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  const paused = new Promise<Debugger.CallFrame[]>((resolve) => {
    session.once('Debugger.paused', ({ params }) => resolve(params.callFrames));
  });
  try {
    await session.post('Debugger.enable');
    await session.post('Debugger.pause');
    const frames = await Promise.race([paused, sleep(PAUSE_TIMEOUT_MS, null)]);
    if (frames === null) return null;
    const places = frames.map(({ functionName, location: { scriptId, lineNumber } }) => {
      // Lines are counted from 0 here.
      return { name: functionName, url: files.get(scriptId) ?? '', line: lineNumber + 1 };
    });
    const stranger = places.find(({ url }) => url.startsWith('file:') && !own.some((folder) => url.startsWith(folder)));
    if (stranger === undefined) return null;
    // Takes effect when the thread goes on.
    const ending = session.post('Runtime.terminateExecution');
    await session.post('Debugger.resume');
    await ending;
    const { name, url, line } = stranger;
    const at = `${name === '' ? 'a function' : `${name}()`} in line ${line}`;
    return {
      at: `${at} of ${url.slice(url.lastIndexOf('/') + 1)}`,
      stack: places.map((one) => `${one.url}:`).join('\n'),
    };
  } finally {
    session.disconnect();
  }
}
