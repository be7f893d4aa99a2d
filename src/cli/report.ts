// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult } from '../model/result.ts';
import { makeFolder } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { requireResult, withStore } from './load.ts';

export async function report(id: string | undefined, { out }: { out: string }): Promise<void> {
  const result = await withStore((store) => requireResult(store, id));
  process.stdout.write(`${await writeReport(result, resolve(out))}\n`);
}

/** Writes the report and returns its path. Throws CliError where it cannot be written; half of one is not left. */
export async function writeReport(result: CampaignResult, directory: string): Promise<string> {
  // Drawing takes a large library, which other commands need not wait for.
  const { renderHtml } = await import('../report/html.ts');
  const path = resolve(directory, `${result.id}.html`);
  const text = await renderHtml(result);
  try {
    makeFolder(directory);
    writeFileSync(path, text);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    if (syscall === 'write') rmSync(path);
    throw new CliError(
      EXIT.trialFailed,
      `the report cannot be written to ${path}: ${code}: ${mendOf(code, syscall)}, then: vswbench report ${result.id}`,
    );
  }
  return path;
}
