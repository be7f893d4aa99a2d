// SPDX-License-Identifier: Apache-2.0
// Questions to a switch that runs, one at a time, answered in lines on its standard output: for a program that vswbench
// tells, by a script or a configuration of our own, what to print.
import { HostError, type HostProcess, lastLine } from '../../host/host.ts';

export interface Language<Answer> {
  /** Of the program, as a reader of its errors knows it. */
  name: string;
  /** Makes the program answer once. The question is empty where it knows only one. */
  ask(question: string): void | Promise<void>;
  /**
   * Takes its next line: what it completes, or null where more lines have to come. Throws where the line is not of the language.
   * A new one is made for each program, so that it may remember what came before.
   */
  take(line: string): 'ready' | Answer | null;
  /** Why it has ended, from what it wrote to standard error; empty where it does not say. */
  reason?(stderr: string): string;
}

/** How long it may take to come up, and to answer. */
const READY_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Of a line that is not understood. */
const SHOWN_CHARACTERS = 60;

export class Dialogue<Answer> {
  /** Resolves when the program has said that it is ready; rejects with HostError where it ends before, or says nothing. */
  readonly ready: Promise<void>;
  /** One line once it has ended, or has printed what nobody understands. */
  ended: string | null = null;
  private readonly language: Language<Answer>;
  private readonly process: HostProcess;
  private waiting: PromiseWithResolvers<Answer> | null = null;
  /** The question that was asked last, answered or not: the next one waits for it. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(process: HostProcess, language: Language<Answer>) {
    this.process = process;
    this.language = language;
    const up = Promise.withResolvers<void>();
    up.promise.catch(() => undefined);
    this.ready = withinMs(up.promise, READY_TIMEOUT_MS, `${language.name} does not come up`);
    this.ready.catch(() => undefined);
    void this.follow(up);
  }

  /** Throws HostError where it has ended, or does not answer in time. */
  ask(question = ''): Promise<Answer> {
    const answer = this.last.then(() => this.askNow(question));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private async askNow(question: string): Promise<Answer> {
    if (this.ended !== null) throw new HostError(this.ended);
    const answer = Promise.withResolvers<Answer>();
    answer.promise.catch(() => undefined);
    this.waiting = answer;
    await this.language.ask(question);
    try {
      return await withinMs(answer.promise, ANSWER_TIMEOUT_MS, `${this.language.name} does not answer`);
    } catch (error) {
      // An answer that comes later would be taken for that of another question.
      this.ended ??= error instanceof HostError ? error.message : String(error);
      throw error;
    }
  }

  private async follow(up: PromiseWithResolvers<void>): Promise<void> {
    const reason = await this.listen(up);
    this.ended ??= `${this.language.name} has ended: ${reason}`;
    const failure = new HostError(this.ended);
    up.reject(failure);
    this.waiting?.reject(failure);
  }

  /** Takes its lines until there are no more to be believed, and returns why. */
  private async listen(up: PromiseWithResolvers<void>): Promise<string> {
    let line = '';
    try {
      for await (line of this.process.lines) {
        const taken = this.language.take(line);
        if (taken === 'ready') up.resolve();
        else if (taken !== null) this.waiting?.resolve(taken);
      }
    } catch {
      return `it printed a line that is not of its protocol: ${line.slice(0, SHOWN_CHARACTERS)}`;
    }
    const { exitCode, stderr } = await this.process.ended;
    const reason = this.language.reason?.(stderr) ?? '';
    // What it wrote last need not have to do with a signal.
    if (exitCode === null) return reason === '' ? 'by a signal' : `by a signal: ${reason}`;
    return reason || lastLine(stderr) || `exit code ${exitCode}`;
  }
}

async function withinMs<T>(event: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new HostError(`${what} within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([event, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
