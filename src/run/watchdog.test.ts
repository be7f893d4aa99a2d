// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const MODULE = JSON.stringify(join(import.meta.dirname, 'watchdog.ts'));

/** Runs a program of its own, which may loop, below a watchdog; `root` is a folder whose loops are let be. */
async function run(how: string, root: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-watchdog-'));
  try {
    const stranger = join(folder, 'src', 'stranger.mts');
    mkdirSync(join(folder, 'src'));
    writeFileSync(
      stranger,
      `import { Watchdog } from ${MODULE};
const bound = Number(process.argv[3]);
function loop() { for (let count = 0; count !== bound; count += 1) Math.sqrt(count); console.log('went on'); }
const keep = setTimeout(() => undefined, 30_000);
if (bound > 0) clearTimeout(keep);
const watchdog = new Watchdog({ root: process.argv[2], patienceMs: 500 }, async ({ at }) => {
  console.log('ended ' + at);
  await watchdog.stop();
  clearTimeout(keep);
});
${how}
setTimeout(() => { console.log('alive'); if (bound > 0) void watchdog.stop(); }, 50);
`,
    );
    const bound = root === 'own' ? '4e9' : '-1';
    const args = ['--no-force-async-hooks-checks', stranger, root === 'own' ? folder : '/nowhere', bound];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the watchdog', { timeout: 60_000 }, () => {
  for (const [where, how] of [
    ['a timer', 'setTimeout(loop, 1);'],
    ['an immediate', 'setImmediate(loop);'],
    ['what waits for a promise', 'setTimeout(async () => { await null; loop(); }, 1);'],
    ['a tick', 'process.nextTick(loop);'],
  ] as const) {
    it(`ends a stranger's loop in ${where}, says where it was, and all else goes on`, async () => {
      const said = await run(how, 'strange');
      assert.match(said, /^ended loop\(\) in line 3 of stranger\.mts$/m);
      assert.match(said, /^alive$/m);
      assert.doesNotMatch(said, /went on/);
    });
  }

  it('lets a long piece of work of our own be', async () => {
    const said = await run('setTimeout(loop, 1);', 'own');
    assert.match(said, /^went on\nalive$/m);
    assert.doesNotMatch(said, /ended/);
  });
});
