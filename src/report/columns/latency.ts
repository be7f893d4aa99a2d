// SPDX-License-Identifier: Apache-2.0
import type { Summary } from '../../model/result.ts';
import { PERCENTILES } from '../../stats/percentiles.ts';
import { MICROSECONDS } from '../format.ts';
import { intervalColumns } from '../tables/interval-columns.ts';
import { interval, numbers, type ResultColumn, type ShownColumn, TURN } from './column.ts';

type Name = keyof NonNullable<NonNullable<Summary['latencyNs']>['rtt']>;

/** A figure of the round trips; `title` is its heading. */
function roundTrip(name: Name, title: string, rest: Pick<ShownColumn, 'decides' | 'yields'>): ResultColumn {
  const of: Parameters<typeof interval>[1] = ({ summary }) => summary?.latencyNs?.rtt?.[name];
  const median = numbers(title, MICROSECONDS, (result) => of(result)?.median, rest);
  return {
    key: `rtt-${name}`,
    dimensions: ['latency'],
    shown: () => (rest.decides ? [median, interval(MICROSECONDS, of)] : [median]),
    exported: intervalColumns({
      ...{ prefix: `rtt_${name}_ns`, unit: 'ns' },
      title: `${name === 'mean' ? 'mean' : `p${PERCENTILES[name]}`} of the round trips`,
      of,
    }),
  };
}

export const rttP50 = roundTrip('p50', 'RTT p50', { decides: true });
export const rttMean = roundTrip('mean', 'mean', { yields: TURN.detail });
export const rttP99 = roundTrip('p99', 'p99', { yields: TURN.p99 });
export const rttP999 = roundTrip('p999', 'p99.9', {});
