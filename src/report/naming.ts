// SPDX-License-Identifier: Apache-2.0
// What to call test cases one after the other: by what varies between them; what does not is told once.
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey, toldOf } from '../model/parameters.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { groupOf } from '../stats/group.ts';
import { common, describeGroup, varying } from './format.ts';

/** How the cases of a campaign are called. */
export interface Naming {
  /** A case by what tells it from the others: `ovs dpdk/memif, P = 64 B`. */
  nameOf: (testCase: TestCase) => string;
  /** What all have in common: `throughput, local, 1vs1, R = max`. */
  common: string;
}

type Part = (testCase: TestCase) => string;

const WORDS: readonly Part[] = [({ switch: id }) => id, ioName];
const NAMED: readonly ParameterKey[] = ['switch', 'io', 'port'];
/** What else cases that are compared may differ in: how they wait. */
const OTHERS = PARAMETER_KEYS.filter((key) => PARAMETERS[key].rankable && !NAMED.includes(key)).map(
  (key): Part =>
    (testCase) =>
      toldOf(key, testCase[key]),
);

/** Names for these cases, by switch and framework where nothing varies. */
export function namingOf(cases: readonly TestCase[]): Naming {
  const varies = (part: Part) => new Set(cases.map(part)).size > 1;
  const parameters = varying(cases.map(groupOf));
  const oneOfAKind = parameters.length === 0 && ![...WORDS, ...OTHERS].some(varies);
  const words = WORDS.filter((part) => oneOfAKind || varies(part));
  const told = (parts: readonly Part[], testCase: TestCase) => parts.map((part) => part(testCase));
  return {
    nameOf: (testCase) =>
      inOne([
        told(words, testCase).join(' '),
        describeGroup(groupOf(testCase), parameters),
        ...told(OTHERS.filter(varies), testCase),
      ]),
    common: inOne(
      cases.slice(0, 1).flatMap((first) => [
        ...told(
          WORDS.filter((part) => !words.includes(part)),
          first,
        ),
        describeGroup(groupOf(first), common({ hosts: cases }, groupOf(first), parameters)),
        ...told(
          OTHERS.filter((part) => !varies(part)),
          first,
        ),
      ]),
    ),
  };
}

function inOne(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
