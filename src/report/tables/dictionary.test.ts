// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  hostileCampaign,
  storedCampaign,
  superPacketCampaign,
  sweepCampaign,
  table2Campaign,
  twoTestbedsCampaign,
} from '../../../test/fixtures/campaign.ts';
import { textOf } from '../../../test/fixtures/document.ts';
import type { StoredCampaign } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { migrate } from '../../store/schema.ts';
import { documentSchemaText } from '../json-schema.ts';
import { BURSTS, burstRows, TRAINS, trainRows } from './bursts.ts';
import { CASES, caseRows } from './cases.ts';
import { CHURNS, churnRows, EVENTS, eventRows } from './churns.ts';
import { type CellValue, type ColumnType, csvText, jsonLines, type Table } from './columns.ts';
import { dictionaryText, TABLES } from './dictionary.ts';
import { bucketRows, HISTOGRAMS, SAMPLES, sampleRows } from './parts.ts';
import { foundRows, LOADS, loadRows, OBJECTIVES } from './searches.ts';
import { caseRow, type TrialRow } from './shared.ts';
import { TRIALS } from './trials.ts';

const docs = join(import.meta.dirname, '../../../docs');
const campaigns = [
  ...[
    table2Campaign(),
    sweepCampaign(),
    twoTestbedsCampaign(),
    hostileCampaign(),
    superPacketCampaign(),
    capacityCampaign(),
    burstCampaign(),
    churnCampaign(),
  ],
  storedCampaign({ endedAt: null, precision: { ratio: 0.02, trialsMax: 30 } }),
];

function trialRows({ cases, ...campaign }: StoredCampaign): TrialRow[] {
  return cases.flatMap((one, index) => {
    const common = caseRow(campaign, index, one.case);
    return one.trials.map((trial) => ({ ...common, trial }));
  });
}

describe('documentation that is made of the sources', () => {
  it('is what `node scripts/docs.ts` makes', () => {
    assert.equal(readFileSync(join(docs, 'data-dictionary.md'), 'utf8'), dictionaryText());
    assert.equal(readFileSync(join(docs, 'document.schema.json'), 'utf8'), documentSchemaText());
  });
});

describe('the document', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(docs, 'document.schema.json'), 'utf8')),
  );

  it('keeps to its published schema', () => {
    for (const campaign of campaigns) {
      assert.ok(validate(JSON.parse(textOf(campaign))), JSON.stringify(validate.errors?.slice(0, 3)));
    }
  });

  it('does not without a field, or with another type', () => {
    const text = textOf(table2Campaign());
    const changes: [string | RegExp, string][] = [
      ['"startedAt":', '"began":'],
      ['"outcome":"measured"', '"outcome":"fine"'],
      [/"throughputPps":([\d.]+)/, '"throughputPps":"$1"'],
      ['"round":0', '"round":-1'],
    ];
    for (const [from, to] of changes) assert.equal(validate(JSON.parse(text.replace(from, to))), false, to);
  });
});

const FITS: Record<ColumnType, (value: CellValue) => boolean> = {
  text: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  time: (value) => typeof value === 'string' && new Date(value).toISOString() === value,
  json: (value) => typeof value === 'string' && typeof JSON.parse(value) === 'object',
};

describe('a table', () => {
  const check = <Row>(table: Table<Row>, rows: Row[]) => {
    const names = table.columns.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, `${table.name}: no name twice`);
    for (const { name, type, of } of table.columns) {
      for (const row of rows) {
        const value = of(row) ?? null;
        assert.ok(value === null || FITS[type](value), `${table.name}.${name}: ${String(value)} is no ${type}`);
      }
    }
    const lines = [...jsonLines(table, rows)].map((line): unknown => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => Object.keys(line ?? {})),
      rows.map(() => names),
    );
    assert.equal([...csvText(table, rows)].length, rows.length + 1);
  };

  it('has in each column what the dictionary says', () => {
    for (const campaign of campaigns) {
      const rows = trialRows(campaign);
      check(TRIALS, rows);
      check(CASES, [...caseRows(toCampaignResult(campaign))]);
      check(SAMPLES, [...sampleRows(rows)].slice(0, 100));
      check(OBJECTIVES, [...foundRows(rows)]);
      check(LOADS, [...loadRows(rows)]);
      check(BURSTS, [...burstRows(rows)]);
      check(TRAINS, [...trainRows(rows)]);
      check(CHURNS, [...churnRows(rows)]);
      check(EVENTS, [...eventRows(rows)]);
      check(HISTOGRAMS, [...bucketRows(rows)].slice(0, 100));
    }
  });

  it('leaves no column empty that has a figure somewhere', () => {
    const rows = campaigns.flatMap(trialRows);
    const empty = TRIALS.columns
      .filter(({ of }) => rows.every((row) => (of(row) ?? '') === ''))
      .map(({ name }) => name);
    // Of what no campaign here has.
    const rare =
      /^(rtt_actual|one_way)_|_(cycles|instructions)_per_packet$|^(receive_path|quota_cpus|disturbances|switch_cpu_ids|far_switch_cpu_ids)$|_censored_at_least_ns$|^(rtt_p999_ns|rtt_p9999_ns|precision_ratio)$|^flows_with_|^trains|_of_flow$|^served_json$|^background_|^(there|back)_/;
    assert.deepEqual(
      empty.filter((name) => !rare.test(name)),
      [],
    );
  });

  it('has every figure that the database has', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    const inDatabase = (table: string) =>
      db
        .prepare('SELECT name FROM pragma_table_info(?)')
        .all(table)
        .map(({ name }) => String(name));
    const exported = new Set(TABLES.flatMap(({ columns }) => columns.map(({ name }) => name)));
    const elsewhere = {
      // Under names of their own, or part by part.
      trials: [
        'trial_id',
        'flags_json',
        'placement_json',
        'noise_json',
        'cycles_per_packet_json',
        'instructions_per_packet_json',
        'flows_json',
        'ways_json',
        'sizes_json',
        'background_json',
        'search_json',
        'trains_json',
        'burst_json',
        'churn_json',
        'hostnames_json',
      ],
      cases: ['case_key', 'skipped_reason', 'revision'],
    };
    for (const [table, others] of Object.entries(elsewhere)) {
      assert.deepEqual(
        inDatabase(table).filter((name) => !exported.has(name)),
        others,
        table,
      );
    }
    for (const name of inDatabase('latencies').slice(2)) {
      for (const prefix of ['rtt', 'rtt_actual', 'one_way', 'one_way_actual'])
        assert.ok(exported.has(`${prefix}_${name}`), name);
    }
    assert.deepEqual(
      inDatabase('samples').filter((name) => !exported.has(name)),
      ['trial_id', 'position'],
    );
    db.close();
  });

  it('numbers rounds and repetitions as people do', () => {
    const [row] = trialRows(table2Campaign());
    assert.ok(row !== undefined);
    const told = (round: number, ordinal: number) => {
      const cells = ['round', 'repetition', 'ordinal'].map((name) =>
        TRIALS.columns.find((column) => column.name === name)?.of({ ...row, trial: { ...row.trial, round, ordinal } }),
      );
      return cells.join(' ');
    };
    assert.deepEqual([told(0, 7), told(2, 1_000_000_017)], ['1 0 7', '3 1 17']);
  });
});
