// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from './errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A folder for the time of `use`; it is gone afterwards, also where a signal ends us. */
export async function withFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const leave = () => process.exit(EXIT.interrupted);
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, leave);
  try {
    return await use(folder);
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
    process.off('exit', remove);
    remove();
  }
}
