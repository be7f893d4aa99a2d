// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import { HostError } from '../host/host.ts';

/** A trial that could not be carried out: where it stopped, and why, in one line. It becomes the outcome `failed`. */
export class TrialFailure extends Error {
  override readonly name = 'TrialFailure';
  readonly step: string;

  constructor(step: string, reason: string) {
    super(reason);
    this.step = step;
  }
}

/** A reason is a line for people: what a driver throws may be a whole document. */
const REASON_MAX = 400;

/** One line for the summary. A switch driver may be anybody's and throw anything: then the kind of error is named too. */
export function reasonOf(error: unknown): string {
  const line = textOf(error).replace(/\s*\n\s*/g, ' ');
  return line.length > REASON_MAX ? `${line.slice(0, REASON_MAX)} …` : line;
}

function textOf(error: unknown): string {
  try {
    if (error instanceof TrialFailure || error instanceof HostError) return error.message;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    return typeof error === 'string' ? error : inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    // A getter of what was thrown throws itself.
    return 'something that cannot be shown';
  }
}
