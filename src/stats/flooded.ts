// SPDX-License-Identifier: Apache-2.0
// How much of the traffic a switch sent to everybody, as it does with what is for an address that it does not know (RFC 2889, section 5.8).
import type { TestCase } from '../model/testcase.ts';
import { bothSend } from '../model/testcase.ts';
import { sumOf } from './sum.ts';

type Counts = Readonly<Record<'foreignPackets' | 'offeredPackets', number>>;

/**
 * The share of the packets sent that the receivers of other pairs got as well, each of them a witness. 1 where everything is flooded. Null
 * where nobody looks: with one pair, where an end has one address, and where others' packets may be those of a background.
 */
export function floodedRatio(testCase: TestCase, trials: readonly Counts[]): number | null {
  const { dimension, pairs, macs, background } = testCase;
  const offered = sumOf(trials, ({ offeredPackets }) => offeredPackets);
  if (dimension === 'latency' || pairs === 1 || background !== 'none' || macs === 1 || offered === 0) return null;
  const witnesses = (bothSend(testCase) ? 2 : 1) * (pairs - 1);
  return sumOf(trials, ({ foreignPackets }) => foreignPackets) / (witnesses * offered);
}
