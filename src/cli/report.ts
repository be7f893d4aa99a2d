// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { CampaignResult } from '../model/result.ts';
import { requireResult, withCampaign } from './load.ts';
import { writeWhole } from './whole-file.ts';

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
  return writeWhole(
    directory,
    `${id}.html`,
    text,
    (path, why) => `the ${what} cannot be written to ${path}: ${why}, then: vswbench ${what} ${id}`,
  );
}
