// SPDX-License-Identifier: Apache-2.0
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

/** One line for the summary. A switch driver may be anybody's and throw anything: then the kind of error is named too. */
export function reasonOf(error: unknown): string {
  if (error instanceof TrialFailure || error instanceof HostError) return error.message;
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(/\s*\n\s*/g, ' ');
}
