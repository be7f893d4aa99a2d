// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { burstCampaign, capacityCampaign, churnCampaign, sweepCampaign } from '../../test/fixtures/campaign.ts';
import { DIMENSIONS } from '../model/parameter.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { numbers, type ResultColumn } from './columns/column.ts';
import { figureColumns } from './figure-columns.ts';
import { flagMarks } from './flags.ts';
import { resultTables } from './html-tables.ts';
import { resultColumns, shownColumns } from './result-columns.ts';
import { resultTablesOf } from './result-tables.ts';
import { resultsLatex, resultsMarkdown } from './result-text.ts';
import { fitTable } from './table.ts';
import { caseRows, casesTable } from './tables/cases.ts';
import { csvText } from './tables/columns.ts';

/** Packets of a case and round, in thousands: a figure that nobody knows yet. */
const added: ResultColumn = {
  key: 'added',
  dimensions: DIMENSIONS,
  shown: () => [numbers('Brand new', { unit: 'k', divisor: 1000, digits: 1 }, () => 123_456)],
  exported: [{ name: 'brand_new', type: 'integer', unit: 'packets', meaning: 'a test', of: () => 123_456 }],
};
const list = [...resultColumns, added];
const campaigns = [sweepCampaign(), capacityCampaign(), burstCampaign(), churnCampaign()].map((one) =>
  toCampaignResult(one),
);

describe('the list of figures', () => {
  it('has each key once, and each figure in the export', () => {
    const keys = resultColumns.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    for (const { key, exported } of resultColumns) assert.ok(exported.length > 0, key);
  });

  it('has one figure that decides in the tables of each dimension', () => {
    const told = new Set<string>();
    for (const result of campaigns) {
      for (const { bodies } of resultTablesOf(result)) {
        const deciding = shownColumns(bodies.flat()).filter(({ decides }) => decides);
        const dimension = bodies[0]?.[0]?.case.dimension ?? '';
        assert.equal(deciding.length, 1, dimension);
        told.add(dimension);
      }
    }
    assert.deepEqual([...told].sort(), [...DIMENSIONS].sort());
  });

  it('is all that it takes: a figure that is added stands in every table of every form', () => {
    for (const result of campaigns) {
      for (const { bodies, names } of resultTablesOf(result)) {
        const cases = bodies.flat();
        const columns = figureColumns(result, cases, names, flagMarks(cases), new Set(), list);
        const terminal = fitTable(cases, columns, 300, (text) => text).lines;
        assert.equal(terminal.filter((line) => line.includes('123.5')).length, cases.length);
        assert.match(terminal.join('\n'), /Brand new/);
      }
      const page = render(h('main', null, ...resultTables(result, new Set(), list)));
      const [tables, titles] = [/<table>/g, /<th scope="col" class="n">Brand new, k<\/th>/g];
      assert.equal(page.match(titles)?.length, page.match(tables)?.length);
      assert.match(page, /<td class="n">123\.5<\/td>/);
      for (const text of [resultsMarkdown(result, list), resultsLatex(result, list)]) {
        const measured = resultTablesOf(result).flatMap(({ bodies }) => bodies.flat());
        assert.equal(text.split('\n').filter((line) => / 123\.5 /.test(line)).length, measured.length);
        assert.match(text, /Brand new/);
      }
      const [head, ...rows] = csvText(casesTable(list), caseRows(result));
      const place = head?.trim().split(',').indexOf('brand_new') ?? -1;
      assert.ok(place >= 0);
      assert.equal(rows.length, result.results.length);
      assert.ok(rows.every((row) => row.includes(',123456,')));
    }
  });
});
