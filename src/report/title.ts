// SPDX-License-Identifier: Apache-2.0
import { GROUP_KEYS, type GroupKey, hasOwnDefaults, PARAMETERS, writtenOf } from '../model/parameters.ts';
import { sizeLabel } from '../model/sizes.ts';
import type { TestCase } from '../model/testcase.ts';
import { listed } from './format.ts';

/** So many switches or frameworks are named; more are counted. */
const NAMED_MAX = 4;

/** In which order a title tells what varies, and whatever else does behind it. */
const FIRST: readonly GroupKey[] = ['dimension', 'packetSize', 'pairs', 'rate', 'burst', 'location'];
const ORDER = [...FIRST, ...GROUP_KEYS.filter((key) => key !== 'testbed' && !FIRST.includes(key))];

/**
 * What a campaign is called that has no title: by what varies in it, as `64 to 1500 B over ovs and linux-bridge`. The frameworks are named
 * where the user did (`namesFrameworks`), and where there is one switch.
 */
export function titleOf(cases: readonly TestCase[], namesFrameworks: boolean): string {
  const all = <T>(pick: (testCase: TestCase) => T): T[] => [...new Set(cases.map(pick))];
  const dimensions = all(({ dimension }) => dimension);
  const switches = all((one) => one.switch);
  const frameworks = all(({ io }) => io);
  // What each dimension has a default of its own for is nothing that was swept.
  const swept = ORDER.filter((key) => dimensions.length === 1 || !hasOwnDefaults(key)).flatMap((key) =>
    variation(
      key,
      all((testCase) => testCase[key]),
    ),
  );
  const what = swept.length === 0 ? listed(dimensions) : swept.join(', ');
  const by = namesFrameworks || switches.length === 1 ? ` with ${counted(frameworks, 'frameworks')}` : '';
  return `${what} over ${counted(switches, 'switches')}${by}`;
}

/** What a title says of the values of a parameter; nothing of a single one. */
function variation<Key extends GroupKey>(key: Key, values: readonly TestCase[Key][]): string[] {
  if (values.length < 2) return [];
  const told = key === 'packetSize' ? sizesIn(values) : toldIn(key, values);
  return [PARAMETERS[key].inTitle(told)];
}

function toldIn<Key extends GroupKey>(key: Key, values: readonly TestCase[Key][]): string {
  return values.some((value) => typeof value === 'number')
    ? span(key, values)
    : listed(values.map((value) => writtenOf(key, value)));
}

/** Mixes stand behind the sizes, and do not lie between any. */
function sizesIn(values: readonly TestCase[GroupKey][]): string {
  const sizes = values.filter((value) => typeof value === 'number');
  const mixes = values.flatMap((value) => (typeof value === 'string' ? [sizeLabel(value)] : []));
  const spanned = sizes.length > 1 ? [span('packetSize', sizes)] : sizes.map(String);
  return mixes.length === 0 ? spanned.join('') : listed([...spanned, ...mixes]);
}

/** Two values, or the least and the most of more; an unpaced rate is above all. */
function span<Key extends GroupKey>(key: Key, values: readonly TestCase[Key][]): string {
  const numeric = (value: TestCase[Key]) => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY);
  const sorted = [...values].sort((a, b) => numeric(a) - numeric(b)).map((value) => writtenOf(key, value));
  return sorted.length === 2 ? sorted.join(' and ') : `${sorted.at(0)} to ${sorted.at(-1)}`;
}

function counted(names: readonly string[], what: string): string {
  return names.length > NAMED_MAX ? `${names.length} ${what}` : listed(names);
}
