// SPDX-License-Identifier: Apache-2.0
// The main thread as another thread of the process has it, by the debugger's means.
import { type Debugger, Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** It stops at the next step of its JavaScript; within the system it does not, and cannot be ended by us. */
const PAUSE_TIMEOUT_MS = 1_000;

/** A place where it is. */
export interface Frame {
  /** Of the function; empty where it has none. */
  name: string;
  /** Address of the file; empty where it is in none. */
  url: string;
  /** From 1 on. */
  line: number;
}

/** For the worker's own thread only; `release` has to follow, unless the process ends. */
export class MainThread {
  private readonly session = new Session();
  private readonly files = new Map<string, string>();
  private pausedIn: Debugger.CallFrame | null = null;

  constructor() {
    this.session.connectToMainThread();
    this.session.on('Debugger.scriptParsed', ({ params }) => this.files.set(params.scriptId, params.url));
  }

  /** Stops it; where it is, the innermost place first. Null where it was at no JavaScript within a while: it stops when it comes to some. */
  async pause(): Promise<Frame[] | null> {
    const paused = new Promise<Debugger.CallFrame[]>((resolve) => {
      this.session.once('Debugger.paused', ({ params }) => resolve(params.callFrames));
    });
    await this.session.post('Debugger.enable');
    await this.session.post('Debugger.pause');
    const frames = await Promise.race([paused, sleep(PAUSE_TIMEOUT_MS, null)]);
    this.pausedIn = frames?.[0] ?? null;
    return (
      frames?.map(({ functionName, location: { scriptId, lineNumber } }) => {
        // Lines are counted from 0 here.
        return { name: functionName, url: this.files.get(scriptId) ?? '', line: lineNumber + 1 };
      }) ?? null
    );
  }

  /** Ends what it does, and lets it go on with what comes next. */
  async endScript(): Promise<void> {
    // Takes effect when it goes on.
    const ending = this.session.post('Runtime.terminateExecution');
    await this.session.post('Debugger.resume');
    await ending;
  }

  /** Has it end the process, from wherever it stands. Never resolves where it does. */
  async exit(code: number): Promise<void> {
    // Without its standard error, on which Node.js would speak of a debugger that the user knows nothing of.
    // Where it stands, `process` alone may be somebody else's, or nothing, as in most files of Node.js itself.
    const program = 'globalThis.process';
    const expression = `${program}.getBuiltinModule('node:fs').closeSync(2); ${program}.reallyExit(${code})`;
    const { pausedIn } = this;
    if (pausedIn === null) await this.session.post('Runtime.evaluate', { expression });
    else await this.session.post('Debugger.evaluateOnCallFrame', { expression, callFrameId: pausedIn.callFrameId });
  }

  release(): void {
    this.session.disconnect();
  }
}
