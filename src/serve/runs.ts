// SPDX-License-Identifier: Apache-2.0
// Campaigns that were started from the browser: each is the same `vswbench run` as on the command line, and ends as by Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './command.ts';
import { Complained } from './complained.ts';
import type { StartedRun } from './documents.ts';

/** Of what a run has said, and of runs that have ended. */
const LINES_KEPT = 12;
const RUNS_KEPT = 20;

interface Held {
  run: StartedRun;
  child: ChildProcess;
  ended: Promise<void>;
}

export class Runs {
  private readonly program: Program;
  private readonly held: Held[] = [];
  private started = 0;

  constructor(program: Program) {
    this.program = program;
  }

  list(): StartedRun[] {
    return this.held.map(({ run }) => run).toReversed();
  }

  /** A campaign file that lies somewhere. */
  start(what: string, args: readonly string[]): StartedRun {
    return this.launch(what, ['run', ...args], () => undefined);
  }

  /** A campaign as text; `check` throws where it is none. */
  startText(text: string, check: (path: string) => void): StartedRun {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-start-'));
    const clear = () => rmSync(folder, { recursive: true, force: true });
    try {
      const path = join(folder, 'pasted.yaml');
      writeFileSync(path, text, { mode: 0o600 });
      check(path);
      return this.launch('a pasted campaign', ['run', path], clear);
    } catch (error) {
      clear();
      throw error;
    }
  }

  /** As by Ctrl-C: what is measured is kept. */
  stop(number: number): StartedRun | null {
    const found = this.held.find(({ run }) => run.number === number);
    if (found === undefined) return null;
    if (found.run.ended !== null) throw new Complained(409, 'it has ended already');
    found.child.kill('SIGINT');
    return found.run;
  }

  /** Stops them all, and waits until they have cleaned up. */
  async end(): Promise<void> {
    for (const { run, child } of this.held) if (run.ended === null) child.kill('SIGINT');
    await Promise.all(this.held.map(({ ended }) => ended));
  }

  get isBusy(): boolean {
    return this.held.some(({ run }) => run.ended === null);
  }

  private launch(what: string, args: readonly string[], clear: () => void): StartedRun {
    const [file, ...first] = this.program.command;
    // A process group of its own: a Ctrl-C in the terminal is the server's, which passes it on once.
    const child = spawn(file, [...first, ...args], {
      ...{ env: this.program.environment, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    });
    this.started += 1;
    const run: StartedRun = {
      ...{ number: this.started, what, startedAt: new Date().toISOString(), lines: [], ended: null },
    };
    child.stderr?.setEncoding('utf8').on('data', (part: string) => keep(run, part));
    const ended = new Promise<void>((resolve) => {
      const end = (code: number | null, signal: string | null) => {
        run.ended ??= { code, signal };
        clear();
        resolve();
      };
      child.on('error', (error) => {
        keep(run, `${error.message}\n`);
        end(null, null);
      });
      child.on('close', end);
    });
    this.held.push({ run, child, ended });
    const over = this.held.filter((one) => one.run.ended !== null);
    for (const oldest of over.slice(0, Math.max(0, over.length - RUNS_KEPT)))
      this.held.splice(this.held.indexOf(oldest), 1);
    return run;
  }
}

function keep(run: StartedRun, text: string): void {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  run.lines = [...run.lines, ...lines].slice(-LINES_KEPT);
}
