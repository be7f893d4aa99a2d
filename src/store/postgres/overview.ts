// SPDX-License-Identifier: Apache-2.0
// Many campaigns at a look: all of them with their progress, and those that were measured near another.
import { z } from 'zod';
import { type CampaignRow, CampaignRowSchema } from '../../model/campaign-row.ts';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../../model/parameters.ts';
import type { StoredCampaign } from '../../model/result.ts';
import { TestCaseSchema } from '../../model/testcase.ts';
import { type Neighbour, NeighbourSchema } from '../neighbours.ts';
import type { ServerRow } from './protocol.ts';
import type { Reading } from './reading.ts';
import type { Transactions } from './transactions.ts';

/** Rows of one answer: few enough for the memory of a runner. */
const PAGE_NEIGHBOURS = 20;

export class Overview {
  private readonly db: Transactions;
  private readonly reading: Reading;

  constructor(db: Transactions, reading: Reading) {
    this.db = db;
    this.reading = reading;
  }

  list(): CampaignRow[] {
    const rows = this.db.ask(
      `SELECT id, title_json, started_at, ended_at, repeat, trials_planned, coalesce(cases, 0) AS cases, coalesce(runnable, 0) AS runnable,
         coalesce(done, 0) AS done, coalesce(owed, 0) AS owed, (head_json::json -> 'shards')::text AS shards
       FROM vswbench.campaigns LEFT JOIN (
         SELECT campaign, count(*) AS cases, count(*) FILTER (WHERE skipped_json = 'null') AS runnable, sum(rounds_done) AS done,
           sum(repetitions_owed) AS owed
         FROM vswbench.cases GROUP BY campaign) AS planned ON campaign = number
       ORDER BY number`,
      [],
    );
    const found = rows.map((row) => ({
      ...{
        id: row.id,
        title: this.reading.parsed(row.title_json),
        startedAt: row.started_at,
        endedAt: row.ended_at,
        cases: row.cases,
      },
      trialsDone: row.done,
      trialsPlanned: Number(row.runnable) * Number(row.trials_planned),
      repetitionsOwed: row.repeat === 'none' ? 0 : row.owed,
      shards: row.shards === null ? null : this.reading.parsed(row.shards),
    }));
    return this.reading.check(z.array(CampaignRowSchema), found, []);
  }

  parameterValues(id: string): Map<ParameterKey, string[]> {
    const rows = this.db.ask(
      'SELECT parameters FROM vswbench.cases WHERE campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1) ORDER BY case_index',
      [id],
    );
    const cases = this.reading.check(
      z.array(TestCaseSchema),
      rows.map(({ parameters }) => parameters),
      ['cases'],
    );
    return new Map(PARAMETER_KEYS.map((key) => [key, [...new Set(cases.map((one) => writtenOf(key, one[key])))]]));
  }

  *neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void> {
    for (const { id, hosts_json, cases } of this.db.stream(() => this.neighbourRows(own, switchId, withinMs))) {
      yield this.reading.check(NeighbourSchema, { id, hosts: this.reading.parsed(hosts_json), cases }, ['campaigns']);
    }
  }

  private *neighbourRows(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<ServerRow, void> {
    const at = Date.parse(own.startedAt);
    for (let offset = 0; ; offset += PAGE_NEIGHBOURS) {
      const rows = this.db.ask(
        `SELECT id, hosts_json, cases FROM vswbench.campaigns, LATERAL (
           SELECT json_agg(json_build_object('caseIndex', case_index, 'case', parameters) ORDER BY case_index) AS cases
           FROM vswbench.cases WHERE campaign = number AND parameters @> $4::jsonb) AS found
         WHERE id <> $1 AND started BETWEEN $2::timestamptz AND $3::timestamptz AND cases IS NOT NULL
         ORDER BY abs(extract(epoch FROM started - $5::timestamptz)), number LIMIT ${PAGE_NEIGHBOURS} OFFSET $6`,
        [
          ...[own.id, new Date(at - withinMs).toISOString(), new Date(at + withinMs).toISOString()],
          ...[JSON.stringify({ switch: switchId }), new Date(at).toISOString(), offset],
        ],
      );
      yield* rows;
      if (rows.length < PAGE_NEIGHBOURS) return;
    }
  }
}
