// SPDX-License-Identifier: Apache-2.0
import type { TestCase } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import { parameters } from './format.ts';
import type { Column } from './table.ts';

const TITLES: Record<keyof Group, string> = {
  testbed: 'Testbed',
  dimension: 'D',
  location: 'L',
  pairs: 'S',
  packetSize: 'P (B)',
  rate: 'R',
  burst: 'B',
  touch: 'touch',
  rxModeration: 'moderation',
  placement: 'placement',
};

const WORDS: readonly (keyof Group)[] = ['testbed', 'location', 'touch', 'rxModeration', 'placement'];

/** A parameter as its bare value; the letter stands in the title. */
export function parameterColumn<Row extends { case: TestCase }>(name: keyof Group): Column<Row> {
  return {
    title: TITLES[name],
    align: WORDS.includes(name) ? 'left' : 'right',
    cell: ({ case: testCase }) => parameters(testCase)[name].replace(/^.* = | B$/g, ''),
  };
}
