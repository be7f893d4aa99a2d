// SPDX-License-Identifier: Apache-2.0
// What drivers of switches left on their hosts without an undo.
import type { CampaignResult } from '../model/result.ts';
import { namesTestbeds } from './format.ts';

/** So many things are told one by one before the rest is only counted. */
const NAMED_MAX = 8;

/** `SWITCH: WHAT, FATE` for each thing that was left. */
export function leftBehindLines(result: CampaignResult): string[] {
  const lines = result.hosts.flatMap(({ testbed, role, leftBehind }) => {
    const where = namesTestbeds(result) ? ` (${role} host of testbed ${testbed})` : '';
    return leftBehind.map(({ switch: id, what, kept }) => `${id}: ${what}${where}, ${kept ?? 'put right'}`);
  });
  const more = lines.length - NAMED_MAX;
  return more > 1 ? [...lines.slice(0, NAMED_MAX), `and ${more} more`] : lines;
}

/** Reasons to doubt that they give. */
export function leftBehindDoubts(result: CampaignResult): { what: string; consequence: string }[] {
  const all = result.hosts.flatMap(({ leftBehind }) => leftBehind);
  if (all.length === 0) return [];
  const stands = all.some(({ kept }) => kept !== null);
  return [
    {
      what: `Drivers left things on the machine (${leftBehindLines(result).join('; ')})`,
      consequence: stands
        ? 'What still stands was there while later trials ran, those of other switches among them.'
        : 'It was put right when the switch was taken down. While the switch was up, nobody knows what of it took part.',
    },
  ];
}
