// SPDX-License-Identifier: Apache-2.0
// What a command that failed says of it.
import { FleetError } from '../fleet/errors.ts';
import { NotSetUpError } from '../host/artifacts.ts';
import { HostError } from '../host/host.ts';
import { BusyError } from '../run/journal.ts';
import { StoreError } from '../store/store.ts';
import { tell } from './context.ts';
import { CliError, EXIT, type ExitCode, isSystemError, mendOf } from './errors.ts';

/** One line for everything that may go wrong; a stack trace only for what is a bug. */
export function explain(error: unknown): ExitCode {
  if (error instanceof CliError) {
    tell(`vswbench: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof NotSetUpError) {
    tell(`vswbench: ${error.message}: run 'vswbench setup'`);
    return EXIT.nothingMeasurable;
  }
  if (error instanceof BusyError) {
    tell(`vswbench: ${error.message}`);
    return EXIT.nothingMeasurable;
  }
  if (error instanceof FleetError && error.code === 'refused') {
    tell(`vswbench: ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof StoreError || error instanceof HostError || error instanceof FleetError) {
    tell(`vswbench: ${error.message}`);
    return EXIT.trialFailed;
  }
  if (isFileError(error)) {
    tell(`vswbench: cannot ${error.syscall} ${error.path}: ${error.code}: ${mendOf(error.code, error.syscall)}`);
    return EXIT.trialFailed;
  }
  throw error;
}

/** Of the system, about a file that the user named or owns. */
function isFileError(error: unknown): error is Error & { syscall: string; code: string; path: string } {
  return isSystemError(error) && 'path' in error && typeof error.path === 'string';
}
