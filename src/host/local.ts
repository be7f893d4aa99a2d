// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { agentHost } from './agent.ts';
import { type ChildEnd, startChild, textOf } from './child.ts';
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
import { LineQueue } from './lines.ts';
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
    // The agent has no terminal, and is out of reach of the user's Ctrl-C.
    const by = options.interruptible === true ? null : presentStarter();
    return by === null ? runLocal(command, options) : by.run(command, options);
  },

  async start(command, environment = {}) {
    return startLocal(command, environment);
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

async function runLocal(command: readonly string[], options: RunOptions): Promise<CommandResult> {
  const { input = '', timeoutMs = COMMAND_TIMEOUT_MS, interruptible = false, environment = {} } = options;
  const child = startChild(command, { environment: { ...environment, ...ENV }, inOurGroup: interruptible });
  const { pid } = child;
  child.stdin.end(input);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    // What it started may hold its output open, which would keep us waiting: with a process group of its own, all go.
    if (pid !== null) kill(interruptible ? pid : -pid);
  }, timeoutMs);
  const result = asResult(await child.ended);
  clearTimeout(timer);
  return timedOut ? { ...result, stderr: 'it took too long and was ended' } : result;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function startLocal(command: readonly string[], environment: Readonly<Record<string, string>>): HostProcess {
  const child = startChild(command, { environment: { ...environment, ...ENV }, readsOutput: true });
  const lines = new LineQueue();
  child.stdout.on('data', (piece: Buffer) => lines.push(piece)).on('close', () => lines.end());
  return {
    pid: child.pid ?? -1,
    lines,
    send(line) {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    kill: child.kill,
    ended: child.ended.then(asResult),
  };
}

function asResult({ exitCode, fault, stdout, stderr }: ChildEnd): CommandResult {
  const why = exitCode === null ? (fault ?? 'ended by a signal') : '';
  return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) || why };
}
