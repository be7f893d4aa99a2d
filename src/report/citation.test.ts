// SPDX-License-Identifier: Apache-2.0
// CITATION.cff: what the format requires (Citation File Format 1.2.0, schema.json), and that it says what the sources say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { CitationSchema } from '../model/citation.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { authorOf, citationText, citedCampaign } from './citation.ts';
import { paper } from './paper.ts';

const root = join(import.meta.dirname, '../..');

describe('CITATION.cff', () => {
  const citation = CitationSchema.parse(parse(readFileSync(join(root, 'CITATION.cff'), 'utf8')));

  it('is of this version', () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    assert.equal(citation.version, version);
  });

  it('refers to the paper as reports do', () => {
    const [reference, ...others] = citation.references;
    assert.ok(reference !== undefined && others.length === 0);
    const names = reference.authors.map((one) =>
      'name' in one ? one.name : `${one['given-names']} ${one['family-names']}`,
    );
    const { title, publisher, year } = reference;
    const told = `${names.join(', ')}: ${title}. ${reference['collection-title']}, ${publisher.name} ${year}, table 2`;
    assert.deepEqual([told, reference.doi], [paper.citation, paper.doi]);
  });
});

describe('how to cite', () => {
  const tool = CitationSchema.parse(parse(readFileSync(join(root, 'CITATION.cff'), 'utf8')));
  const result = toCampaignResult(
    storedCampaign({
      id: 'night_1',
      title: '100 % of {a} & b',
      cases: [storedCase({ case: testCase(), pps: 1e5 }, 3)],
    }),
  );
  const authors = ['Lovelace, Ada', 'The lab'].map(authorOf);
  const sha256 = 'ab'.repeat(32);

  it('the tool, and the paper whose framework it is', () => {
    const text = citationText(tool, null, 'bibtex');
    assert.match(text, /^@misc\{vswbench,\n {2}author = \{\{The vswbench authors\}\},\n/);
    assert.match(text, /note = \{Computer software, version 0\.1\.0\}/);
    assert.match(text, /@inproceedings\{ara2021,\n {2}author = \{Ara, G\. and Lai, L\. and Cucinotta, T\. and/);
    assert.match(text, /doi = \{10\.1007\/978-3-030-72369-9_3\}/);
    assert.match(
      citationText(tool, null, 'apa'),
      /^The vswbench authors\. vswbench \(Version 0\.1\.0\) \[Computer software\]\.\n\nAra, G\., /,
    );
    assert.deepEqual(CitationSchema.parse(parse(citationText(tool, null, 'cff'))), tool);
  });

  it('a campaign: whose, when, with which version, on what, and the sum of its bundle', () => {
    const campaign = citedCampaign(result, { sha256, authors });
    const text = citationText(tool, campaign, 'bibtex');
    assert.match(text, /@misc\{vswbench-night_1,\n {2}author = \{Lovelace, Ada and \{The lab\}\},/);
    assert.match(text, /title = \{\{100\\,\\% of \\\{a\\\} \\& b\}\}/);
    assert.match(
      text,
      /howpublished = \{Data set, vswbench campaign night\\_1\},\n {2}year = \{2026\},\n {2}month = mar,/,
    );
    assert.match(
      text,
      new RegExp(`note = \\{3 trials of 1 case on Intel.*Linux .*; vswbench .*, SHA-256 of the bundle ${sha256}\\}`),
    );
    const words = citationText(tool, campaign, 'apa').split('\n\n').at(-1) ?? '';
    assert.match(
      words,
      /^Lovelace, Ada & The lab \(2026, March 1\)\. 100 % of \{a\} & b \[Data set; vswbench .*, campaign night_1\]\. 3 trials/,
    );
    const cff = z.looseObject({ type: z.string(), authors: z.array(z.looseObject({})), 'date-released': z.string() });
    const { type, authors: told, 'date-released': day } = cff.parse(parse(citationText(tool, campaign, 'cff')));
    assert.deepEqual([type, told.length, day], ['dataset', 2, '2026-03-01']);
  });

  it('a campaign of which nobody says whose it is', () => {
    const campaign = citedCampaign(result, { sha256: null, authors: [] });
    const text = citationText(tool, campaign, 'bibtex');
    assert.match(text, /@misc\{vswbench-night_1,\n {2}title = /);
    assert.doesNotMatch(text, /SHA-256/);
    assert.match(citationText(tool, campaign, 'apa'), /\n\n100 % of \{a\} & b \[Data set; .*\]\. \(2026, March 1\)\. /);
  });
});
