// SPDX-License-Identifier: Apache-2.0
// The journal of undos: written before each step, so that a crash at any moment leaves a record of all there is to undo.
// Each host has its own, in a folder that does not outlive a reboot, as nothing of ours does either: one file an owner, which
// is the vswbench process or, on another host, the end of its connection there.
import { z } from 'zod';
import { bootIdOf } from '../host/boot.ts';
import { seenFrom } from '../host/home.ts';
import { type Host, HostError, type Undo, UndoSchema, type UndoStack } from '../host/host.ts';
import { startTicksOf } from '../host/process.ts';
import { homeOf, isAway } from '../host/return-link.ts';
import { carryOut } from './undo.ts';

/** Everything that exists only while something runs lives under this folder. */
export const STATE_DIRECTORY = '/run/vswbench';
const JOURNALS = `${STATE_DIRECTORY}/journal`;

const LineSchema = z.discriminatedUnion('entry', [
  /** Where the steps were done: the kernel's id of this boot, and the inode of the network namespace. */
  z.strictObject({ entry: z.literal('boot'), id: z.string(), home: z.string().optional() }),
  z.strictObject({ entry: z.literal('push'), undo: UndoSchema }),
  /** The undos above this height are done. */
  z.strictObject({ entry: z.literal('unwound'), height: z.int().nonnegative() }),
  /** An undo that did not succeed, to be tried again at the end. */
  z.strictObject({ entry: z.literal('failed'), undo: UndoSchema }),
]);
type Line = z.infer<typeof LineSchema>;

export interface Journal extends UndoStack {
  /** What this undo, which was pushed, is to end was seen to have ended: nothing is done for it. On record it stays, and whoever finds it there looks. */
  forget(undo: Undo): void;
  /** Undoes everything and removes the journal. Returns what could not be undone; the journal stays where that is not empty. */
  close(): Promise<string[]>;
}

/** Another vswbench measures on this machine. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/**
 * Opens our journal on a host, after what dead owners left is undone. All journals of one run have one `session`: two of its hosts
 * may be one machine. Throws BusyError where another run is at work there: two at once would disturb each other's figures.
 */
export async function openJournal(host: Host, session: string, tell: (line: string) => void): Promise<Journal> {
  const { complaints, notices } = await recover(host, session);
  for (const line of [...complaints, ...notices]) tell(line);
  const startTicks = await startTicksOf(host, host.ownerPid);
  if (startTicks === null) throw new HostError('/proc is not mounted');
  await host.makeDirectory(JOURNALS);
  const file = `${JOURNALS}/${host.ownerPid}-${startTicks}-${session}.jsonl`;
  const boot = (await bootIdOf(host)) ?? '';
  const home = await homeOf(host);
  const owned = new OwnedJournal(host, file, boot, tell, home);
  await host.write(file, lineOf({ entry: 'boot', id: boot, home }));
  // Seen after our own is there: of two that begin at once, at least one sees the other.
  const rival = (await journalsOf(host)).find((journal) => journal.alive && journal.session !== session);
  if (rival !== undefined) {
    await host.remove(file);
    throw busy(host, rival.pid);
  }
  return owned;
}

/** What a recovery did. */
export interface Recovery {
  /** Journals of dead owners that were found, and how many undos they held. */
  journals: number;
  undone: number;
  /** What could not be undone, one line each; its journal is kept. */
  complaints: string[];
  /** What was left as it is on purpose, one line each. */
  notices: string[];
}

/** Undoes what owners that are no longer alive left behind. Throws BusyError where one is alive that is not of our session. */
export async function recover(host: Host, session: string | null = null): Promise<Recovery> {
  // Looked at once: a journal that appears from now on belongs to somebody who is alive.
  const journals = await journalsOf(host);
  const rival = journals.find((journal) => journal.alive && journal.session !== session);
  if (rival !== undefined) throw busy(host, rival.pid);
  return undoAll(
    host,
    journals.filter(({ alive }) => !alive),
  );
}

/** Undoes what a run did on this host whose process stands still, and does nothing any more. */
export async function takeOver(host: Host, session: string): Promise<Recovery> {
  const journals = await journalsOf(host);
  return undoAll(
    host,
    journals.filter((journal) => journal.session === session),
  );
}

