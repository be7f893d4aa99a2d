// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult } from '../model/result.ts';
import { makeFolder } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { requireResult, withCampaign } from './load.ts';

export async function report(id: string | undefined, { out }: { out: string }): Promise<void> {
  const result = await withCampaign(id, requireResult);
  process.stdout.write(`${await writeReport(result, resolve(out))}\n`);
}

/** Writes the report and returns its path. Throws CliError where it cannot be written; half of one is not left. */
export async function writeReport(result: CampaignResult, directory: string): Promise<string> {
  // Drawing takes a large library, which other commands need not wait for.
  const { renderHtml } = await import('../report/html.ts');
  return writePage(directory, result.id, await renderHtml(result), 'report');
}

/** Writes a page of what is stored under this id, and returns its path: `vswbench WHAT ID` does it again. Throws CliError as `writeReport` does. */
export function writePage(directory: string, id: string, text: string, what: 'report' | 'card'): string {
  const path = resolve(directory, `${id}.html`);
  try {
    makeFolder(directory);
    writeFileSync(path, text);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    if (syscall === 'write') rmSync(path);
    throw new CliError(
      EXIT.trialFailed,
      `the ${what} cannot be written to ${path}: ${code}: ${mendOf(code, syscall)}, then: vswbench ${what} ${id}`,
    );
  }
  return path;
}
