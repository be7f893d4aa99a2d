// SPDX-License-Identifier: Apache-2.0
// The port through which everything touches a machine. A switch driver or a trial is written against this file alone
// and does not know where its commands run.
import { z } from 'zod';

/** What a command left behind. A non-zero exit is a value, not an exception: the caller knows what it means. */
export interface CommandResult {
  /** Null where a signal ended it, or where it could not be started at all (then `stderr` says why). */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Standard input; empty unless given. */
  input?: string | Uint8Array;
  /** Longest that it may take, with all that it started; then it is killed. */
  timeoutMs?: number;
  /**
   * It stays in our process group: the user's Ctrl-C ends it too, and it may ask the terminal, as sudo does for a password.
   * Not for steps on the host: one that Ctrl-C breaks looks like a failure, and breaks the cleaning up as well.
   */
  interruptible?: boolean;
  /** Variables that are added to its environment. */
  environment?: Readonly<Record<string, string>>;
}

/** A program that runs beside us and is talked to by lines. */
export interface HostProcess {
  pid: number;
  /** Its standard output, a line at a time; ends when it does. */
  lines: AsyncIterable<string>;
  /** Writes one line to its standard input; nothing happens where it has ended already. */
  send(line: string): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Resolves when it has ended; `stdout` is empty, for its lines went to `lines`. */
  ended: Promise<CommandResult>;
}

/** Longest that an access to one file may take. */
export interface FileLimits {
  /** Reading it, or listing a folder: it is as if there were none then. */
  readMs: number;
  /** A minute: so long a kernel may compact memory for the hugepages that it was asked for. It has failed then. */
  writeMs: number;
}

export const FILE_LIMITS: FileLimits = { readMs: 10_000, writeMs: 60_000 };

