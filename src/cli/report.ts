// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult } from '../model/result.ts';
import { makeFolder } from './context.ts';
import { requireResult, withStore } from './load.ts';

export async function report(id: string | undefined, { out }: { out: string }): Promise<void> {
  const result = await withStore((store) => requireResult(store, id));
  process.stdout.write(`${await writeReport(result, resolve(out))}\n`);
}

/** Writes the report and returns its path. */
export async function writeReport(result: CampaignResult, directory: string): Promise<string> {
  // Drawing takes a large library, which other commands need not wait for.
  const { renderHtml } = await import('../report/html.ts');
  makeFolder(directory);
  const path = resolve(directory, `${result.id}.html`);
  writeFileSync(path, await renderHtml(result));
  return path;
}
