// SPDX-License-Identifier: Apache-2.0
// Traffic beside what is measured: unmeasured packets through the same switch, from pairs of their own.
import type { TestCase } from './testcase.ts';
import { type Parsed, parseQuantity, quantity } from './units.ts';

/** As it is recorded: a share of the capacity in percent, or packets/s of each background pair. */
export const BACKGROUND = /^(none|100%|[1-9]\d?(\.\d)?%|0\.[1-9]%|[1-9]\d{0,9})$/;

/** One sender keeps a switch as busy as is asked for; more would take CPUs from those that are measured. Nor do more than one come and go. */
const PAIRS = 1;

const RATE_MAX = 1_000_000_000;

/** What the background is to send. */
export type BackgroundLoad = { kind: 'none' } | { kind: 'share'; share: number } | { kind: 'rate'; ratePps: number };

export function backgroundLoadOf(background: string): BackgroundLoad {
  if (background === 'none') return { kind: 'none' };
  return background.endsWith('%')
    ? { kind: 'share', share: Number(background.slice(0, -1)) / 100 }
    : { kind: 'rate', ratePps: Number(background) };
}

/** Reads what a user gave: `none`, `0.5` or `50%` of the capacity, `100k` packets/s. */
export function backgroundOf(item: string): Parsed<string[]> {
  if (item === 'none') return { ok: true, value: [item] };
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(item) ?? [];
  const [fraction] = /^0?\.\d+$/.exec(item) ?? [];
  if (percent !== undefined || fraction !== undefined) {
    const share = percent === undefined ? Number(fraction) * 100 : Number(percent);
    const recorded = `${Number(share.toFixed(1))}%`;
    return share > 0 && share <= 100 && recorded !== '0%'
      ? { ok: true, value: [recorded] }
      : refused(`'${item}' is not a share of the capacity from 0.1% to 100%`);
  }
  const rate = parseQuantity(item);
  if (!rate.ok) return refused(`'${item}' is not none, a share as 50%, or packets/s as 100k`);
  if (rate.value === 1) return refused(`'1' may be all of the capacity, or one packet/s: give 100%, or a higher rate`);
  return rate.value < 1 || rate.value > RATE_MAX
    ? refused(`${item} is out of range; give 2 to ${quantity(RATE_MAX)} packets/s, or a share as 50%`)
    : { ok: true, value: [String(rate.value)] };
}

/** As the option takes it. */
export function backgroundWritten(background: string): string {
  const load = backgroundLoadOf(background);
  return load.kind === 'rate' ? quantity(load.ratePps) : background;
}

/** A test case as the switch and the machine meet it: with the pairs that are measured, and behind them that of the background, or of who comes and goes. */
export function asDeployed<Case extends Pick<TestCase, 'dimension' | 'pairs' | 'background'>>(testCase: Case): Case {
  const isAlone = testCase.background === 'none' && testCase.dimension !== 'churn';
  return isAlone ? testCase : { ...testCase, pairs: testCase.pairs + PAIRS };
}

/** What the pairs of the background do: throughput one way, with packets like those that are measured, `ratePps` each. */
export function backgroundCase(testCase: TestCase, ratePps: number | 'max'): TestCase {
  const quiet = { dimension: 'throughput', direction: 'one', arrivals: 'regular', background: 'none' } as const;
  return { ...asDeployed(testCase), ...quiet, rate: ratePps };
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
