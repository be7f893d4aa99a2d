// SPDX-License-Identifier: Apache-2.0
// Faults outside of all calls: a timer or a promise of a driver that fails when nobody waits for it. Whose it is is told by its stack
// and, where that does not say, by who is at work.
import { pathToFileURL } from 'node:url';
import { reasonOf, TrialFailure } from './failure.ts';
import type { Visit } from './visit.ts';

/** Whose fault it is: of a driver whose switch is up, of one whose visit is over, or of nobody that is known, which makes it a bug of ours. */
export type Blame = { whose: 'at-work'; id: string } | { whose: 'gone'; id: string } | { whose: 'nobody' };

/** What went wrong, in one line, and where: file addresses in the manner of a stack, each with a colon behind it. */
export interface Fault {
  reason: string;
  stack: string;
}

/** A frame of a stack that is in a file of the program's, and in none of a package. */
const OWN_FRAME = /file:\/\/(?!\S*\/node_modules\/)\S+/;

export class DriversAtWork {
  private readonly visits = new Set<Visit>();
  /** Of drivers that users gave as files: address of the file by the switch's id. */
  private readonly files: ReadonlyMap<string, string>;

  /** `files` are paths, by the id of the switch that is in each. */
  constructor(files: ReadonlyMap<string, string>) {
    this.files = new Map([...files].map(([id, path]) => [id, pathToFileURL(path).href]));
  }

  /** Switches that are not vswbench's own are among those that can be asked for. */
  get hasStrangers(): boolean {
    return this.files.size > 0;
  }

  enter(visit: Visit): void {
    this.visits.add(visit);
  }

  leave(visit: Visit): void {
    this.visits.delete(visit);
  }

  /** Visits that are not over. */
  present(): Visit[] {
    return [...this.visits];
  }

  /** Fails the trial of the driver whose fault it is, where that is at work. */
  blame({ reason, stack }: Fault): Blame {
    const id = this.idIn(stack) ?? (OWN_FRAME.test(stack) ? null : this.strangerAtWork());
    if (id === null) return { whose: 'nobody' };
    const visits = this.present().filter(({ driver }) => driver.id === id);
    for (const { trouble } of visits) trouble.abort(new TrialFailure(`run ${id}`, reason));
    return { whose: visits.length > 0 ? 'at-work' : 'gone', id };
  }

  private idIn(stack: string): string | null {
    const given = [...this.files].find(([, file]) => stack.includes(`${file}:`));
    if (given !== undefined) return given[0];
    const own = [...this.visits].find(({ driver }) => stack.includes(`/src/switches/${driver.id}.ts:`));
    return own?.driver.id ?? null;
  }

  private strangerAtWork(): string | null {
    return [...this.visits].find(({ driver }) => this.files.has(driver.id))?.driver.id ?? null;
  }
}

/** Of what was thrown, or what a promise was rejected with, when nobody waited for it. */
export function faultOf(error: unknown): Fault {
  return { reason: `fails outside of all calls: ${reasonOf(error)}`, stack: stackOf(error) };
}

function stackOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack) : '';
  } catch {
    return '';
  }
}
