// SPDX-License-Identifier: Apache-2.0
// How tables of the page call a case.
import { type ComponentChild, h } from 'preact';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import type { Column } from './data-table.ts';
import { caseName, describeGroup, varying, whereOf } from './format.ts';

/** Up to so many rows the title of each framework stands in its row; in longer tables it would only be noise. */
const TITLED_ROWS_MAX = 12;

/** Switch and framework, the latter with its title below. */
export function nameCell({ ioTitles, results }: CampaignResult, { case: testCase }: CaseResult): ComponentChild {
  const name = `${testCase.switch} · ${ioName(testCase)}`;
  return results.length > TITLED_ROWS_MAX ? name : [name, h('span', { class: 'io' }, ioTitles[testCase.io] ?? '')];
}

/** The parameters that are told of each case: these, and whatever else varies beside what stands there anyhow. */
export function tellingApart({ results }: CampaignResult, usual: readonly (keyof Group)[]): (keyof Group)[] {
  const there: readonly (keyof Group)[] = [...usual, 'testbed', 'dimension', 'location', 'pairs'];
  return [...usual, ...varying(results.map((one) => one.case)).filter((name) => !there.includes(name))];
}

/** A case by its name, with what else tells it from others below. */
export function caseColumn(result: CampaignResult): Column<{ one: CaseResult }> {
  const rest = tellingApart(result, ['pairs', 'packetSize', 'rate', 'burst']);
  return {
    title: 'Case',
    cell: ({ one }) => [
      caseName(one.case),
      h('span', { class: 'io' }, `${one.case.dimension}${whereOf(result, one.case)}, ${describeGroup(one.case, rest)}`),
    ],
  };
}
