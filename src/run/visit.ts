// SPDX-License-Identifier: Apache-2.0
// A visit: one switch, up on one host from its start to its end. Whatever its driver does meanwhile is within it, and is taken away with it.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError, type Undo, UndoSchema, type UndoStack } from '../host/host.ts';
import type { SwitchContext, SwitchDriver } from '../switches/driver.ts';
import { issueOf } from './driver-answers.ts';
import { DriverHost } from './driver-host.ts';
import { TrialFailure } from './failure.ts';
import { type GuardedSwitch, startGuarded } from './guard.ts';
import { endProcesses, type HostState, type Leftover, stateOf, takeAway } from './leftovers.ts';
import type { Side } from './testbed.ts';

/** How long what a driver still has under way is waited for when all its processes have been ended. */
const IDLE_TIMEOUT_MS = 1_000;

/** What was found when a visit was over. */
export interface VisitEnd {
  /** Undos that failed, one line each. */
  complaints: string[];
  leftovers: Leftover[];
}

export class Visit {
  readonly driver: SwitchDriver;
  readonly side: Side;
  /** Aborted, with a TrialFailure, when the driver fails outside of all calls: the trial that goes on is over. */
  readonly trouble = new AbortController();
  /** What the driver did is undone, as far as it can be. */
  ended = false;
  private readonly id = randomUUID();
  private readonly over = new AbortController();
  private readonly before: HostState;
  private readonly directory: string;
  private readonly host: DriverHost;
  /** Height of the undo stack when the driver came. */
  private readonly base: number;

  private constructor(side: Side, driver: SwitchDriver, before: HostState) {
    this.side = side;
    this.driver = driver;
    this.before = before;
    this.base = side.undo.mark();
    this.directory = `${side.directory}/switch`;
    this.host = new DriverHost(side.host, { id: this.id, directory: this.directory, over: this.over.signal });
  }

  /** Looks at the host as it is before the driver comes, whose folder is made: from then on `end` has to follow. */
  static async begin(side: Side, driver: SwitchDriver): Promise<Visit> {
    const { host, undo } = side;
    const directory = `${side.directory}/switch`;
    await undo.push({ kind: 'remove-path', path: directory });
    await host.remove(directory);
    await host.makeDirectory(directory);
    return new Visit(side, driver, await stateOf(host));
  }

  /** Starts the switch. Throws TrialFailure for whatever is wrong with it, and the signal's reason. */
  async start(
    given: Omit<SwitchContext, 'host' | 'undo' | 'directory' | 'programs'>,
    signal: AbortSignal,
  ): Promise<GuardedSwitch> {
    const { host, directory } = this;
    const context = { ...given, host, directory, undo: this.undoStack(), programs: this.side.artifacts.programs };
    const owner = { host: this.side.host, before: this.before, directory };
    const { trouble } = this;
    return startGuarded(this.driver, context, { owner, signals: [signal, trouble.signal], trouble: trouble.signal });
  }

  /** Undoes what the driver did, and takes away what it left. Its folder and its hugepages are the caller's to undo. */
  async end(): Promise<VisitEnd> {
    this.over.abort(`the visit of ${this.driver.id} is over`);
    const { host, undo } = this.side;
    const complaints: string[] = [];
    try {
      complaints.push(...(await undo.unwindTo(this.base)));
      if (host.lost.aborted) return { complaints, leftovers: [] };
      const processes = await endProcesses(host, this.before, this.id);
      await Promise.race([this.host.idle(), sleep(IDLE_TIMEOUT_MS, undefined, { ref: false })]);
      const things = await takeAway(host, this.before, this.host.deeds, this.directory);
      return { complaints, leftovers: [...processes, ...things] };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { complaints: [...complaints, error.message], leftovers: [] };
    } finally {
      this.ended = true;
    }
  }

  /** The side's, as the driver has it: checked, its own part alone, and closed when the visit is over. */
  private undoStack(): UndoStack {
    const { undo } = this.side;
    return {
      push: async (given) => {
        if (this.over.signal.aborted) throw new HostError(String(this.over.signal.reason));
        await undo.push(this.checked(given));
      },
      mark: () => undo.mark(),
      unwindTo: (mark) => undo.unwindTo(Math.max(mark, this.base)),
    };
  }

  private checked(given: Undo): Undo {
    const step = `undo.push() of ${this.driver.id}`;
    const parsed = UndoSchema.safeParse(given);
    if (!parsed.success) throw new TrialFailure(step, `is given what is no undo: ${issueOf(parsed.error)}`);
    const undo = parsed.data;
    const isOld =
      (undo.kind === 'delete-link' && this.before.links.has(undo.name)) ||
      (undo.kind === 'delete-namespace' && this.before.namespaces.has(undo.name));
    if (isOld) throw new TrialFailure(step, `would delete ${undo.name}, which was there before`);
    return undo;
  }
}
