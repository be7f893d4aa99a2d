// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Runs } from './runs.ts';

/** Says its arguments, and ends with 130 when it is interrupted, as a run does. */
const SAYS = `process.on('SIGINT', () => { console.error('stopped'); process.exit(130); });
console.error(process.argv.slice(1).join(' '), process.argv[2]?.startsWith('/') ? require('fs').readFileSync(process.argv[2], 'utf8') : '');
setInterval(() => undefined, 1000);`;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((again) => setTimeout(again, 5));
}

it('starts a run as the command line does, tells what it says, and stops it as Ctrl-C does', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-runs-'));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  });
  const runs = new Runs({ command: [process.execPath, '-e', SAYS, '--'], environment: {} });
  const resumed = runs.start('resumed', ['--resume', '20260301-0959-001']);
  const pasted = runs.startText('title: Pasted', () => undefined);
  await until(() => resumed.lines.length > 0 && pasted.lines.length > 0);
  assert.deepEqual(
    resumed.lines.map((line) => line.trim()),
    ['run --resume 20260301-0959-001'],
  );
  assert.match(pasted.lines[0] ?? '', /^run \/.*\/pasted\.yaml title: Pasted$/);
  assert.equal(runs.stop(resumed.number), resumed);
  await until(() => resumed.ended !== null);
  assert.deepEqual([resumed.ended, pasted.ended], [{ code: 130, signal: null }, null]);
  assert.throws(() => runs.stop(resumed.number), /ended already/);
  assert.equal(runs.stop(99), null);
  await runs.end();
  assert.deepEqual([pasted.ended, runs.isBusy], [{ code: 130, signal: null }, false]);
  assert.throws(
    () =>
      runs.startText('nothing', () => {
        throw new Error('no campaign');
      }),
    /no campaign/,
  );
  assert.deepEqual(readdirSync(folder), [], 'a pasted campaign is left behind');
});

it('tells why a run did not even begin', async () => {
  const runs = new Runs({ command: ['/nowhere/vswbench'], environment: {} });
  const run = runs.start('quick.yaml', ['quick.yaml']);
  await runs.end();
  assert.match(run.lines.join(), /ENOENT/);
  assert.deepEqual(run.ended, { code: null, signal: null });
});
