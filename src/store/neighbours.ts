// SPDX-License-Identifier: Apache-2.0
// Other campaigns in whose cases something may be found that one of them lacks.
import { z } from 'zod';
import type { StoredCampaign } from '../model/result.ts';
import { HostRecordSchema } from '../model/testbed.ts';
import { TestCaseSchema } from '../model/testcase.ts';
import { caseFromColumns } from './columns.ts';
import { type Rows, readHosts } from './rows.ts';

export const NeighbourSchema = z.strictObject({
  id: z.string(),
  hosts: z.array(HostRecordSchema),
  cases: z.array(z.strictObject({ caseIndex: z.int().nonnegative(), case: TestCaseSchema })),
});
/** Some cases of another campaign, and the machines on which they were measured. */
export type Neighbour = z.infer<typeof NeighbourSchema>;

const MS_PER_DAY = 24 * 3600 * 1000;

/** Campaigns near in time, the nearest first, with their cases of a switch; unchecked. */
export function* readNeighbours(
  rows: Rows,
  { id, startedAt }: Pick<StoredCampaign, 'id' | 'startedAt'>,
  switchId: string,
  withinMs: number,
): Generator<unknown, void> {
  const near = rows.all(
    `SELECT id, abs(julianday(started_at) - julianday(:startedAt)) AS days FROM campaigns
     WHERE id <> :id AND days <= :withinDays
       AND EXISTS (SELECT 1 FROM cases WHERE campaign_id = campaigns.id AND switch = :switchId)
     ORDER BY days, campaigns.rowid`,
    { id, startedAt, switchId, withinDays: withinMs / MS_PER_DAY },
  );
  for (const { id: other = null } of near) {
    const sql = 'SELECT * FROM cases WHERE campaign_id = :other AND switch = :switchId ORDER BY case_index';
    const cases = rows.all(sql, { other, switchId });
    yield {
      id: other,
      hosts: readHosts(rows, other),
      cases: cases.map((one) => ({ caseIndex: one.case_index, case: caseFromColumns(one) })),
    };
  }
}
