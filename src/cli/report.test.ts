// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { table2Campaign } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { writeReport } from './report.ts';

const RESULT = toCampaignResult(table2Campaign());

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('a report that cannot be written', () => {
  it('is told in one line, with what to do once it can', async (context) => {
    const file = join(folderOf(context), 'file');
    writeFileSync(file, '');
    const mend = new RegExp(
      `the report cannot be written to ${file}/.*: ENOTDIR: .*, then: vswbench report ${RESULT.id}$`,
    );
    await assert.rejects(writeReport(RESULT, file), mend);
  });

  it('is not left as half of one on a full disk', async (context) => {
    const folder = folderOf(context);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'vswbench-test', folder], { stdio: 'ignore' });
    } catch {
      return context.skip('needs the right to mount a tmpfs');
    }
    try {
      await assert.rejects(
        writeReport(RESULT, folder),
        /: ENOSPC: there is no space left; free some, then: vswbench report/,
      );
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});
