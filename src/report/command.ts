// SPDX-License-Identifier: Apache-2.0
import { formatCpuList } from '../model/cpu-list.ts';
import { optionOf, PARAMETER_KEYS, writtenOf } from '../model/parameters.ts';
import type { CampaignResult } from '../model/result.ts';
import { writtenObjective } from '../model/search.ts';
import { testbedsOf } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import { duration, percentOf } from '../model/units.ts';
import { namesTestbeds } from './format.ts';

/** What is told by its option and all of its values; testbeds and how to wait have rules of their own. */
const LISTED = PARAMETER_KEYS.filter((key) => key !== 'testbed' && key !== 'wait');

/** The command that runs the same test cases in the same order again: every parameter explicit, no default relied upon. */
export function reproduceCommand(result: CampaignResult): string {
  const cases = result.results.map(({ case: testCase }) => testCase);
  const all = (value: (testCase: TestCase) => string): string => [...new Set(cases.map(value))].join(',');
  // Where cases differ the planner chose it for each of them, and will again.
  const waits = [...new Set(cases.map(({ wait }) => wait))];
  const options: [string, string][] = [
    ...(namesTestbeds(result) ? [['--testbed', testbedsOf(result).join(',')] satisfies [string, string]] : []),
    ...LISTED.map((key): [string, string] => [optionOf(key), all((testCase) => writtenOf(key, testCase[key]))]),
    ...waits.flatMap((wait): [string, string][] => (waits.length === 1 ? [['--wait', wait]] : [])),
    ['--warmup', result.warmupAuto ? 'auto' : duration(result.warmupMs)],
    ['--duration', duration(result.durationMs)],
    ['--trials', String(result.trialsPlanned)],
    ...precisionOptions(result),
    ...searchOptions(result),
    ...(result.repeat === 'none' ? [['--repeat', 'none'] satisfies [string, string]] : []),
    ...cpusOption(result),
    ...(result.tune.length === 0 ? [] : [['--tune', result.tune.join(',')] satisfies [string, string]]),
    ['--seed', String(result.seed)],
  ];
  const words = options.map(([name, value]) => `${name} ${shellWord(value)}`);
  const flags = [
    ...(result.fcs ? ['--fcs'] : []),
    ...(result.reuse ? ['--reuse'] : []),
    ...(result.hostNetwork ? ['--host-network'] : []),
  ];
  return ['vswbench run', ...flags, ...words].join(' ');
}

/**
 * The CPUs that were used, where these were not all. Hosts that used unlike ones had them named by their testbed, which still does. Records of
 * versions before did not tell.
 */
function cpusOption({ hosts }: CampaignResult): [string, string][] {
  const restricted = hosts.some(
    ({ inventory: { cpus, topology } }) => topology !== null && cpus.some(({ allowed }) => !allowed),
  );
  const [list = '', ...others] = new Set(
    hosts.map(({ inventory }) => formatCpuList(inventory.cpus.flatMap(({ id, allowed }) => (allowed ? [id] : [])))),
  );
  return restricted && others.length === 0 && list !== '' ? [['--cpus', list]] : [];
}

function precisionOptions({ precision }: CampaignResult): [string, string][] {
  if (precision === null) return [];
  return [
    ['--precision', percentOf(precision.ratio).replace(' ', '')],
    ['--max-trials', String(precision.trialsMax)],
  ];
}

function searchOptions({ search }: CampaignResult): [string, string][] {
  if (search === null) return [];
  return [
    ['--objective', search.objectives.map(writtenObjective).join(',')],
    ['--width', percentOf(search.widthRatio).replace(' ', '')],
    ['--duration-sum', duration(search.durationSumMs)],
    ...(search.budgetMs === null ? [] : [['--budget', duration(search.budgetMs)] satisfies [string, string]]),
  ];
}

function shellWord(text: string): string {
  return /^[\w.,:/=%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
