// SPDX-License-Identifier: Apache-2.0

/** Exit codes of every command (DESIGN §9). */
export const EXIT = { done: 0, trialFailed: 1, usage: 2, nothingMeasurable: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line for the user: what is wrong, and the mend. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
