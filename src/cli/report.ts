// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { CampaignResult } from '../model/result.ts';
import type { ReportOptions } from './commands/report.ts';
import { checkout } from './context.ts';
import { readExplorer } from './explorer.ts';
import { requireResult, withCampaign } from './load.ts';
import { writeWhole } from './whole-file.ts';

export async function report(id: string | undefined, { out, static: isStatic }: ReportOptions): Promise<void> {
  const result = await withCampaign(id, requireResult);
  process.stdout.write(`${await writeReport(result, resolve(out), isStatic === true)}\n`);
}

/** Writes the report and returns its path. Throws CliError where it cannot be written; half of one is not left. */
export async function writeReport(result: CampaignResult, directory: string, isStatic = false): Promise<string> {
  // Drawing takes a large library, which other commands need not wait for.
  const { renderHtml } = await import('../report/html.ts');
  const explorer = isStatic ? null : readExplorer(checkout.root);
  return writePage(directory, result.id, await renderHtml(result, undefined, explorer), 'report');
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
