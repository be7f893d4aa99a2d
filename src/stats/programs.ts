// SPDX-License-Identifier: Apache-2.0
// The programs that ran on the hosts of a campaign, byte for byte.
import { PROGRAM_SUM } from '../model/inventory.ts';
import type { StoredCampaign } from '../model/result.ts';

export interface ProgramSum {
  /** Of its file. */
  name: string;
  sha256: string;
}

/** Each once, whatever number of hosts ran it; none in records of older versions. */
export function programSumsOf({ hosts }: Pick<StoredCampaign, 'hosts'>): ProgramSum[] {
  const all = hosts.flatMap(({ inventory }) =>
    Object.entries(inventory.versions).flatMap(([key, sha256]) =>
      key.startsWith(PROGRAM_SUM) ? [{ name: key.slice(PROGRAM_SUM.length), sha256 }] : [],
    ),
  );
  return [...new Map(all.map((sum) => [`${sum.name} ${sum.sha256}`, sum])).values()];
}
