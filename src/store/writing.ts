// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What lets this user write a results file that cannot be written: its folder counts, where SQLite keeps its log beside it. */
export function mendOfWriting(path: string): string {
  for (const place of [path, dirname(path)]) {
    const refusal = refusalOf(place);
    if (refusal === 'EROFS') {
      return 'its file system is read-only; remount it, or let VSWBENCH_RESULTS name a folder elsewhere';
    }
    if (refusal !== null) {
      const owner = statSync(place, { throwIfNoEntry: false })?.uid;
      return owner === process.geteuid?.() ? `allow writing, with chmod u+w ${place}` : `become the owner of ${place}`;
    }
  }
  return 'become its owner, or allow writing to its folder';
}

/** The system's reason against writing there; null where it has none, or there is nothing. */
function refusalOf(place: string): string | null {
  try {
    accessSync(place, constants.W_OK);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return code === 'ENOENT' ? null : code;
  }
}
