// SPDX-License-Identifier: Apache-2.0
// Why trials count as disturbed, in words.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { caseName, whereOf } from './format.ts';

/** Cases whose reasons are told one by one before the rest is only counted. */
const NAMED_MAX = 5;

/** A line for each case with disturbed trials: how many, and the reasons of the first of them. */
export function disturbanceLines(result: CampaignResult): string[] {
  const lines = result.results.flatMap((one) => lineOf(result, one) ?? []);
  const more = lines.length - NAMED_MAX;
  return more > 1 ? [...lines.slice(0, NAMED_MAX), `and in ${more} more cases`] : lines;
}

function lineOf(result: CampaignResult, one: CaseResult): string | null {
  const { trials, disturbed, firstDisturbed } = one.evidence;
  if (firstDisturbed === null) return null;
  const count = `${disturbed} of ${trials} trials`;
  return `${caseName(one.case)}${whereOf(result, one.case)} (${count}): ${firstDisturbed.reasons.join('; ')}`;
}
