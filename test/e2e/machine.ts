// SPDX-License-Identifier: Apache-2.0
// What the end-to-end tests share: running the program as a user does, and looking at what the machine has afterwards.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isRepetition } from '../../src/model/repetition.ts';

export const root = resolve(import.meta.dirname, '../..');
export const application = join(root, 'build/dataplane/vswload');

/** Why the real thing cannot be run here, or false: for node:test's `skip`. */
export const cannotMeasure: string | false =
  process.getuid?.() === 0 ? false : 'needs root for containers and interfaces';

/**
 * A suite of tests that need something of the machine. Where that is missing, `skip` says what: one test of that name is skipped with the
 * reason, and counted, which a suite that is skipped as a whole is not.
 */
export function suite(name: string, skip: string | false, body: () => void, options: { timeout?: number } = {}): void {
  describe(name, options, () => {
    if (skip === false) body();
    else it('needs what is not here', { skip }, () => undefined);
  });
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A vswbench that runs, with results in a folder of its own. */
export interface Running {
  child: ChildProcess;
  /** Resolves with the first line of standard error that matches; rejects where it ends before. */
  sees(pattern: RegExp): Promise<string>;
  ended: Promise<Ended>;
}

export class Workspace {
  readonly results = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  private readonly begun: Running[] = [];

  /** `within` is a command that runs another one in a state of the machine that it makes. */
  start(args: readonly string[], environment: Record<string, string> = {}, within: readonly string[] = []): Running {
    return this.launch(briefly(args), environment, within);
  }

  /** As users run it, with all that these do not leave out. */
  runWhole(args: readonly string[], environment: Record<string, string>, within: readonly string[]): Promise<Ended> {
    return this.launch(args, environment, within).ended;
  }

  private launch(args: readonly string[], environment: Record<string, string>, within: readonly string[]): Running {
    const [file = '', ...rest] = [...within, join(root, 'bin/vswbench'), ...args];
    const child = spawn(file, rest, {
      env: { ...process.env, VSWBENCH_RESULTS: this.results, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const waiting: { pattern: RegExp; resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      for (const { pattern, resolve: found } of waiting) if (pattern.test(line)) found(line);
    });
    const stdout: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    const ended = new Promise<Ended>((done) => {
      child.on('close', (code) => {
        const stderr = lines.join('\n');
        for (const { pattern, reject } of waiting) reject(new Error(`ended before ${pattern} was seen:\n${stderr}`));
        done({ code, stdout: Buffer.concat(stdout).toString(), stderr });
      });
    });
    const running: Running = {
      child,
      ended,
      sees: (pattern) =>
        new Promise((found, reject) => {
          const already = lines.find((line) => pattern.test(line));
          if (already !== undefined) found(already);
          else if (child.exitCode !== null) reject(new Error(`ended before ${pattern} was seen:\n${lines.join('\n')}`));
          else waiting.push({ pattern, resolve: found, reject });
        }),
    };
    this.begun.push(running);
    return running;
  }

  run(
    args: readonly string[],
    environment: Record<string, string> = {},
    within: readonly string[] = [],
  ): Promise<Ended> {
    return this.start(args, environment, within).ended;
  }

  /** After a test, which may have failed in its middle: ends what it has started, and cleans up behind that. */
  async clean(): Promise<void> {
    for (const { child } of this.begun.splice(0)) child.kill('SIGKILL');
    await this.run(['clean']);
  }

  /** Nothing that it has started is still at work. */
  isIdle(): boolean {
    return this.begun.every(({ child }) => child.exitCode !== null || child.signalCode !== null);
  }

  /** Removes the results; also what a failed test may have left on the host. */
  async end(): Promise<void> {
    await this.clean();
    rmSync(this.results, { recursive: true, force: true });
  }
}

/** The workspace of a suite, within which it is called: cleaned up behind each of its tests, and removed at the end. */
export function suiteWorkspace(): { workspace: Workspace; assertNothingLeft: () => void } {
  const workspace = new Workspace();
  let tracesBefore: string[] = [];
  beforeEach(() => {
    tracesBefore = traces();
  });
  // Half a second is saved behind each test that has left the host as it was.
  afterEach(async () => {
    if (!workspace.isIdle() || !isDeepStrictEqual(traces(), tracesBefore)) await workspace.clean();
  });
  after(() => workspace.end());
  return {
    workspace,
    /** The host is as it was before the test. */
    assertNothingLeft: () => assert.deepEqual(traces(), tracesBefore),
  };
}

/**
 * Repetitions of disturbed trials make the suite twice as long where the machine is never quiet, and reports add half a second to each
 * run; its tests have no use for either, those aside that run as users do.
 */
function briefly(args: readonly string[]): readonly string[] {
  const [command, ...rest] = args;
  if (command !== 'run') return args;
  const repeat = rest.includes('--resume') || rest.includes('--repeat') ? [] : ['--repeat', 'none'];
  return ['run', '--no-report', ...repeat, ...rest];
}

/** What became of each trial of a run that printed JSON, in the document's order; repetitions of disturbed ones left out. */
export function outcomesOf(stdout: string): string[] {
  const trial = z.looseObject({ outcome: z.string(), ordinal: z.number() });
  return z
    .looseObject({ results: z.array(z.looseObject({ trials: z.array(trial) })) })
    .parse(JSON.parse(stdout))
    .results.flatMap(({ trials }) => trials.filter((one) => !isRepetition(one)).map(({ outcome }) => outcome));
}

/**
 * Everything of ours on the host, as sorted text lines: equal before and after is clean. What a stranger adds and takes away meanwhile (a
 * container engine, a network manager) is not ours, by its name; cards are everybody's, and do not come and go.
 */
export function traces(): string[] {
  return [
    ...namesIn('/sys/class/net')
      .filter((name) => /^(vsw|cable|ovs-netdev)/.test(name) || existsSync(`/sys/class/net/${name}/device`))
      .map((name) => `link ${name}`),
    ...namesIn('/run/netns')
      .filter((name) => name.startsWith('vsw'))
      .map((name) => `netns ${name}`),
    ...readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => `mount ${line.split(' ')[1] ?? ''}`)
      .filter((line) => /lxc\/rootfs|build\/roots|\/run\/vswbench|netns\/vsw|hugepages/.test(line)),
    ...programs().map((program) => `process ${program}`),
    ...['/run/vswbench', '/run/lxc', '/sys/fs/cgroup']
      .flatMap((folder) => tree(folder, 2))
      .map((path) => `path ${path}`),
    ...namesIn('/dev/shm')
      .filter((name) => /vsw|vpp|vpe|global_vm|snabb|rte|dpdk/.test(name))
      .map((name) => `memory ${name}`),
    `hugepages ${readFileSync('/proc/sys/vm/nr_hugepages', 'utf8').trim()}`,
  ].sort();
}

/** Names in a folder; none where it is absent, or goes while it is looked at. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a traffic application of this role runs in its container. */
export function applicationRuns(role: 'sender' | 'receiver'): boolean {
  return programs().some((program) => program.startsWith(`/bin/vswload ${role} `));
}

/** How command lines of our own programs begin, or what is in them; another checkout's, and a compiler's, are not ours. */
const PROGRAMS = [
  /^\/bin\/vswload /,
  /^lxc-execute .*\/run\/vswbench/,
  new RegExp(`^${join(root, 'build/dataplane/basicfwd')} `),
  new RegExp(` ${join(root, 'src/cli/main.ts')} `),
  new RegExp(`^${join(root, 'build/dataplane/hostagent')}`),
  /^\/\S+\/vswbench-agent\.\w+\/agent /,
  /^\S*(ovs-vswitchd|ovsdb-server)\S* .*\/run\/vswbench/,
  /^\S*dpdk-testpmd .*\/run\/vswbench/,
  /^\S*\/vpp -c \/run\/vswbench/,
];

/** Whether a container of ours is about to be there. */
export function containerIsMade(): boolean {
  return programs().some((program) => program.startsWith('lxc-execute '));
}

/** Command lines of our own programs that run. */
function programs(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => PROGRAMS.some((program) => program.test(command)));
}

/** Control groups of containers are told by their names; under /run everything is ours, or LXC's. */
function tree(folder: string, depth: number): string[] {
  if (depth === 0) return [];
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const isOurs = path.startsWith('/run') || /^lxc\..*vsw|^lxc\.pivot$|^vsw/.test(name);
    return [...(isOurs ? [path] : []), ...tree(path, depth - 1)];
  });
}

