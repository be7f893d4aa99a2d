// SPDX-License-Identifier: Apache-2.0
// Searches that were cut short as rows of PostgreSQL's tables: one row a trial of them.
import type { SearchLoad } from '../../model/search.ts';
import type { OfCase, Statement } from './campaign-rows.ts';

const CAMPAIGN = 'campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1)';

/** Inserts a trial of a search behind those that there are; changes nothing where there is no such case. */
export function insertLoad(id: string, caseIndex: number, ordinal: number, load: SearchLoad): Statement {
  return {
    sql: `INSERT INTO vswbench.search_loads (campaign, case_index, ordinal, position, load_json)
      SELECT campaign, case_index, $3::integer,
        (SELECT count(*) FROM vswbench.search_loads WHERE campaign = number AND case_index = $2 AND ordinal = $3), $4::text
      FROM vswbench.campaigns JOIN vswbench.cases ON campaign = number WHERE id = $1 AND case_index = $2`,
    values: [id, caseIndex, ordinal, JSON.stringify(load)],
  };
}

export function selectLoads(id: string, caseIndex: number, ordinal: number): Statement {
  return {
    sql: `SELECT load_json FROM vswbench.search_loads WHERE ${CAMPAIGN} AND case_index = $2 AND ordinal = $3 ORDER BY position`,
    values: [id, caseIndex, ordinal],
  };
}

export function selectSearches(id: string): Statement {
  return {
    sql: `SELECT case_index, ordinal, load_json FROM vswbench.search_loads WHERE ${CAMPAIGN} ORDER BY case_index, ordinal, position`,
    values: [id],
  };
}

/** Deletes what is kept beside of searches that are these trials. */
export function deleteSearches(id: string, trials: readonly OfCase[]): Statement {
  return {
    sql: `DELETE FROM vswbench.search_loads WHERE ${CAMPAIGN}
      AND (case_index, ordinal) IN (SELECT * FROM unnest($2::integer[], $3::integer[]))`,
    values: [id, trials.map(({ caseIndex }) => caseIndex), trials.map(({ trial }) => trial.ordinal)],
  };
}
