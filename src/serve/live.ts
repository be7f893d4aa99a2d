// SPDX-License-Identifier: Apache-2.0
// Runs of this results folder, as they tell of themselves while somebody looks on. Nobody looks on: nothing is read.
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LIVE_SOCKET, type LiveLine, LiveLineSchema } from '../model/live.ts';
import { ppsScale, withUnit } from '../report/format.ts';
import type { LiveRates, LiveRun } from './documents.ts';

/** How often is looked for runs that have begun. */
const LOOK_MS = 500;
/** Points of a trial's course that are told: a minute. */
const COURSE_MAX = 600;

/** `runs` is the state of all, `rates` one more point of a trial. */
export type Watcher = (event: 'runs' | 'rates' | 'ended', data: unknown) => void;

export class LiveRuns {
  private readonly folder: string;
  private readonly runs = new Map<number, { socket: Socket; run: LiveRun | null }>();
  private readonly watchers = new Set<Watcher>();
  private timer: NodeJS.Timeout | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Tells how runs get on; returns what ends that. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    this.look();
    watcher('runs', this.state());
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) this.close();
    };
  }

  /** Campaigns that are being measured now, as far as is known. */
  campaigns(): Set<string> {
    return new Set(this.state().flatMap(({ campaign }) => campaign ?? []));
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    for (const { socket } of this.runs.values()) socket.destroy();
    this.runs.clear();
  }

  private state(): LiveRun[] {
    return [...this.runs.values()].flatMap(({ run }) => run ?? []);
  }

  private look(): void {
    for (const name of namesIn(this.folder)) {
      const pid = Number(LIVE_SOCKET.exec(name)?.[1] ?? Number.NaN);
      if (!Number.isNaN(pid) && !this.runs.has(pid)) this.follow(pid, join(this.folder, name));
    }
  }

  private follow(pid: number, path: string): void {
    const socket = connect(path);
    this.runs.set(pid, { socket, run: null });
    // One that was killed has left its socket behind; the next run removes it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.runs.get(pid)?.socket !== socket) return;
      this.runs.delete(pid);
      this.tell('runs', this.state());
    });
    createInterface({ input: socket }).on('line', (text) => {
      const line = lineIn(text);
      if (line !== null) this.take(pid, line);
    });
  }

  private take(pid: number, line: LiveLine): void {
    const known = this.runs.get(pid);
    if (known === undefined) return;
    known.run = after(known.run, pid, line);
    if (line.live === 'rates') this.tell('rates', { pid, testbed: line.testbed, rates: wordsOf(line.rates) });
    else this.tell('runs', this.state());
    if (line.live === 'ended') this.tell('ended', { campaign: known.run?.campaign ?? null });
  }

  private tell(event: Parameters<Watcher>[0], data: unknown): void {
    for (const watcher of this.watchers) watcher(event, data);
  }
}

/** The run once it has told a line more. */
function after(run: LiveRun | null, pid: number, line: LiveLine): LiveRun | null {
  switch (line.live) {
    case 'progress': {
      const { live: _, ...progress } = line;
      return { ...(run ?? { trials: [], last: null }), pid, ...progress };
    }
    case 'trial': {
      const { live: _, ...trial } = line;
      const others = run?.trials.filter(({ testbed }) => testbed !== line.testbed) ?? [];
      return run && { ...run, trials: [...others, { ...trial, course: [] }] };
    }
    case 'rates': {
      const more = (course: LiveRates[]) => [...course, wordsOf(line.rates)].slice(-COURSE_MAX);
      const trials = run?.trials.map((one) =>
        one.testbed === line.testbed ? { ...one, course: more(one.course) } : one,
      );
      return run && { ...run, trials: trials ?? [] };
    }
    case 'ended': {
      const { outcome, found, disturbances } = line;
      const name = run?.trials.find(({ testbed }) => testbed === line.testbed)?.name ?? '';
      return run && { ...run, last: { name, outcome, found, disturbances } };
    }
    default:
      return line satisfies never;
  }
}

function wordsOf({
  tS,
  offeredPps,
  receivedPps,
  senderCpus,
  receiverCpus,
}: Extract<LiveLine, { live: 'rates' }>['rates']): LiveRates {
  const words = (pps: number) => withUnit(pps, ppsScale([offeredPps, receivedPps]));
  return {
    ...{ tS, offeredPps, receivedPps, offered: words(offeredPps), received: words(receivedPps) },
    ...{ senderCpus: senderCpus.toFixed(2), receiverCpus: receiverCpus.toFixed(2) },
  };
}

function lineIn(text: string): LiveLine | null {
  try {
    return LiveLineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** None where there is no folder yet. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
