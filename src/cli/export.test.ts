// SPDX-License-Identifier: Apache-2.0
// `vswbench export` as a user runs it, on results that were made up, and as other programs read what it wrote.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  hostileCampaign,
  storedCampaign,
  storedCase,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
} from '../../test/fixtures/campaign.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import type { StoredCampaign } from '../model/result.ts';
import { renderHtml } from '../report/html.ts';
import type { ColumnType } from '../report/tables/columns.ts';
import { TABLES } from '../report/tables/dictionary.ts';
import { DICTIONARY_KEY, parquetBytes } from '../report/tables/parquet.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { openStore } from '../store/store.ts';
import { WHATS, type What } from './commands/export.ts';
import { STORE_NAME } from './context.ts';
import { exportText, tableOf } from './export.ts';

const main = resolve(import.meta.dirname, 'main.ts');
const readers = resolve(import.meta.dirname, '../../test/readers');
let results: string;

/** A case of which two trials were disturbed: one has a quiet repetition, the other a disturbed one. */
function repeatedCampaign(): StoredCampaign {
  const one = testCase({ rate: 'max' });
  const disturbed = { case: one, flags: ['disturbed' as const] };
  const { trials } = storedCase({ case: one, pps: 1000 }, 8);
  const again = (round: number, pps: number, quiet: boolean) => ({
    ...trial({ ...(quiet ? { case: one } : disturbed), pps, round }),
    ordinal: REPETITIONS_FROM + round,
  });
  const list = [
    ...trials.slice(0, 6),
    ...[6, 7].map((round) => trial({ ...disturbed, pps: 100, round })),
    ...[again(6, 1003, true), again(7, 1500, false)],
  ];
  return storedCampaign({ id: 'repeated', cases: [{ case: one, skipped: null, trials: list }] });
}

const mixed = testCase({ packetSize: 'imix' });

const CAMPAIGNS = [
  ...[sweepCampaign(), hostileCampaign(), repeatedCampaign(), table2Campaign()],
  ...[capacityCampaign(), burstCampaign(), churnCampaign()],
  storedCampaign({ cases: [storedCase({ case: mixed, pps: 1000 })] }),
].map((campaign, index) => ({
  ...campaign,
  id: `c${index}`,
}));

before(() => {
  results = mkdtempSync(join(tmpdir(), 'vswbench-export-'));
  const store = openStore(join(results, STORE_NAME));
  for (const { cases, ...campaign } of CAMPAIGNS) {
    store.createCampaign({ ...campaign, cases: cases.map(({ trials: _, ...planned }) => planned) });
    for (const [index, { trials }] of cases.entries()) {
      for (const ran of trials) store.saveTrial(campaign.id, index, ran);
    }
  }
  store.close();
});
after(() => rmSync(results, { recursive: true, force: true }));

const environment = () => ({ ...process.env, VSWBENCH_RESULTS: results, NO_COLOR: '1' });

function exported(ids: string[], what?: Parameters<typeof exportText>[2], format: 'csv' | 'json' = 'csv'): string {
  const store = openStore(join(results, STORE_NAME));
  try {
    return [...exportText(store, ids, what, format)].join('');
  } finally {
    store.close();
  }
}

/** What was exported, in a file. */
function exportedFile(name: string, ...asked: Parameters<typeof exported>): string {
  const path = join(results, name);
  writeFileSync(path, exported(...asked));
  return path;
}

/** A table of all campaigns as Parquet, in a file. */
function parquetFile(what: What): string {
  const path = join(results, `${what}.parquet`);
  const store = openStore(join(results, STORE_NAME));
  try {
    const ids = CAMPAIGNS.map(({ id }) => id);
    writeFileSync(path, Buffer.concat([...tableOf(store, ids, what, parquetBytes)]));
  } finally {
    store.close();
  }
  return path;
}

/** The columns of a table by their types. */
function typesOf(what: What): Map<string, ColumnType> {
  const columns = TABLES.find(({ name }) => name === what)?.columns ?? assert.fail(what);
  return new Map(columns.map((column) => [column.name, column.type]));
}

