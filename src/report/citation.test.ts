// SPDX-License-Identifier: Apache-2.0
// CITATION.cff: what the format requires (Citation File Format 1.2.0, schema.json), and that it says what the sources say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { paper } from './paper.ts';

const root = join(import.meta.dirname, '../..');

const person = z.strictObject({ 'family-names': z.string().min(1), 'given-names': z.string().min(1) });
const entity = z.strictObject({ name: z.string().min(1) });
const authors = z.array(z.union([person, entity])).min(1);
const doi = z.string().regex(/^10\.\d{4,9}(\.\d+)?\/[A-Za-z0-9:/_;\-.()[\]\\]+$/);

const CitationSchema = z.strictObject({
  'cff-version': z.literal('1.2.0'),
  message: z.string().min(1),
  title: z.string().min(1),
  authors,
  type: z.literal('software'),
  abstract: z.string(),
  version: z.string(),
  license: z.literal('Apache-2.0'),
  references: z.array(
    z.strictObject({
      ...{ type: z.literal('conference-paper'), title: z.string().min(1), authors },
      ...{ 'collection-title': z.string(), publisher: entity, year: z.int(), doi },
    }),
  ),
});

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