async function undoAll(host: Host, journals: readonly { file: string }[]): Promise<Recovery> {
  const recovery: Recovery = { journals: 0, undone: 0, complaints: [], notices: [] };
  const boot = (await bootIdOf(host)) ?? '';
  for (const { file } of journals) {
    const journal = new OwnedJournal(host, file, boot, (notice) => recovery.notices.push(notice));
    recovery.journals += 1;
    recovery.undone += await journal.restore((await host.read(file)) ?? '');
    recovery.complaints.push(...(await journal.close()));
  }
  return recovery;
}

function busy({ name }: Host, pid: number): BusyError {
  const where = name === 'local' ? 'this machine' : name;
  return new BusyError(
    `another vswbench (process ${pid}) is at work on ${where}, and two would disturb each other: wait for it or stop it`,
  );
}

async function journalsOf(host: Host): Promise<{ file: string; pid: number; session: string; alive: boolean }[]> {
  const names = await host.list(JOURNALS);
  return Promise.all(
    names.map(async (name) => {
      const [pid = '', startTicks = '', session = ''] = name.replace('.jsonl', '').split('-');
      const file = `${JOURNALS}/${name}`;
      const alive = (await startTicksOf(host, Number(pid))) === startTicks && (await isOfThisBoot(host, file));
      return { file, pid: Number(pid), session, alive };
    }),
  );
}

/** Ids and start times come again with each boot. A journal that does not say yet is about to be written. */
async function isOfThisBoot(host: Host, file: string): Promise<boolean> {
  const lines = ((await host.read(file)) ?? '').split('\n').map(parseLine);
  const said = lines.find((line) => line?.entry === 'boot');
  return said?.entry !== 'boot' || said.id === ((await bootIdOf(host)) ?? '');
}

class OwnedJournal implements Journal {
  private readonly undos: Undo[] = [];
  /** Undos that did not succeed: tried once more at the end, and by the next run. */
  private readonly failed: Undo[] = [];
  /** Undos with nothing left to undo. */
  private readonly forgotten = new WeakSet<Undo>();
  private readonly host: Host;
  private readonly file: string;
  private readonly boot: string;
  private readonly tell: (notice: string) => void;
  /** The network namespace that the steps were done in; null where nobody has said. */
  private home: string | null;
  /** The host as it is seen from there. */
  private there: Host;
  /** The last record: one is written after the other, so that the file tells the same story as the memory. */
  private written: Promise<void> = Promise.resolve();

  constructor(host: Host, file: string, boot: string, tell: (notice: string) => void, home: string | null = null) {
    this.host = host;
    this.there = host;
    this.home = home;
    this.file = file;
    this.boot = boot;
    this.tell = tell;
  }

  /** Replays a journal's text; returns how many undos are left. A torn last line is a step that was never begun. */
  async restore(text: string): Promise<number> {
    let rebooted = false;
    for (const raw of text.split('\n')) {
      const line = parseLine(raw);
      if (line?.entry === 'boot') {
        rebooted = line.id !== this.boot;
        // Another boot's inode may by now be that of any namespace.
        this.home = rebooted ? null : (line.home ?? null);
      }
      if (line?.entry === 'push') this.undos.push(line.undo);
      if (line?.entry === 'failed') this.failed.push(line.undo);
      if (line?.entry === 'unwound') this.undos.length = Math.min(this.undos.length, line.height);
    }
    if (rebooted) for (const list of [this.undos, this.failed]) keepFiles(list);
    this.there = await seenFrom(this.host, this.home);
    return this.undos.length + this.failed.length;
  }

  async push(undo: Undo): Promise<void> {
    this.undos.push(undo);
    await this.record([{ entry: 'push', undo }]);
  }

  forget(undo: Undo): void {
    this.forgotten.add(undo);
  }

  mark(): number {
    return this.undos.length;
  }

  async unwindTo(mark: number): Promise<string[]> {
    if (this.host.lost.aborted) return [lostLine(this.host)];
    const complaints: string[] = [];
    const failedBefore = this.failed.length;
    while (this.undos.length > mark) {
      const undo = this.undos.pop();
      if (undo !== undefined && !this.forgotten.has(undo))
        complaints.push(...(await this.attempt(wholeTurn(undo, this.undos.slice(mark)))));
    }
    const failed = this.failed.slice(failedBefore);
    return [
      ...complaints,
      ...(await complaintOf(
        this.record([{ entry: 'unwound', height: mark }, ...failed.map((undo): Line => ({ entry: 'failed', undo }))]),
      )),
    ];
  }

