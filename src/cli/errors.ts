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

/** What the user can do about the system's refusal to use a file, by its code (errno(3)). */
export function mendOf(code: string, syscall: string): string {
  switch (code) {
    case 'EROFS':
      return 'its file system is read-only; name a folder elsewhere';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'there is no space left; free some';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; become its owner, or run with sudo';
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    case 'EEXIST':
      return 'it is a symbolic link that leads nowhere; mend or remove it';
    case 'EISDIR':
      return 'it is a folder; name a file';
    case 'ENOENT':
      // The folder above it is there: see makeFolder.
      return syscall === 'mkdir' ? 'no folder can be made there; name another' : 'check that it exists';
    default:
      return 'check that it exists and may be written';
  }
}

/** The system's refusal of something with a file: what it would not do, and its code (errno(3)). */
export function isSystemError(error: unknown): error is Error & { syscall: string; code: string } {
  return (
    error instanceof Error &&
    'syscall' in error &&
    typeof error.syscall === 'string' &&
    'code' in error &&
    typeof error.code === 'string'
  );
}