describe('vswbench export', () => {
  it('puts several campaigns into one table', () => {
    const [all, ...each] = [['c0', 'c2', 'c3'], ['c0'], ['c2'], ['c3']].map((ids) => exported(ids).split('\r\n'));
    assert.deepEqual(
      all?.slice(1, -1),
      each.flatMap((lines) => lines.slice(1, -1)),
    );
    assert.deepEqual([...new Set(exported(['c2', 'c3'], 'cases', 'json').match(/"campaign_id":"c\d"/g))].length, 2);
  });

  it('tells a repetition from what it repeats', () => {
    const lines = exported(['c2'], 'trials', 'json').trim().split('\n');
    const told = lines.map((line) => /"round":(\d+),"repetition":(\d),"ordinal":(\d+)/.exec(line)?.slice(1).join(' '));
    assert.deepEqual(told.slice(-4), ['7 0 6', '7 1 6', '8 0 7', '8 1 7']);
  });

  it('is quiet where the reader has seen enough', async () => {
    const child = spawn(process.execPath, [main, 'export', 'c0', '--what', 'histograms'], { env: environment() });
    const closed = once(child, 'close');
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    assert.deepEqual([await closed, complaints], [[0, null], '']);
  });

  it('prints results to publish, and refuses a table of something else in that form', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [main, 'export', ...args], { env: environment(), encoding: 'utf8' });
    const text = run('c3', 'c0', '--format', 'latex').stdout;
    assert.deepEqual(
      [...text.matchAll(/\\label\{tab:(c\d-[a-z]+)\}/g)].map(([, label]) => label),
      ['c3-throughput', 'c0-throughput', 'c0-latency'],
    );
    const refused = run('c3', '--format', 'markdown', '--what', 'trials');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /^vswbench: --format markdown has the results of cases: leave out --what trials$/m);
  });

  it('says which campaign there is not', () => {
    const { status, stderr } = spawnSync(process.execPath, [main, 'export', 'c0', 'nosuch'], {
      env: environment(),
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, /there is no campaign 'nosuch': 'vswbench list'/);
  });
});

const PYTHON = ['python3', '/usr/bin/python3'];

