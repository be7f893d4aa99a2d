// SPDX-License-Identifier: Apache-2.0
// The host as a switch driver has it for one visit: all that it does there is noted, so that what it leaves can be told as its own; and
// once the visit is over, nothing is done any more for a driver that goes on in the dark.
import { dirname, normalize } from 'node:path';
import { type CommandResult, type Host, HostError, type HostProcess, type RunOptions } from '../host/host.ts';
import { HostView } from '../host/host-view.ts';

/** Every process that a driver starts has it in its environment, and so has what that starts in turn; its value is the visit's. */
export const VISIT_VARIABLE = 'VSWBENCH_VISIT';

/** What a driver did on its host. */
export interface Deeds {
  /** Words of its commands and of what they were given to read: names of what they may have made. */
  words: Set<string>;
  /** The same of commands that add or create something. */
  created: Set<string>;
  /** Files and folders that it made outside of its own folder. */
  files: Set<string>;
  /** Knobs that it turned, with what they were before. */
  knobs: Map<string, string>;
}

const CREATES = /\b(add|create|new|addbr|tap|tun)\b/;
const KNOB = /^\/(proc\/sys|sys)\//;

export class DriverHost extends HostView implements Host {
  readonly deeds: Deeds = { words: new Set(), created: new Set(), files: new Set(), knobs: new Map() };
  private readonly environment: Readonly<Record<string, string>>;
  private readonly directory: string;
  private readonly over: AbortSignal;
  private readonly running = new Set<Promise<unknown>>();

  /** `over` is aborted, with the reason that the driver is told, when the visit is. */
  constructor(host: Host, visit: { id: string; directory: string; over: AbortSignal }) {
    super(host);
    this.environment = { [VISIT_VARIABLE]: visit.id };
    this.directory = visit.directory;
    this.over = visit.over;
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    this.note(command, options.input);
    const environment = { ...options.environment, ...this.environment };
    return this.act(() => this.host.run(command, { ...options, environment }));
  }

  async start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
    this.note(command);
    return this.act(() => this.host.start(command, { ...environment, ...this.environment }));
  }

  async read(path: string): Promise<string | null> {
    this.refuseLate();
    return this.host.read(path);
  }

  async list(path: string): Promise<string[]> {
    this.refuseLate();
    return this.host.list(path);
  }

  async monotonicNs(): Promise<number> {
    this.refuseLate();
    return this.host.monotonicNs();
  }

  async write(path: string, text: string): Promise<void> {
    await this.act(async () => {
      await this.noteFile(path);
      await this.host.write(path, text);
    });
  }

  async append(path: string, text: string): Promise<void> {
    await this.act(async () => {
      await this.noteFile(path);
      await this.host.append(path, text);
    });
  }

  async makeDirectory(path: string): Promise<void> {
    await this.act(async () => {
      await this.noteFile(path);
      await this.host.makeDirectory(path);
    });
  }

  async remove(path: string): Promise<void> {
    await this.act(() => this.host.remove(path));
  }

  /** Resolves when nothing that was begun goes on. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.running]);
  }

  private async act<T>(step: () => Promise<T>): Promise<T> {
    this.refuseLate();
    const acting = step();
    this.running.add(acting);
    try {
      return await acting;
    } finally {
      this.running.delete(acting);
    }
  }

  private refuseLate(): void {
    if (this.over.aborted) throw new HostError(String(this.over.reason));
  }

  private note(command: readonly string[], input: RunOptions['input'] = ''): void {
    const text = [...command, typeof input === 'string' ? input : ''];
    for (const line of [command.join(' '), ...text.flatMap((one) => one.split('\n'))]) {
      const creates = CREATES.test(line);
      for (const word of line.split(/[\s,;='"()]+/)) {
        this.deeds.words.add(word);
        if (creates) this.deeds.created.add(word);
      }
    }
  }

  /** Of what is not there yet, and of the value of a knob before it is first turned. */
  private async noteFile(given: string): Promise<void> {
    const path = normalize(given);
    const { knobs, files } = this.deeds;
    if (KNOB.test(path)) {
      const before = knobs.has(path) ? null : await this.host.read(path);
      if (before !== null) knobs.set(path, before.trim());
      return;
    }
    if (path === this.directory || path.startsWith(`${this.directory}/`) || files.has(path)) return;
    const isThere = (await this.host.list(dirname(path))).includes(path.slice(path.lastIndexOf('/') + 1));
    if (!isThere) files.add(path);
  }
}
