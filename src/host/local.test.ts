// SPDX-License-Identifier: Apache-2.0
// On the real machine: what the port promises of processes can only be seen with processes.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HostError, runOrThrow } from './host.ts';
import { localHost } from './local.ts';

const shell = (script: string) => ['sh', '-c', script];

describe('run', () => {
  it('gives exit code, output and complaints', async () => {
    assert.deepEqual(await localHost.run(shell('echo out; echo err >&2; exit 3')), {
      exitCode: 3,
      stdout: 'out',
      stderr: 'err',
    });
  });
  it('passes each argument as it is', async () => {
    assert.equal((await localHost.run(['printf', '%s', '$HOME; *'])).stdout, '$HOME; *');
  });
  it('gives standard input, and an empty one otherwise', async () => {
    assert.equal((await localHost.run(['cat'], { input: 'Grüße' })).stdout, 'Grüße');
    assert.equal((await localHost.run(['cat'])).stdout, '');
  });
  it('does not mind a program that does not read its input', async () => {
    assert.equal((await localHost.run(['true'], { input: 'x'.repeat(1_000_000) })).exitCode, 0);
  });
  it('says that a program is missing', async () => {
    const { exitCode, stderr } = await localHost.run(['vswbench-no-such-program']);
    assert.equal(exitCode, null);
    assert.match(stderr, /ENOENT/);
  });
  it('has no exit code for a program that a signal ended', async () => {
    const { exitCode, stderr } = await localHost.run(shell('kill -KILL $$'));
    assert.equal(exitCode, null);
    assert.match(stderr, /signal/);
  });
  for (const interruptible of [false, true]) {
    it(`ends a program that takes too long (interruptible: ${interruptible})`, { timeout: 20_000 }, async () => {
      const ended = await localHost.run(['sleep', '60'], { timeoutMs: 50, interruptible });
      assert.deepEqual(ended, { exitCode: null, stdout: '', stderr: 'it took too long and was ended' });
    });
  }
  it('ends also what that program started, and does not wait for its output', { timeout: 20_000 }, async () => {
    const ended = await localHost.run(shell('sleep 60 & echo $!; wait'), { timeoutMs: 200 });
    assert.equal(ended.exitCode, null);
    assert.match(ended.stdout, /^\d+$/);
    const state = await localHost.read(`/proc/${ended.stdout}/stat`);
    assert.ok(state === null || / Z /.test(state), 'the grandchild is gone, or waits to be reaped');
  });
  it('keeps a step out of reach of the Ctrl-C that is meant for us', async () => {
    const groupOf = async (interruptible: boolean) =>
      (await localHost.run(shell('cut -d" " -f5 /proc/self/stat'), { interruptible })).stdout;
    const ours = (await localHost.run(['cut', '-d', ' ', '-f', '5', `/proc/${process.pid}/stat`])).stdout;
    assert.equal(await groupOf(true), ours);
    assert.notEqual(await groupOf(false), ours);
  });
});

describe('runOrThrow', () => {
  it('explains a failure with the last line that the command said', async () => {
    await assert.rejects(
      runOrThrow(localHost, shell('echo first >&2; echo last >&2; exit 1')),
      (error) => error instanceof HostError && error.message.endsWith(': last'),
    );
  });
  it('and with its exit code where it said nothing', async () => {
    await assert.rejects(runOrThrow(localHost, ['false']), new HostError('false: exit code 1'));
  });
});

