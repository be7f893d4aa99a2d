// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { h } from 'preact';
import { table2Campaign } from '../../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { renderHtml } from '../html.ts';
import { sectionRegistry } from './registry.ts';
import type { Section } from './section.ts';

/** What a file of this folder exports that is a section, by file name. */
async function sectionsOnDisk(): Promise<{ file: string; section: unknown; id: string }[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.map(async (file) => {
    const module: Record<string, unknown> = await import(pathToFileURL(resolve(import.meta.dirname, file)).href);
    return Object.values(module).flatMap((section) =>
      typeof section === 'object' && section !== null && 'content' in section && 'id' in section
        ? [{ file: basename(file, '.ts'), section, id: String(section.id) }]
        : [],
    );
  });
  return (await Promise.all(found)).flat();
}

describe("the page's sections", () => {
  it('are those of this folder, each of them once', async () => {
    const onDisk = (await sectionsOnDisk()).map(({ section }) => section);
    assert.ok(onDisk.length > 0);
    assert.equal(new Set(sectionRegistry).size, sectionRegistry.length);
    assert.deepEqual(new Set<unknown>(sectionRegistry), new Set(onDisk));
  });
  it('are called by the names of their files, in the form that a link takes', async () => {
    for (const { file, id } of await sectionsOnDisk()) {
      assert.equal(id, file);
      assert.match(id, /^[a-z]+$/);
    }
  });
  it('stand in the page and in its contents once there is something in them', async () => {
    const of = (id: string, text: string | null): Section => ({
      id,
      title: () => `Title of ${id}`,
      content: () => [null, text === null ? null : h('p', null, text)],
    });
    const page = await renderHtml(toCampaignResult(table2Campaign()), [of('full', 'Some <text>'), of('empty', null)]);
    assert.match(page, /<a href="#full">Title of full<\/a>/);
    assert.match(page, /<section id="full" aria-labelledby="full-title"><h2 id="full-title">Title of full<\/h2>/);
    assert.match(page, /<p>Some &lt;text><\/p>/);
    assert.doesNotMatch(page, /empty/);
  });
});
