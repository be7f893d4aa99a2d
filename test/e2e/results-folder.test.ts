// SPDX-License-Identifier: Apache-2.0
// Where results are to be kept: a folder in which that cannot be done is refused before anything else, and one that fills up on the way costs no trial.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const RUN = 'run -V direct --io udp-mmsg -R 1k -B 1 --warmup 50ms --duration 300ms --seed 7'.split(' ');

suite('a folder of results', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  const inside = (name: string) => join(workspace.results, name);

  /** A file system of our own for the time of a test. */
  const mounted = (context: TestContext, name: string, options: string): string => {
    const path = inside(name);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'vswbench-test', path]);
    context.after(() => execFileSync('umount', ['--lazy', path]));
    return path;
  };

  /** Refused in one line, with nothing to be built or asked with: the programs on the PATH are those that start ours. */
  const refused = async (results: string, says: RegExp, code = 1) => {
    mkdirSync(inside('bin'), { recursive: true });
    for (const name of ['sh', 'uname']) {
      if (!existsSync(inside(`bin/${name}`))) symlinkSync(`/bin/${name}`, inside(`bin/${name}`));
    }
    const ended = await workspace.run(RUN, { VSWBENCH_RESULTS: results, PATH: inside('bin') });
    assert.match(ended.stderr, says);
    assert.equal(ended.stderr.split('\n').length, 1, ended.stderr);
    assert.equal(ended.code, code);
    assertNothingLeft();
  };

  it('that is read-only is refused', async (context) => {
    const path = mounted(context, 'ro', 'ro');
    await refused(
      path,
      /^vswbench: results cannot be kept in \S+\/ro: EROFS: its file system is read-only; name a folder/,
    );
    await refused(join(path, 'below'), /cannot be kept in \S+\/ro\/below: EROFS/);
  });

  it('that is full is refused', async (context) => {
    const path = mounted(context, 'full', 'size=3m');
    await refused(
      path,
      /cannot be kept in \S+: ENOSPC: there is no space left; free some \(4 MiB are needed; VSWBENCH_/,
    );
    assert.deepEqual(readdirSync(path), []);
  });

  it('that is a file, or a link that leads nowhere, is refused', async () => {
    writeFileSync(inside('file'), '');
    await refused(inside('file'), /cannot be kept in \S+\/file: ENOTDIR: a part of its path is a file/);
    symlinkSync(inside('nowhere'), inside('link'));
    await refused(inside('link'), /cannot be kept in \S+\/link: EEXIST: it is a symbolic link that leads nowhere/);
    assert.ok(!existsSync(inside('nowhere')));
  });

  it('in which the database is a folder, a link that leads nowhere or of somebody else is refused', async () => {
    const path = inside('strange');
    const database = join(path, 'vswbench.db');
    mkdirSync(database, { recursive: true });
    await refused(path, /vswbench\.db cannot be opened: check that it is a file/);
    rmSync(database, { recursive: true });
    symlinkSync('/nonexistent/vswbench.db', database);
    await refused(path, /vswbench\.db is a symbolic link that leads nowhere: mend or remove it/);
    rmSync(database);
    writeFileSync(database, 'a letter '.repeat(1000));
    await refused(path, /vswbench\.db is not a results file of vswbench/);
  });

  it('whose name no shell has read is refused with both readings', async () => {
    await refused('~/results', /'~\/results' was not read by a shell: write the home folder out, or \.\/~\/results/, 2);
  });

  it('with a blank in its name, and without a HOME, is as good as any', { timeout: 60_000 }, async () => {
    const path = inside('with a blank');
    const ended = await workspace.runWhole([...RUN, '--trials', '1'], { VSWBENCH_RESULTS: path }, [
      ...['env', '--unset', 'HOME'],
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(readdirSync(path).filter((name) => /\.(db|html)$/.test(name)).length, 2);
    assertNothingLeft();
  });

  it('that fills up on the way keeps all that was measured, and the campaign goes on', {
    timeout: 120_000,
  }, async (context) => {
    const path = mounted(context, 'small', 'size=12m');
    const environment = { VSWBENCH_RESULTS: path };
    const running = workspace.start([...RUN, '--trials', '6'], environment);
    await running.sees(/^\[ *2\/\d+\]/);
    const ballast = join(path, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(12 * 2 ** 20)), { code: 'ENOSPC' });
    const ended = await running.ended;
    assert.equal(ended.code, 1, ended.stderr);
    const last = ended.stderr.split('\n').at(-1) ?? '';
    assert.match(
      last,
      /^vswbench: there is no space left for \S+\/small\/vswbench\.db: free some space, then go on with/,
    );
    assertNothingLeft();

    rmSync(ballast);
    const [, id = ''] = /--resume (\S+)'/.exec(last) ?? [];
    const shown = await workspace.run(['show', '--json', id], environment);
    const told = ended.stderr.split('\n').filter((line) => /^\[ *\d+\/\d+\]/.test(line)).length;
    // The one for which there was no space was saved as well.
    assert.equal(
      documentOf(shown).results.reduce((sum, { trials }) => sum + trials.length, 0),
      told + 1,
    );
    const resumed = await workspace.run(['run', '--resume', id], environment);
    assert.equal(resumed.code, 0, resumed.stderr);
    assertNothingLeft();
  });
});
