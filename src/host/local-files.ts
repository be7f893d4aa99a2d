// SPDX-License-Identifier: Apache-2.0
// Files of the machine that we run on, each in a limited time: a pipe without its other end, a knob that the kernel is long about, or
// a file system that is gone must not keep us.
import { constants } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { normalize } from 'node:path';
import { type ChildEnd, startChild, textOf } from './child.ts';
import { FILE_LIMITS, type FileLimits, type Host, HostError } from './host.ts';

/**
 * Knobs that the kernel may work on for a minute, compacting memory. They are written by a process that can be ended: of the four threads
 * in which Node.js writes files one would be lost meanwhile, and we could not end before it.
 */
const SLOW_KNOB = /^\/(proc|sys)\/.*\/(nr_hugepages|nr_overcommit_hugepages|compact_memory|drop_caches)$/;

/** Of files that the kernel makes up only descriptors may be pipes: the others, hundreds a trial, need not be looked at before. */
const KERNEL_FILE = /^\/(proc|sys)\/(?!.*\bfd\b)/;

/**
 * Files and folders that the kernel or vswbench itself makes up, in memory: they answer. All others may be on a file system that does not, by
 * whoever named them (a driver, a testbed, a mount that somebody made): they are read and written by a process of their own, as a thread that waits for one
 * is lost, and after four of them Node.js accesses no file any more, and cannot end. Links of /proc lead anywhere.
 */
const IN_MEMORY = [
  /^\/(proc|sys)(\/(?!.*\b(fd|root|cwd|map_files)\b)|$)/,
  /^\/proc\/\d+\/root\/(proc|sys)\/(?!.*\b(fd|root|cwd|map_files)\b)/,
  /^\/run\/netns$/,
  /^\/run\/vswbench\/(journal|near\/containers|far\/containers)(\/|$)/,
];

const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants;
const READING = O_RDONLY | O_NONBLOCK | O_NOCTTY;
const WRITING = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY;

/** Another who reads files in a limited time. */
type FileReader = Pick<Host, 'read' | 'list'>;

/** What the port promises of files. */
export class LocalFiles {
  private readonly limits: FileLimits;
  private readonly slowKnob: RegExp;
  private readonly starter: () => FileReader | null;

  /** `starter` gives the agent of this machine, which reads what might not answer, where there is one. */
  constructor(limits: FileLimits = FILE_LIMITS, slowKnob = SLOW_KNOB, starter: () => FileReader | null = () => null) {
    this.limits = limits;
    this.slowKnob = slowKnob;
    this.starter = starter;
  }

  async read(path: string): Promise<string | null> {
    const { readMs } = this.limits;
    if (isInMemory(path)) return within(readMs, readPlain(path)).catch(() => null);
    const byChild = () => readByChild(READ_PLAIN, path, readMs).catch(() => null);
    return this.starter()?.read(path).catch(byChild) ?? byChild();
  }

  async list(path: string): Promise<string[]> {
    const { readMs } = this.limits;
    if (isInMemory(path)) return (await within(readMs, readdir(path)).catch(() => [])).sort();
    const byChild = async () => (await listByChild(path, readMs).catch(() => [])).sort();
    return this.starter()?.list(path).catch(byChild) ?? byChild();
  }

  /** Throws HostError. */
  async write(path: string, text: string): Promise<void> {
    await this.put(path, text, 'write');
  }

  /** Throws HostError. */
  async append(path: string, text: string): Promise<void> {
    await this.put(path, text, 'append');
  }

  private async put(path: string, text: string, how: 'write' | 'append'): Promise<void> {
    const { writeMs } = this.limits;
    const put = () => {
      if (this.slowKnob.test(path)) return writeByChild(WRITE_KNOB, path, text, writeMs);
      if (!isInMemory(path)) return writeByChild(WRITE_PLAIN[how], path, text, writeMs);
      return within(writeMs, writePlain(path, text, how === 'write' ? O_TRUNC : O_APPEND));
    };
    await put().catch((error: unknown) => {
      throw new HostError(`cannot write ${path}: ${reasonOf(error)}`);
    });
  }
}

function isInMemory(path: string): boolean {
  const plain = normalize(path);
  return IN_MEMORY.some((files) => files.test(plain));
}

const WRITE_KNOB = 'exec cat >"$0"';
/** As refusePipe does, and then as asked. */
const REFUSE_PIPE = '[ ! -p "$0" ] && [ ! -S "$0" ] || { echo "No such device or address" >&2; exit 1; }';
const WRITE_PLAIN = {
  write: `${REFUSE_PIPE}; exec cat >"$0"`,
  append: `${REFUSE_PIPE}; exec cat >>"$0"`,
};
const READ_PLAIN = `${REFUSE_PIPE}; exec cat -- "$0"`;
const LIST = 'exec find "$0/" -mindepth 1 -maxdepth 1 -printf "%f\\0"';

/** What the script says of the path, in a limited time. */
async function readByChild(script: string, path: string, limitMs: number): Promise<string> {
  const { exitCode, stdout } = await runBriefly(script, path, '', limitMs);
  if (exitCode !== 0) throw new Error('it cannot be read');
  return stdout.toString();
}

async function listByChild(path: string, limitMs: number): Promise<string[]> {
  const names = await readByChild(LIST, path, limitMs);
  return names.split('\0').filter((name) => name !== '');
}

/** The script with the path as its name; one that the kernel does not let go even when it is killed is not waited for, and does not keep us. */
async function runBriefly(script: string, path: string, input: string, limitMs: number): Promise<ChildEnd> {
  const child = startChild(['sh', '-c', script, path]);
  child.stdin.end(input);
  return within(limitMs, child.ended).finally(child.letGo);
}

async function readPlain(path: string): Promise<string> {
  await refusePipe(path);
  return readFile(path, { encoding: 'utf8', flag: READING });
}

async function writePlain(path: string, text: string, flag: number): Promise<void> {
  await refusePipe(path);
  await writeFile(path, text, { flag: WRITING | flag });
}

/** Nobody who asks for files means a pipe or a socket, whose other end may never come. */
async function refusePipe(path: string): Promise<void> {
  if (KERNEL_FILE.test(path)) return;
  const found = await stat(path).catch(() => null);
  if (found?.isFIFO() || found?.isSocket())
    throw Object.assign(new Error('it is a pipe or a socket'), { code: 'ENXIO' });
}

async function writeByChild(script: string, path: string, text: string, limitMs: number): Promise<void> {
  const { exitCode, stderr } = await runBriefly(script, path, text, limitMs);
  if (exitCode !== 0) throw new Error(textOf(stderr).split(': ').at(-1) || 'it cannot be written');
}

async function within<T>(limitMs: number, work: PromiseLike<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it took too long')), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
