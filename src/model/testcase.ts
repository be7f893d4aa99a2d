// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { whole } from './fields.ts';
import {
  GROUP_KEYS,
  type GroupKey,
  isAsBefore,
  PARAMETER_KEYS,
  PARAMETERS,
  type ParameterKey,
  type TestCase,
} from './parameters.ts';

export type { TestCase };

/** What cases must share to be compared: see stats/group.ts. */
export type Group = { [Key in GroupKey]: TestCase[Key] };

/**
 * One point of the parameter space: the paper's tuple (D, L, S, V, P, R, B) of its table 1, and the extensions that
 * change what is measured. How long and how often it runs belongs to the campaign.
 */
export const TestCaseSchema = z.strictObject(shapeOf<TestCase>(PARAMETER_KEYS, (key) => PARAMETERS[key].schema(z)));
export const GroupSchema = z.strictObject(shapeOf<Group>(GROUP_KEYS, (key) => TestCaseSchema.shape[key]));

type Shape<Whole> = { [Key in keyof Whole]: z.ZodType<Whole[Key]> };

function shapeOf<Whole extends object>(
  keys: readonly (keyof Whole)[],
  schemaOf: <Key extends keyof Whole>(key: Key) => z.ZodType<Whole[Key]>,
): Shape<Whole> {
  const shape: Partial<Shape<Whole>> = {};
  for (const key of keys) shape[key] = schemaOf(key);
  return whole<Shape<Whole>>(shape, keys);
}

/** The two traffic applications of a pair, by dimension (paper figure 3) and direction. */
export function rolesOf(testCase: Pick<TestCase, 'dimension' | 'direction'>): { source: SourceRole; sink: SinkRole } {
  const { dimension } = testCase;
  switch (dimension) {
    case 'throughput':
    case 'capacity':
    case 'burst':
    case 'churn':
      return bothSend(testCase) ? { source: 'peer', sink: 'peer' } : { source: 'sender', sink: 'receiver' };
    case 'latency':
      return { source: 'client', sink: 'server' };
    default:
      return dimension satisfies never;
  }
}
/** Whether packets of their own come from both ends of a pair. */
export function bothSend({ dimension, direction }: Pick<TestCase, 'dimension' | 'direction'>): boolean {
  return dimension !== 'latency' && direction === 'both';
}

/** How many send packets of their own. */
export function sendersOf(testCase: Pick<TestCase, 'dimension' | 'direction' | 'pairs'>): number {
  return testCase.pairs * (bothSend(testCase) ? 2 : 1);
}

export type SourceRole = 'sender' | 'client' | 'peer';
export type SinkRole = 'receiver' | 'server' | 'peer';
export type ApplicationRole = SourceRole | SinkRole;

/** What carries the packets, in a word: `udp`, `dpdk/vhost-user`, `netmap`. A kernel interface goes without saying, and so do ports of one's own. */
export function ioName({ io, port }: Pick<TestCase, 'io' | 'port'>): string {
  return port === 'netdev' || port === io ? io : `${io}/${port}`;
}

/** The testbed came last when it came, and stays there. */
const KEY_ORDER: readonly ParameterKey[] = [...PARAMETER_KEYS.filter((key) => key !== 'testbed'), 'testbed'];

/** Identity of a test case: equal for equal tuples, stable across versions, used as a database key. */
export function caseKey(testCase: TestCase): string {
  return KEY_ORDER.flatMap((key) => keyPart(key, testCase)).join(' ');
}

/**
 * What trials have in common whose applications may be the same: all but what they are told anew for each trial. Null where each trial has its
 * own in any case: what they announce, or who sends beside, is not told anew.
 */
export function applicationsKey(testCase: TestCase): string | null {
  const { dimension, background, macs } = testCase;
  if ((dimension !== 'throughput' && dimension !== 'latency') || background !== 'none' || macs > 1) return null;
  return caseKey({ ...testCase, rate: 1, arrivals: 'regular' });
}

/** Framework and port are one word. Keys from before there was a parameter stay what they were. */
function keyPart(key: ParameterKey, testCase: TestCase): string[] {
  if (key === 'io') return [ioName(testCase)];
  if (key === 'port' || isAsBefore(key, testCase[key])) return [];
  return [keyText(key, testCase)];
}

function keyText<Key extends ParameterKey>(key: Key, testCase: TestCase): string {
  return PARAMETERS[key].inKey(testCase[key]);
}
