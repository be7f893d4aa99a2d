// SPDX-License-Identifier: Apache-2.0
// What the applications of a campaign generated and checked of each packet: no more is claimed for a case than was done in it.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { listed } from './format.ts';

/** How much of a packet was looked at, in words. */
function checkedOf({ ioWholeFrames }: Pick<CampaignResult, 'ioWholeFrames'>, { case: testCase }: CaseResult): string {
  if (testCase.touch === 'none') return 'only the numbers and times that a packet carries';
  return ioWholeFrames[testCase.io] === true ? 'every byte of each frame' : 'every byte of each UDP payload';
}

/** One sentence for each extent, with the frameworks where there are several. Of what was measured alone. */
export function checkedWords(result: CampaignResult): string[] {
  const measured = result.results.filter(({ summary }) => summary !== null);
  const byExtent = Map.groupBy(measured, (one) => checkedOf(result, one));
  return [...byExtent].map(([extent, cases]) => {
    const names = [...new Set(cases.map(({ case: { io, touch } }) => `${io} with touch=${touch}`))];
    const whose = byExtent.size === 1 ? 'Applications' : `Applications with ${listed(names)}`;
    return `${whose} generated and checked ${extent}.`;
  });
}