/** Namespaces that kernel switches live in while something runs, by name. */
export function ownNetworks(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => /^vswnet\d+$/.test(name)) : [];
}

/** What /proc/net/dev says in the networks that kernel switches live in: a line for each interface. */
export function ownInterfaces(): string[] {
  return ownNetworks().flatMap((name) => {
    const { stdout } = spawnSync('nsenter', [`--net=/run/netns/${name}`, '--', 'cat', '/proc/net/dev'], {
      encoding: 'utf8',
    });
    return stdout.split('\n').slice(2);
  });
}

/** Whether there is an interface of this name in one of them. */
export function linkExists(name: string): boolean {
  return ownInterfaces().some((line) => line.trim().startsWith(`${name}:`));
}

/** A fifth of a second of jumbo frames, in hexadecimal, and as much again. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export function capture(command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

/** Resolves once the condition holds; the test runner's own time limit ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((turn) => setTimeout(turn, 5));
}

/**
 * Whoever else takes the CPUs away makes packets late that nothing else holds back: what is asked for has to come out once in a few
 * times. What must hold each time is asserted within.
 *
 * @param attempt - tells what was seen where it is not what was asked for
 */
export async function comesOutOnce(attempt: () => Promise<string | null>): Promise<void> {
  const told: string[] = [];
  for (let attempts = 0; attempts < 4; attempts += 1) {
    const seen = await attempt();
    if (seen === null) return;
    told.push(seen);
  }
  assert.fail(told.join('\n'));
}
