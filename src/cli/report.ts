// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CampaignResult } from '../model/result.ts';
import { makeFolder, resultsDirectory } from './context.ts';
import { requireResult, withStore } from './load.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .description('write the HTML report of a campaign: one file that needs nothing beside it')
    .argument('[id]', 'campaign (the latest where none is given)')
    .option('--out <dir>', 'folder to write to', resultsDirectory)
    .addHelpText('after', '\nExample:\n  $ vswbench report --out ~/paper/figures')
    .action(async (id: string | undefined, { out }: { out: string }) => {
      process.stdout.write(
        `${await writeReport(await withStore((store) => requireResult(store, id)), resolve(out))}\n`,
      );
    });
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
