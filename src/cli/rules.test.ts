// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { checkout } from './context.ts';
import { rulesStamp } from './rules.ts';

it('rules have another stamp with any of their sources, and none for what has no part in them', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-rules-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const parts = ['src/model', 'src/stats', 'src/store', 'src/cli', 'package-lock.json'];
  for (const name of parts) cpSync(join(checkout.root, name), join(folder, name), { recursive: true });
  const seen = [rulesStamp(folder)];
  assert.equal(rulesStamp(), seen[0]);
  writeFileSync(join(folder, 'src/stats/other.test.ts'), '');
  appendFileSync(join(folder, 'src/cli/show.ts'), '//');
  assert.equal(rulesStamp(folder), seen[0]);
  for (const name of ['src/stats/interval.ts', 'src/model/result.ts', 'package-lock.json', 'src/store/rows.ts']) {
    appendFileSync(join(folder, name), '\n');
    seen.push(rulesStamp(folder));
  }
  writeFileSync(join(folder, 'src/stats/new.ts'), '');
  seen.push(rulesStamp(folder));
  assert.equal(new Set(seen).size, 6);
});
