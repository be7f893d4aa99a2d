// SPDX-License-Identifier: Apache-2.0
// The folder of results, looked at before anything else is done: whoever has measured for an hour finds room for it there.
import { lstatSync } from 'node:fs';
import { isServer } from '../store/location.ts';
import { SPARE_BYTES, Spare } from '../store/spare.ts';
import { openStore } from '../store/store.ts';
import { giveToInvoker, makeFolder, resultsDirectory } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { storeLocation } from './store-location.ts';

/**
 * Makes sure that results can be kept, and holds space for the last of them. Throws CliError or StoreError, in one line with the mend, where they
 * cannot. A database is not made by this.
 */
export function holdResults(): Spare {
  refuseTilde(process.env.VSWBENCH_RESULTS ?? '');
  const spare = spareIn(resultsDirectory);
  try {
    const location = storeLocation();
    if (!isServer(location) && lstatSync(location, { throwIfNoEntry: false }) === undefined) return spare;
    const store = openStore(location);
    try {
      store.requireWritable();
    } finally {
      store.close();
    }
  } catch (error) {
    spare.release();
    throw error;
  }
  return spare;
}

/** What a shell has not read is a folder of that name, which nobody means. */
function refuseTilde(named: string): void {
  if (!/^~[^/]*(\/|$)/.test(named)) return;
  throw new CliError(
    EXIT.usage,
    `VSWBENCH_RESULTS: '${named}' was not read by a shell: write the home folder out, or ./${named} for a folder of this name`,
  );
}

function spareIn(folder: string): Spare {
  try {
    makeFolder(folder);
    const spare = Spare.hold(folder);
    giveToInvoker(folder);
    return spare;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    throw new CliError(
      EXIT.trialFailed,
      `results cannot be kept in ${folder}: ${code}: ${mendOf(code, syscall)} (${SPARE_BYTES / 2 ** 20} MiB are needed; VSWBENCH_RESULTS names another folder)`,
    );
  }
}
