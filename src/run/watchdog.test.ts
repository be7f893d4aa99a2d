// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const MODULE = JSON.stringify(join(import.meta.dirname, 'watchdog.ts'));

/**
 * Runs a program of its own, which may loop, below a watchdog; `root` is a folder whose loops are let be. What it said, and its exit code.
 */
async function run(how: string, root: string): Promise<{ said: string; code: number }> {
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
let isStuck = () => false;
// Node.js takes a timer that was ended for one that is still to come, and would wait for it.
let awaited = 2;
const done = () => { awaited -= 1; if (awaited === 0) process.exit(); };
let onEnded = async ({ at }) => {
  console.log('ended ' + at);
  await watchdog.stop();
  done();
};
const takeOver = {
  ...{ stopMs: 500, stillMs: 3_000, exitCodes: { stopped: 130, still: 7 } },
  cleaner: ['sh', '-c', 'echo "cleaned, $1"', 'sh', '$AT'],
};
const watchdog = new Watchdog(
  { root: process.argv[2], patienceMs: 500, takeOver },
  { onEnded: (loop) => onEnded(loop), isStuck: () => isStuck() },
);
${how}
setTimeout(() => { console.log('alive'); if (bound > 0) void watchdog.stop(); else done(); }, 50);
`,
    );
    const bound = root === 'own' ? '4e9' : '-1';
    const args = ['--no-force-async-hooks-checks', stranger, root === 'own' ? folder : '/nowhere', bound];
    return await new Promise((resolve) => {
      const child = execFile(process.execPath, args, (_error, stdout, stderr) => {
        resolve({ said: `${stdout}${stderr}`, code: child.exitCode ?? -1 });
      });
    });
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
      const { said } = await run(how, 'strange');
      assert.match(said, /^ended loop\(\) in line 3 of stranger\.mts$/m);
      assert.match(said, /^alive$/m);
      assert.doesNotMatch(said, /went on/);
    });
  }

  it('lets a long piece of work of our own be', async () => {
    const { said } = await run('setTimeout(loop, 1);', 'own');
    assert.match(said, /^went on\nalive$/m);
    assert.doesNotMatch(said, /ended/);
  });

  const AGAIN = "onEnded = () => console.log('told'); const again = () => { setImmediate(again); loop(); };";
  const CLEANED = /^cleaned, loop\(\) in line 3 of stranger\.mts\n*$/m;

  it('has another process clean up where loops follow each other, and ends this one', async () => {
    const { said, code } = await run(`${AGAIN} setTimeout(again, 1);`, 'strange');
    assert.match(said, CLEANED);
    assert.equal(code, 7);
    // Not the debugger that the user knows nothing of, either.
    assert.equal(said.replaceAll('told\n', '').replace('alive\n', '').replace(CLEANED, ''), '');
  });

  it('does so at the next loop when somebody wants to stop', async () => {
    const { said, code } = await run(`${AGAIN} watchdog.hurry(); setTimeout(again, 1);`, 'strange');
    assert.match(said, CLEANED);
    assert.equal(code, 130);
    assert.doesNotMatch(said, /told/);
  });

  it('does so from where nothing is called process but something else, as within Node.js', async () => {
    const how =
      'const own = () => { const process = null; setImmediate(own); for (;;) Math.sqrt(process); }; watchdog.hurry(); setTimeout(own, 1);';
    const { said, code } = await run(how, 'strange');
    assert.match(said, /^cleaned, own\(\)/m);
    assert.equal(code, 130);
  });

  it('does so where a loop was the last, but what waited behind it never comes', async () => {
    const how = 'onEnded = () => { isStuck = () => true; watchdog.hurry(); }; setTimeout(loop, 1);';
    const { said, code } = await run(how, 'strange');
    assert.match(said, CLEANED);
    assert.equal(code, 130);
  });
});