export interface Host {
  /** `local`, or the name that a testbed gives it. */
  readonly name: string;
  /** Process id, there, of what lives as long as we are connected: its end is ours, as far as that host can tell. */
  readonly ownerPid: number;
  /** Process id, there, of what starts programs in the owner's stead; absent where the owner does that itself. */
  readonly starterPid?: number | undefined;
  /** Aborted, with a HostLostError as its reason, when the host is no longer reached. Never of the local machine. */
  readonly lost: AbortSignal;
  /** Runs a command to its end. No shell is involved: each argument arrives as it is. */
  run(command: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts a program beside us, with these variables added to its environment. One that cannot be started has ended at once, and says why. */
  start(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<HostProcess>;
  /**
   * Text of a file or kernel knob; null where it does not exist, cannot be read (as pipes and sockets, here and below) or is not within
   * the limit. Throws HostLostError, as all below.
   */
  read(path: string): Promise<string | null>;
  /** Writes a file (its folder must exist) or a kernel knob; throws HostError, also where it takes longer than the limit. */
  write(path: string, text: string): Promise<void>;
  /** Adds text at the end of a file, which is made where absent; throws HostError. */
  append(path: string, text: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Names in a folder, sorted; empty where there is none, or it cannot be read within the limit. */
  list(path: string): Promise<string[]>;
  /** Removes a file or a whole folder; nothing happens where it is absent. */
  remove(path: string): Promise<void>;
  /**
   * The second of CLOCK_MONOTONIC in which this host was connected to, in nanoseconds. What is told in nanoseconds since boot passes
   * 2^53, beyond which no number is exact, after 104 days; so all times of a host are told since its epoch.
   */
  readonly epochNs: bigint;
  /** CLOCK_MONOTONIC of this host in nanoseconds since `epochNs`: the clock of the data plane's lines. */
  monotonicNs(): Promise<number>;
}

/**
 * The epoch of a host that is connected to at this time of its CLOCK_MONOTONIC. Whole seconds: what applications do at multiples of an
 * interval that divides one, sampling, they do at multiples of it since the epoch as well.
 */
export function epochAt(monotonicNs: bigint): bigint {
  return monotonicNs - (monotonicNs % 1_000_000_000n);
}

/** A host with whatever leads to it. */
export interface ConnectedHost extends Host {
  /** Ends the connection; what was started there ends with it. */
  close(): Promise<void>;
}

/** A command or an access that had to succeed and did not. The message is one line for the user. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** A host is no longer reached: cut off, frozen, or gone. */
export class HostLostError extends HostError {}

/** Runs a command that has to succeed. Throws HostError with the command's own last line of explanation. */
export async function runOrThrow(host: Host, command: readonly string[], input?: string): Promise<string> {
  const result = await host.run(command, input === undefined ? {} : { input });
  if (result.exitCode !== 0) {
    const why = lastLine(result.stderr) || lastLine(result.stdout) || `exit code ${result.exitCode}`;
    throw new HostError(`${command.join(' ')}: ${why}`);
  }
  return result.stdout;
}

/** A program is there. Asked of the shell, which every system has; which(1) is missing in some. */
export async function isOnPath(host: Pick<Host, 'run'>, program: string): Promise<boolean> {
  return (await host.run(['sh', '-c', 'command -v "$1"', 'sh', program])).exitCode === 0;
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/**
 * One step back to how the host was found. A plain value, so that it can be written down before the step that it
 * undoes, and be carried out by another process after a crash. All of them may be carried out twice.
 */
export const UndoSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delete-link'), name: z.string() }),
  /** An interface that is the host's own leaves the bridge that it was put into, and is down again where it was down. */
  z.strictObject({
    ...{ kind: z.literal('release-link'), name: z.string(), up: z.boolean() },
    /** As it was: a switch in user space that is killed leaves it on. Older journals lack it. */
    promiscuous: z.boolean().optional(),
  }),
  /**
   * An interface of the host's own comes back from the network namespace, given as a path, that it was moved into, and is as it was.
   * `home` is the inode of the namespace that it is from: several hosts may be namespaces of the machine on which that is done.
   */
  z.strictObject({
    ...{ kind: z.literal('return-link'), name: z.string(), namespace: z.string(), home: z.string() },
    ...{ up: z.boolean(), settings: z.array(z.strictObject({ path: z.string(), value: z.string() })) },
    /** By which it is told from another one that has its name by then; older journals lack it. */
    mac: z.string().optional(),
    /** What it had, where frames need more. */
    mtu: z.int().positive().optional(),
    /** Its own of the link alone, as `fe80::1/64`: the kernel takes them away with the network, and makes anew only those that it has made. */
    addresses: z.array(z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal('delete-namespace'), name: z.string() }),
  /** `namespace` is the path of the network namespace that LXC runs in, if that is not the host's own. */
  z.strictObject({
    ...{ kind: z.literal('stop-container'), name: z.string(), directory: z.string() },
    namespace: z.string().optional(),
  }),
  /** Whatever LXC still runs for the containers of this folder: a question or an order may outlive who gave it. */
  z.strictObject({ kind: z.literal('end-lxc'), directory: z.string() }),
  z.strictObject({ kind: z.literal('remove-path'), path: z.string() }),
  /** Removed only where nothing is in it: a folder that others use as well. */
  z.strictObject({ kind: z.literal('remove-empty-directory'), path: z.string() }),
  /** In this order: each program that is started for it costs as much as all of them. */
  z.strictObject({ kind: z.literal('remove-empty-directories'), paths: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('restore-knob'), path: z.string(), value: z.string() }),
  /** A knob that was turned for measuring, to any of these values; what somebody else has made of it meanwhile is left, and told. */
  z.strictObject({
    kind: z.literal('turn-back'),
    path: z.string(),
    before: z.string(),
    turned: z.array(z.string()).min(1),
  }),
  /** `startTicks` (field 22 of /proc/PID/stat) makes sure that a reused process id is left alone. */
  z.strictObject({ kind: z.literal('kill-process'), pid: z.int().positive(), startTicks: z.string() }),
  /** Every process whose environment has the variable VSWBENCH_MARK with this value: children that it forked as well. */
  z.strictObject({ kind: z.literal('kill-marked'), mark: z.string().regex(/^[\w./-]+$/) }),
  z.strictObject({ kind: z.literal('run'), command: z.array(z.string()) }),
]);
export type Undo = z.infer<typeof UndoSchema>;

/** Where a step registers its undo before it acts. */
export interface UndoStack {
  /** Resolves once the undo is on record, which has to be before the step itself. */
  push(undo: Undo): Promise<void>;
  /** Marks the present top; `unwindTo` of it undoes, in reverse order, what was pushed since. */
  mark(): number;
  /** Carries out the undos above a mark, the last first. Never throws: what could not be undone is returned, one line each. */
  unwindTo(mark: number): Promise<string[]>;
}