  async close(): Promise<string[]> {
    if (this.host.lost.aborted) return [lostLine(this.host)];
    // What failed before stood above what is still to be undone, so it comes first: a container that is stopped after all
    // uses the folders that go next.
    await this.retryFailed();
    // What fails here is tried once more below, and told there.
    await this.unwindTo(0);
    const complaints = await this.retryFailed();
    if (complaints.length > 0) {
      const left = [
        lineOf({ entry: 'boot', id: this.boot, ...(this.home === null ? {} : { home: this.home }) }),
        ...this.failed.map((undo) => lineOf({ entry: 'failed', undo })),
      ].join('');
      return [...complaints, ...(await complaintOf(this.host.write(this.file, left)))];
    }
    const removal = await complaintOf(this.host.remove(this.file));
    await this.host.run(['rmdir', '--ignore-fail-on-non-empty', JOURNALS, STATE_DIRECTORY]);
    return removal;
  }

  private async retryFailed(): Promise<string[]> {
    const complaints: string[] = [];
    for (const undo of this.failed.splice(0)) complaints.push(...(await this.attempt(undo)));
    return complaints;
  }

  private async attempt(undo: Undo): Promise<string[]> {
    const complaint = (await this.stranded(undo)) ?? (await carryOut(this.there, undo, this.tell));
    if (complaint === null) return [];
    this.failed.push(undo);
    return [complaint];
  }

  /** One line where a namespace holds an interface of the host's own that could not be fetched out: it would go with it. */
  private async stranded(undo: Undo): Promise<string | null> {
    if (undo.kind !== 'delete-namespace') return null;
    for (const one of this.failed) {
      if (one.kind !== 'return-link' || one.namespace !== `/run/netns/${undo.name}`) continue;
      if (await isAway(this.there, one))
        return `keeps network namespace ${undo.name}: interface ${one.name} is still in it`;
    }
    return null;
  }

  private async record(lines: readonly Line[]): Promise<void> {
    // The line break in front ends what a crash may have left torn.
    const text = lines.map((line) => `\n${lineOf(line)}`).join('');
    this.written = this.written.catch(() => undefined).then(() => this.host.append(this.file, text));
    await this.written;
  }
}

/**
 * Where several knobs have turned one file, the last undo goes back all the way at once: a crash between their undos would otherwise leave a value
 * that the later of them does not know.
 */
function wholeTurn(undo: Undo, below: readonly Undo[]): Undo {
  if (undo.kind !== 'turn-back') return undo;
  const earlier = below.flatMap((one) => (one.kind === 'turn-back' && one.path === undo.path ? [one] : []));
  const turned = [undo, ...earlier].flatMap((one) => one.turned);
  return { ...undo, before: earlier[0]?.before ?? undo.before, turned };
}

/** What a reboot does not undo. */
const OF_FILES: readonly Undo['kind'][] = ['remove-path', 'remove-empty-directory', 'remove-empty-directories'];

/**
 * A reboot has undone everything but files, where /run is on a disk. A knob stands as the new boot has it, and what bears a process's or an
 * interface's name is another one.
 */
function keepFiles(undos: Undo[]): void {
  const left = undos.filter(({ kind }) => OF_FILES.includes(kind));
  undos.splice(0, undos.length, ...left);
}

/** Nothing is done here that would be forgotten: the journal is there, where the next who comes finds it. */
function lostLine({ name }: Host): string {
  return `${name} is lost: what is left there is undone by the next run, or by 'vswbench clean --host ${name}'`;
}

/** What kept the journal from being written, as a list of one line or none. */
async function complaintOf(step: Promise<void>): Promise<string[]> {
  try {
    await step;
    return [];
  } catch (error) {
    if (error instanceof HostError) return [error.message];
    throw error;
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function parseLine(raw: string): Line | null {
  try {
    return LineSchema.parse(JSON.parse(raw));
  } catch {
    return null;
  }
}
