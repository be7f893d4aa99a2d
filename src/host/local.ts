// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { agentHost } from './agent.ts';
import { linkOf, spawnConnection } from './connection.ts';
import {
  type CommandResult,
  type ConnectedHost,
  epochAt,
  type Host,
  HostError,
  HostLostError,
  type HostProcess,
  type RunOptions,
} from './host.ts';
import { LocalFiles, reasonOf } from './local-files.ts';

/** Tools such as `ip` live in sbin folders that a user's PATH, or sudo's, may lack. */
const PATH = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(':');
/** Answers of commands are parsed: they must not be translated. */
const ENV = { PATH, LC_ALL: 'C' };

/** Longest that a command to its end may take, unless told otherwise. */
const COMMAND_TIMEOUT_MS = 60_000;

const EPOCH_NS = epochAt(process.hrtime.bigint());

/** What starts programs in our stead; null where we do it ourselves. */
let starter: ConnectedHost | null = null;

/**
 * From now on the agent starts programs that run to their end, and reads files that might not answer, until the returned function has been
 * called: for each program that we start ourselves the kernel copies our page tables, which takes 10 to 20 ms, and the agent's are small.
 * What such a program leaves running ends with the agent, as on other hosts. Where there is none, or it is lost, we start them ourselves.
 */
export async function startByAgent(agent: string): Promise<() => Promise<void>> {
  const connection = spawnConnection([agent, 'here']);
  try {
    starter = await agentHost('local', linkOf(connection, 'the agent'));
  } catch (error) {
    if (!(error instanceof HostLostError)) throw error;
  }
  const started = starter;
  return async () => {
    starter = null;
    await started?.close();
  };
}

const files = new LocalFiles(undefined, undefined, presentStarter);

function presentStarter(): ConnectedHost | null {
  return starter?.lost.aborted === false ? starter : null;
}

/** The machine that we run on. */
export const localHost: Host = {
  name: 'local',
  ownerPid: process.pid,
  get starterPid() {
    return presentStarter()?.ownerPid;
  },
  lost: new AbortController().signal,
  epochNs: EPOCH_NS,

  run(command, options = {}) {
    const [file = '', ...args] = command;
    // The agent has no terminal, and is out of reach of the user's Ctrl-C.
    const by = options.interruptible === true ? null : presentStarter();
    return by === null ? runLocal(file, args, options) : by.run(command, options);
  },

  async start([file = '', ...args], environment = {}) {
    return startLocal(file, args, environment);
  },

  read: (path) => files.read(path),
  write: (path, text) => files.write(path, text),
  append: (path, text) => files.append(path, text),

  async makeDirectory(path) {
    await mkdir(path, { recursive: true }).catch((error: unknown) => {
      throw new HostError(`cannot make the folder ${path}: ${reasonOf(error)}`);
    });
  },

  list: (path) => files.list(path),

  async remove(path) {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      throw new HostError(`cannot remove ${path}: ${reasonOf(error)}`);
    });
  },

  async monotonicNs() {
    return Number(process.hrtime.bigint() - EPOCH_NS);
  },
};

async function runLocal(file: string, args: string[], options: RunOptions): Promise<CommandResult> {
  const { input = '', timeoutMs = COMMAND_TIMEOUT_MS, interruptible = false, environment = {} } = options;
  const child = execa(file, args, { env: { ...environment, ...ENV }, input, reject: false, detached: !interruptible });
  const { pid } = child;
  if (pid === undefined) return asResult(await child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    // What it started may hold its output open, which would keep us waiting: with a process group of its own, all go.
    kill(interruptible ? pid : -pid);
  }, timeoutMs);
  const result = await child;
  clearTimeout(timer);
  return asResult(result, timedOut);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function startLocal(file: string, args: string[], environment: Readonly<Record<string, string>>): HostProcess {
  const child = execa(file, args, {
    env: { ...environment, ...ENV },
    stdin: 'pipe',
    buffer: { stdout: false },
    reject: false,
    cleanup: false,
    detached: true,
  });
  // A program that ended already makes writing fail with EPIPE: its end is told by `ended`, not here.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid ?? -1,
    lines: child.iterable(),
    send(line) {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    kill(signal) {
      child.kill(signal);
    },
    ended: child.then((result) => asResult(result)),
  };
}

interface ExecaResult {
  exitCode?: number | undefined;
  stdout?: unknown;
  stderr?: unknown;
  originalMessage?: string | undefined;
}

function asResult(result: ExecaResult, timedOut = false): CommandResult {
  const stderr = typeof result.stderr === 'string' ? result.stderr : '';
  return {
    exitCode: result.exitCode ?? null,
    stdout: typeof result.stdout === 'string' ? result.stdout : '',
    stderr: timedOut || (stderr === '' && result.exitCode === undefined) ? whyNotEnded(result, timedOut) : stderr,
  };
}

function whyNotEnded(result: ExecaResult, timedOut: boolean): string {
  return timedOut ? 'it took too long and was ended' : (result.originalMessage ?? 'ended by a signal');
}