describe('a reader in another language', () => {
  it('recomputes medians and intervals of every case, and agrees', (context) => {
    if (spawnSync('python3', ['--version']).status !== 0) return context.skip('needs python3');
    const ids = CAMPAIGNS.map(({ id }) => id);
    const files = [
      exportedFile('trials.csv', ids),
      exportedFile('cases.csv', ids, 'cases'),
      exportedFile('documents.json', ids, undefined, 'json'),
    ];
    const { stdout, stderr } = spawnSync('python3', [join(readers, 'recompute.py'), ...files], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.ok(Number(stdout) > 100, stdout);
  });

  it('computes every number in the page’s tables of results that trials tell, and agrees', async (context) => {
    if (spawnSync('python3', ['--version']).status !== 0) return context.skip('needs python3');
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    const read = (...files: string[]) =>
      spawnSync('python3', [join(readers, 'page.py'), ...files], { encoding: 'utf8', env });
    for (const [index, numbersMin] of [
      [0, 500],
      [2, 8],
      [3, 80],
    ] as const) {
      const campaign = CAMPAIGNS[index] ?? assert.fail();
      const trials = exportedFile('trials.csv', [campaign.id]);
      const page = join(results, 'page.html');
      const html = await renderHtml(toCampaignResult(campaign));
      writeFileSync(page, html);
      const { stdout, stderr } = read(trials, page);
      assert.equal(stderr, '');
      assert.ok(Number(stdout) > numbersMin, stdout);
      if (index !== 3) continue;
      const wrong = html.replace(
        /(<td class="n key">[\d.]*)(\d)</,
        (_, rest, last) => `${rest}${(Number(last) + 2) % 10}<`,
      );
      writeFileSync(page, wrong);
      assert.match(read(trials, page).stderr, /recomputed .*, the page says/);
    }
  });

  for (const reader of ['pandas', 'duckdb']) {
    it(`such as ${reader} finds the types that the dictionary says, and the same in CSV and Parquet`, (context) => {
      for (const what of WHATS) {
        const types = JSON.stringify(Object.fromEntries(typesOf(what)));
        const path = exportedFile(
          `${what}.csv`,
          CAMPAIGNS.map(({ id }) => id),
          what,
        );
        const read = (python: string) =>
          spawnSync(python, [join(readers, 'data_frames.py'), reader, path, parquetFile(what)], {
            ...{ input: types, encoding: 'utf8' },
          });
        const ended = PYTHON.map(read).find(({ status }) => status === 0 || status === 1);
        if (ended === undefined) return context.skip(`needs ${reader} for Python`);
        assert.equal(ended.stderr, '', what);
        assert.ok(Number(ended.stdout) > 0, what);
      }
    });
  }
});

const IN_DUCKDB: Record<ColumnType, string> = {
  ...{ text: 'VARCHAR', json: 'VARCHAR', integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN' },
  time: 'TIMESTAMP WITH TIME ZONE',
};

describe('Parquet', () => {
  it('says to DuckDB what CSV says, with the types and the words of the dictionary', async () => {
    const database = await (await DuckDBInstance.create(':memory:')).connect();
    const rowsOf = async (query: string) => (await database.runAndReadAll(query)).getRowsJson();
    for (const what of WHATS) {
      const types = [...typesOf(what)];
      const parquet = parquetFile(what);
      const csv = exportedFile(
        `${what}.csv`,
        CAMPAIGNS.map(({ id }) => id),
        what,
      );
      const described = await rowsOf(`DESCRIBE FROM read_parquet('${parquet}')`);
      assert.deepEqual(
        described.map(([name, type]) => [name, type]),
        types.map(([name, type]) => [name, IN_DUCKDB[type]]),
        what,
      );
      const columns = types.map(([name, type]) => `'${name}': '${IN_DUCKDB[type]}'`).join(', ');
      const both = await Promise.all([
        rowsOf(`FROM read_parquet('${parquet}')`),
        rowsOf(`FROM read_csv('${csv}', header = true, parallel = false, columns = {${columns}})`),
      ]);
      assert.deepEqual(...both, what);
      assert.ok(both[0].length > 0, what);
      const [[words] = []] = await rowsOf(
        `SELECT decode(value) FROM parquet_kv_metadata('${parquet}') WHERE decode(key) = '${DICTIONARY_KEY}'`,
      );
      const { name: table, about, columns: all } = TABLES.find(({ name }) => name === what) ?? assert.fail(what);
      assert.deepEqual(JSON.parse(String(words)), {
        ...{ table, about },
        columns: Object.fromEntries(all.map(({ name, type, unit, meaning }) => [name, { type, unit, meaning }])),
      });
    }
    database.closeSync();
  });

  it('is written as bytes to whatever reads them', () => {
    const { status, stdout } = spawnSync(process.execPath, [main, 'export', 'c2', '--format', 'parquet'], {
      env: environment(),
    });
    assert.equal(status, 0);
    assert.deepEqual([stdout.subarray(0, 4), stdout.subarray(-4)].map(String), ['PAR1', 'PAR1']);
    assert.equal(stdout.readUInt32LE(stdout.length - 8) < stdout.length, true);
  });
});

describe('vswbench show --trial', () => {
  const show = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'show', ...args], { env: environment(), encoding: 'utf8' });

  it('has the trial that was asked for, the repetition as well, with its histograms as data', () => {
    const { status, stdout } = show('c2', '--trial', '0/7/repetition');
    assert.equal(status, 0);
    assert.match(stdout, /Campaign c2, case 0, round 7, the repetition: .*\nthroughput_pps +1003 packets\/s/s);
    const latency = CAMPAIGNS[0]?.cases.findIndex((one) => one.case.dimension === 'latency');
    const told: unknown = JSON.parse(show('c0', '--trial', `${latency}/2`, '--json').stdout);
    const { case: one, trials = [] } = CAMPAIGNS[0]?.cases[latency ?? 0] ?? {};
    assert.deepEqual(told, { case: one, ...trials[1] });
  });

  it('says what is wrong with a name', () => {
    const { status, stderr } = show('c2', '--trial', '9/1');
    assert.equal(status, 2);
    assert.match(stderr, /--trial '9\/1': campaign c2 has cases 0 to 0/);
  });
});