describe('start', () => {
  const linesOf = async (lines: AsyncIterable<string>) => {
    const seen: string[] = [];
    for await (const line of lines) seen.push(line);
    return seen;
  };

  it('gives lines as they come and takes lines', async () => {
    const cat = localHost.start(['cat']);
    cat.send('one');
    cat.send('two');
    const seen: string[] = [];
    for await (const line of cat.lines) {
      seen.push(line);
      if (line === 'two') cat.kill('SIGTERM');
    }
    assert.deepEqual(seen, ['one', 'two']);
    assert.equal((await cat.ended).exitCode, null);
  });
  it('gives the last line also where nothing ends it', async () => {
    const program = localHost.start(['printf', 'a\nb']);
    assert.deepEqual(await linesOf(program.lines), ['a', 'b']);
    assert.deepEqual(await program.ended, { exitCode: 0, stdout: '', stderr: '' });
  });
  it('does not throw while it is read where the program fails: `ended` tells', async () => {
    const program = localHost.start(shell('echo a; echo why >&2; exit 3'));
    assert.deepEqual(await linesOf(program.lines), ['a']);
    assert.deepEqual(await program.ended, { exitCode: 3, stdout: '', stderr: 'why' });
  });
  it('has no lines of a program that is missing, and says so', async () => {
    const program = localHost.start(['vswbench-no-such-program']);
    program.send('ignored');
    program.kill('SIGKILL');
    assert.deepEqual(await linesOf(program.lines), []);
    assert.match((await program.ended).stderr, /ENOENT/);
  });
  it('does nothing when it is talked to after its end', async () => {
    const program = localHost.start(['true']);
    await program.ended;
    program.send('late');
    program.kill('SIGTERM');
    assert.equal((await program.ended).exitCode, 0);
  });
  it('does not mind a program that has closed its input', async () => {
    const program = localHost.start(shell('exec 0<&-; echo closed; read -r line < /dev/null; exit 0'));
    for await (const line of program.lines) {
      assert.equal(line, 'closed');
      program.send('x');
      program.send('y');
    }
    assert.equal((await program.ended).exitCode, 0);
  });
  it('kills', async () => {
    const program = localHost.start(['sleep', '60']);
    program.kill('SIGKILL');
    assert.equal((await program.ended).exitCode, null);
  });
});

describe('files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes, adds to and reads a file', async () => {
    const file = join(folder, 'file');
    await localHost.write(file, 'a');
    await localHost.append(file, 'b');
    await localHost.append(join(folder, 'other'), 'c');
    assert.equal(await localHost.read(file), 'ab');
    assert.equal(readFileSync(join(folder, 'other'), 'utf8'), 'c');
  });
  it('reads null where there is nothing to read', async () => {
    assert.equal(await localHost.read(join(folder, 'none')), null);
    assert.equal(await localHost.read(folder), null);
  });
  it('lists names in order, none for what is no folder', async () => {
    await localHost.makeDirectory(join(folder, 'list/b'));
    await localHost.write(join(folder, 'list/a'), '');
    assert.deepEqual(await localHost.list(join(folder, 'list')), ['a', 'b']);
    assert.deepEqual(await localHost.list(join(folder, 'none')), []);
  });
  it('removes files and folders, and what is not there', async () => {
    const path = join(folder, 'gone');
    await localHost.makeDirectory(join(path, 'deep'));
    await localHost.remove(path);
    await localHost.remove(path);
    assert.ok(!existsSync(path));
  });
  it('throws one line where it cannot', async () => {
    await localHost.write(join(folder, 'no-folder'), '');
    for (const step of [localHost.write, localHost.append, localHost.makeDirectory] as const) {
      await assert.rejects(
        step(join(folder, 'no-folder/below/it'), ''),
        (error) => error instanceof HostError && /^cannot [^\n]+: E[A-Z]+$/.test(error.message),
      );
    }
  });
});

it('monotonicNs is the clock that the kernel calls CLOCK_MONOTONIC', async () => {
  const first = await localHost.monotonicNs();
  const second = await localHost.monotonicNs();
  assert.ok(second >= first);
  // It counts from boot, as the first figure of /proc/uptime does but for time in suspend, which it leaves out.
  const uptime = Number((await localHost.read('/proc/uptime'))?.split(' ')[0]);
  assert.ok(first / 1e9 <= uptime + 1);
});
