// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import type { ReportOptions } from './commands/report.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { readExplorer } from './explorer.ts';
import { requireResult, withCampaign } from './load.ts';
import { spendMemory } from './memory.ts';
import { print } from './output.ts';
import { writeWhole } from './whole-file.ts';

export async function report(id: string | undefined, options: ReportOptions): Promise<void> {
  const { out, static: isStatic } = options;
  if (options.parts === true) return printParts(id, options.only ?? []);
  if (options.only !== undefined) throw new CliError(EXIT.usage, '--only is of --parts: add that');
  const result = await withCampaign(id, requireResult);
  process.stdout.write(`${await writeReport(result, resolve(out), isStatic === true)}\n`);
}

/** What the browser shows of a report, as one document. */
async function printParts(id: string | undefined, only: readonly string[]): Promise<void> {
  const result = await withCampaign(id, requireResult);
  const isShown = filterOf(only);
  const { reportParts } = await import('../report/parts.ts');
  const parts = await spendMemory(() => reportParts(result, isShown));
  await print([JSON.stringify(parts), '\n']);
}

/** Cases that have one of the values given of each parameter; as `serve` writes values, sizes are those that are stored. */
function filterOf(only: readonly string[]): (one: CaseResult) => boolean {
  const wanted = new Map<ParameterKey, string[]>();
  for (const text of only) {
    const [name = '', ...rest] = text.split('=');
    const key = PARAMETER_KEYS.find((one) => one === name);
    if (key === undefined || rest.length === 0) {
      throw new CliError(EXIT.usage, `--only takes PARAMETER=VALUE, as switch=ovs; not '${text}'`);
    }
    wanted.set(key, [...(wanted.get(key) ?? []), rest.join('=')]);
  }
  return ({ case: testCase }) => [...wanted].every(([key, values]) => values.includes(writtenOf(key, testCase[key])));
}

/** Writes the report and returns its path. Throws CliError where it cannot be written; half of one is not left. */
export async function writeReport(result: CampaignResult, directory: string, isStatic = false): Promise<string> {
  // Drawing takes a large library, which other commands need not wait for.
  const { renderHtml } = await import('../report/html.ts');
  const explorer = isStatic ? null : readExplorer(checkout.root);
  const page = await spendMemory(() => renderHtml(result, undefined, explorer));
  return writePage(directory, result.id, page, 'report');
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
