// SPDX-License-Identifier: Apache-2.0
import { PARAMETERS } from '../model/parameters.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import { parameters } from './format.ts';
import type { Column } from './table.ts';

/** A parameter as its bare value; the letter stands in the title. */
export function parameterColumn<Row extends { case: TestCase }>(name: keyof Group): Column<Row> {
  const { heading, align } = PARAMETERS[name];
  return {
    title: heading,
    align,
    cell: ({ case: testCase }) => parameters(testCase)[name].replace(/^.* = | B$/g, ''),
    told: ({ case: testCase }) => parameters(testCase)[name],
  };
}
