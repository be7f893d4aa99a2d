// SPDX-License-Identifier: Apache-2.0
// A host that is served by an agent (dataplane/agent): everything over one connection, side by side.
import type { Readable, Writable } from 'node:stream';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import {
  type CommandResult,
  type ConnectedHost,
  epochAt,
  FILE_LIMITS,
  type FileLimits,
  HostError,
  HostLostError,
  type HostProcess,
  type RunOptions,
} from './host.ts';
import { LineQueue } from './lines.ts';

/** What leads to an agent. */
export interface AgentLink {
  /** Leads to its standard input. */
  input: Writable;
  /** Comes from its standard output. */
  output: Readable;
  /** Resolves when the connection is gone, with one line on why. */
  gone: Promise<string>;
  /** Cuts the connection. */
  cut(): void;
}

const PROTOCOL_VERSION = 2;
/** The agent is asked for something so often, and lost if it says nothing for so long. */
const PING_INTERVAL_MS = 1_000;
const SILENCE_MAX_MS = 5_000;
const HELLO_TIMEOUT_MS = 15_000;
/** Longest that a command to its end may take, unless told otherwise. */
const COMMAND_TIMEOUT_MS = 60_000;

const SIGNALS = { SIGTERM: 15, SIGKILL: 9 } as const;

/** What waits for the frames of one request. */
type Listener = (frame: Frame) => void;

/** Serves as a host once the agent has said who it is. Throws HostLostError where it does not. */
export async function agentHost(name: string, link: AgentLink, limits = FILE_LIMITS): Promise<ConnectedHost> {
  const host = new AgentHost(name, link, limits);
  await host.greeted;
  host.epochNs = epochAt(await host.clockNs());
  return host;
}

class AgentHost implements ConnectedHost {
  readonly name: string;
  readonly lost: AbortSignal;
  readonly greeted: Promise<void>;
  ownerPid = -1;
  /** Known once it is greeted. */
  epochNs = 0n;
  private readonly link: AgentLink;
  private readonly limits: FileLimits;
  private readonly losing = new AbortController();
  private readonly listeners = new Map<number, Listener>();
  private readonly reader = new FrameReader();
  private readonly pings: NodeJS.Timeout;
  private lastId = 0;
  /** Since it was last heard of. Pings are counted, and not time: while we stand still nothing is read, and of the pings that are due but one is made. */
  private pingsUnheard = 0;

