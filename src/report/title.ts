// SPDX-License-Identifier: Apache-2.0
import type { TestCase } from '../model/testcase.ts';
import { quantity } from '../model/units.ts';
import { listed } from './format.ts';

/** So many switches or frameworks are named; more are counted. */
const NAMED_MAX = 4;

/**
 * What a campaign is called that has no title: by what varies in it, as `64 to 1500 B over ovs and linux-bridge`. The frameworks are named
 * where the user did (`namesFrameworks`), and where there is one switch.
 */
export function titleOf(cases: readonly TestCase[], namesFrameworks: boolean): string {
  const all = <T>(pick: (testCase: TestCase) => T): T[] => [...new Set(cases.map(pick))];
  const dimensions = all(({ dimension }) => dimension);
  const switches = all((one) => one.switch);
  const frameworks = all(({ io }) => io);
  const swept = [
    ...unlessOne(dimensions, listed),
    ...unlessOne(
      all(({ packetSize }) => packetSize),
      (sizes) => `${span(sizes)} B`,
    ),
    ...unlessOne(
      all(({ pairs }) => pairs),
      (pairs) => span(pairs, (count) => `${count}vs${count}`),
    ),
    // Each dimension has a rate and a burst of its own, which is nothing that was swept.
    ...(dimensions.length > 1
      ? []
      : [
          ...unlessOne(
            all(({ rate }) => rate),
            (rates) => `${span(rates, quantity)} packets/s`,
          ),
          ...unlessOne(
            all(({ burst }) => burst),
            (bursts) => `bursts of ${span(bursts)}`,
          ),
        ]),
    ...unlessOne(
      all(({ location }) => location),
      listed,
    ),
    ...unlessOne(
      all(({ touch }) => touch),
      (touches) => `touch ${listed(touches)}`,
    ),
    ...unlessOne(
      all(({ rxModeration }) => rxModeration),
      (values) => `receive moderation ${listed(values)}`,
    ),
    ...unlessOne(
      all(({ placement }) => placement),
      (placements) => `placement ${listed(placements)}`,
    ),
  ];
  const what = swept.length === 0 ? listed(dimensions) : swept.join(', ');
  const by = namesFrameworks || switches.length === 1 ? ` with ${counted(frameworks, 'frameworks')}` : '';
  return `${what} over ${counted(switches, 'switches')}${by}`;
}

function unlessOne<T>(values: readonly T[], told: (values: readonly T[]) => string): string[] {
  return values.length > 1 ? [told(values)] : [];
}

/** Two values, or the least and the most of more; an unpaced rate is above all. */
function span<T extends number | 'max'>(values: readonly T[], told: (value: T) => string = String): string {
  const numeric = (value: T) => (value === 'max' ? Number.POSITIVE_INFINITY : Number(value));
  const sorted = [...values].sort((a, b) => numeric(a) - numeric(b)).map(told);
  return sorted.length === 2 ? sorted.join(' and ') : `${sorted.at(0)} to ${sorted.at(-1)}`;
}

function counted(names: readonly string[], what: string): string {
  return names.length > NAMED_MAX ? `${names.length} ${what}` : listed(names);
}
