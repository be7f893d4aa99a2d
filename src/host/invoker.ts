// SPDX-License-Identifier: Apache-2.0
// Who has called sudo: what vswbench leaves and uses of a user's is that user's, and not root's.
import { execFileSync } from 'node:child_process';

export interface Invoker {
  uid: number;
  gid: number;
}

/** A user, as the system's directories of users have it. */
export interface Account {
  name: string;
  /** An absolute path. */
  home: string;
}

/** Who has called sudo, where we are root by that. */
export function invokerOf(environment: NodeJS.ProcessEnv, user = process.getuid?.()): Invoker | null {
  const [uid, gid] = [environment.SUDO_UID, environment.SUDO_GID].map((text) =>
    text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN,
  );
  if (user !== 0 || uid === undefined || gid === undefined || Number.isNaN(uid + gid)) return null;
  return { uid, gid };
}

/** Null where there is none of this number. */
export function accountOf(uid: number): Account | null {
  try {
    // Also users that are known to a directory service only, as those of many labs.
    const [name = '', , , , , home = ''] = execFileSync('getent', ['passwd', String(uid)], { encoding: 'utf8' }).split(
      ':',
    );
    return home.startsWith('/') ? { name, home } : null;
  } catch {
    return null;
  }
}