  constructor(name: string, link: AgentLink, limits: FileLimits) {
    this.name = name;
    this.link = link;
    this.limits = limits;
    this.lost = this.losing.signal;
    const hello = Promise.withResolvers<void>();
    hello.promise.catch(() => undefined);
    this.greeted = hello.promise;
    this.lost.addEventListener('abort', () => hello.reject(this.lost.reason), { once: true });
    this.listeners.set(0, (frame) => this.greet(frame, hello));
    link.output.on('data', (piece: Buffer) => this.take(piece));
    // A connection that is gone makes writing fail: that it is gone is told by `gone`.
    link.input.on('error', () => undefined);
    void link.gone.then((why) => this.lose(why));
    this.pings = setInterval(() => this.ping(), PING_INTERVAL_MS);
    this.pings.unref();
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const { input = '', timeoutMs = COMMAND_TIMEOUT_MS, environment = {} } = options;
    const process = this.exec(withEnvironment(command, environment), 'stdout');
    process.input(input);
    process.close();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      process.signal(-SIGNALS.SIGKILL);
    }, timeoutMs);
    const result = await process.ended;
    clearTimeout(timer);
    return timedOut ? { ...result, stderr: 'it took too long and was ended' } : result;
  }

  async start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
    const process = this.exec(withEnvironment(command, environment), 'lines');
    return {
      pid: await process.pid,
      lines: process.lines,
      send: (line) => process.input(`${line}\n`),
      kill: (signal) => process.signal(SIGNALS[signal]),
      ended: process.ended,
    };
  }

  async read(path: string): Promise<string | null> {
    const answer = await this.askInTime(this.limits.readMs, 'read', path);
    return answer.word === 'done' ? answer.bytes.toString() : null;
  }

  async write(path: string, text: string): Promise<void> {
    this.expectDone(await this.askInTime(this.limits.writeMs, 'write', `${path}\0${text}`), `write ${path}`);
  }

  async append(path: string, text: string): Promise<void> {
    this.expectDone(await this.askInTime(this.limits.writeMs, 'append', `${path}\0${text}`), `write ${path}`);
  }

  async makeDirectory(path: string): Promise<void> {
    await this.succeed(['mkdir', '-p', '--', path], `make the folder ${path}`);
  }

  async list(path: string): Promise<string[]> {
    const answer = await this.askInTime(this.limits.readMs, 'list', path);
    return answer.word === 'done' ? answer.bytes.toString().split('\0').slice(0, -1).sort() : [];
  }

  async remove(path: string): Promise<void> {
    await this.succeed(['rm', '-rf', '--', path], `remove ${path}`);
  }

  /** CLOCK_MONOTONIC there, since boot. */
  async clockNs(): Promise<bigint> {
    return BigInt((await this.ask('clock')).bytes.toString());
  }

  async monotonicNs(): Promise<number> {
    return Number((await this.clockNs()) - this.epochNs);
  }

  async close(): Promise<void> {
    this.link.input.end();
    await this.link.gone;
  }

  private async succeed(command: readonly string[], what: string): Promise<void> {
    const { exitCode, stderr } = await this.run(command);
    this.lost.throwIfAborted();
    if (exitCode !== 0) throw new HostError(`cannot ${what}: ${stderr.trim()}`);
  }

  private expectDone({ word, bytes }: Frame, what: string): void {
    if (word !== 'done') throw new HostError(`cannot ${what}: ${bytes.toString()}`);
  }

  /** A request with one answer, which has failed where it takes too long: nobody waits for it there any more. */
  private async askInTime(limitMs: number, word: string, bytes: string): Promise<Frame> {
    const id = this.nextId();
    const timer = setTimeout(() => {
      this.listeners.get(id)?.({ id, word: 'failed', bytes: Buffer.from('it took too long') });
      if (!this.lost.aborted) this.link.input.write(encodeFrame(id, 'abandon'));
    }, limitMs);
    return await this.ask(word, bytes, id).finally(() => clearTimeout(timer));
  }

  /** A request with one answer. */
  private async ask(word: string, bytes = '', id = this.nextId()): Promise<Frame> {
    this.lost.throwIfAborted();
    const answer = Promise.withResolvers<Frame>();
    const onLost = () => answer.reject(this.lost.reason);
    this.lost.addEventListener('abort', onLost, { once: true });
    this.listeners.set(id, answer.resolve);
    this.link.input.write(encodeFrame(id, word, bytes));
    try {
      return await answer.promise;
    } finally {
      this.listeners.delete(id);
      this.lost.removeEventListener('abort', onLost);
    }
  }

  /** Starts a process; what it prints on standard output is kept as a text, or becomes lines. */
  private exec(command: readonly string[], output: 'stdout' | 'lines') {
    const id = this.nextId();
    const said: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
    const lines = new LineQueue();
    const pid = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<CommandResult>();
    const finish = (exitCode: number | null, why = '') => {
      this.listeners.delete(id);
      this.lost.removeEventListener('abort', onLost);
      lines.end();
      pid.resolve(-1);
      const [stdout, stderr] = [said.out, said.err].map((pieces) =>
        Buffer.concat(pieces).toString().replace(/\n$/, ''),
      );
      ended.resolve({ exitCode, stdout: stdout ?? '', stderr: why || (stderr ?? '') });
    };
    const onLost = () => finish(null, reasonText(this.lost.reason));
    const heard: Record<string, (bytes: Buffer) => void> = {
      started: (bytes) => pid.resolve(Number(bytes.toString())),
      out: (bytes) => (output === 'lines' ? lines.push(bytes) : said.out.push(bytes)),
      err: (bytes) => said.err.push(bytes),
      failed: (bytes) => finish(null, `${command[0]}: ${bytes.toString()}`),
      ended: (bytes) => {
        const status = Number(bytes.toString());
        if (status >= 0) finish(status);
        else finish(null, said.err.length > 0 ? '' : `ended by signal ${-status}`);
      },
    };
    if (this.lost.aborted) {
      onLost();
    } else {
      this.lost.addEventListener('abort', onLost, { once: true });
      this.listeners.set(id, ({ word, bytes }) => heard[word]?.(bytes));
      this.link.input.write(encodeFrame(id, 'exec', command.map((argument) => `${argument}\0`).join('')));
    }
    const say = (word: string, bytes: string | Uint8Array = '') => {
      if (!this.lost.aborted && bytes.length + word.length > 0) this.link.input.write(encodeFrame(id, word, bytes));
    };
    return {
      pid: pid.promise,
      lines,
      ended: ended.promise,
      input: (bytes: string | Uint8Array) => (bytes.length > 0 ? say('input', bytes) : undefined),
      close: () => say('close'),
      signal: (number: number) => say('signal', String(number)),
    };
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  private take(piece: Buffer): void {
    this.pingsUnheard = 0;
    try {
      for (const frame of this.reader.take(piece)) this.listeners.get(frame.id)?.(frame);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.lose(error.message);
      this.link.cut();
    }
  }

  private greet({ word, bytes }: Frame, hello: PromiseWithResolvers<void>): void {
    const [version = Number.NaN, pid = Number.NaN] = bytes.toString().split(' ').map(Number);
    this.listeners.delete(0);
    if (word === 'hello' && version === PROTOCOL_VERSION && Number.isInteger(pid)) {
      this.ownerPid = pid;
      hello.resolve();
      return;
    }
    const problem =
      word === 'hello' && Number.isInteger(version)
        ? `its agent speaks version ${version} of the protocol, and this vswbench ${PROTOCOL_VERSION}`
        : 'what answers is no agent of this vswbench';
    this.lose(`${problem}: run 'vswbench setup'`);
    this.link.cut();
  }

  private ping(): void {
    const silentMs = this.pingsUnheard * PING_INTERVAL_MS;
    this.pingsUnheard += 1;
    const greeting = this.ownerPid < 0;
    // While much is on its way there, the answer to a ping has to wait.
    if (silentMs > (greeting ? HELLO_TIMEOUT_MS : SILENCE_MAX_MS) && this.link.input.writableLength === 0) {
      this.lose(`it has not answered for ${silentMs / 1000} s`);
      this.link.cut();
    } else if (!greeting) {
      this.ask('clock').catch(() => undefined);
    }
  }

  private lose(why: string): void {
    clearInterval(this.pings);
    this.losing.abort(new HostLostError(`host ${this.name} is lost: ${why}`));
  }
}

/** The agent starts programs in its own environment: what is to be added, env(1) adds. */
function withEnvironment(command: readonly string[], environment: Readonly<Record<string, string>>): readonly string[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return variables.length === 0 ? command : ['env', ...variables, ...command];
}

function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
