// SPDX-License-Identifier: Apache-2.0
// What the port promises, of each of its forms, on the real machine: what it promises of processes can only be seen with processes.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { agentHost } from './agent.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import { type ConnectedHost, type FileLimits, type Host, HostError, HostLostError, runOrThrow } from './host.ts';
import { localHost, startByAgent } from './local.ts';
import { LocalFiles } from './local-files.ts';

const shell = (script: string) => ['sh', '-c', script];

const AGENT = resolve(import.meta.dirname, '../../build/dataplane/hostagent');

/** A test that fails leaves its agent, which would keep this file from ending. */
const agents = new Set<() => void>();
after(() => {
  for (const end of agents) end();
});

/** The agent as it is built, behind a pipe. */
function startAgent(limits?: FileLimits): {
  connected: Promise<ConnectedHost>;
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
} {
  const program = spawn(AGENT, { stdio: 'pipe' });
  const gone = new Promise<string>((done) => program.on('exit', (code, signal) => done(`it ended: ${code ?? signal}`)));
  const cut = () => void program.kill('SIGKILL');
  agents.add(cut);
  const connected = agentHost('machine', { input: program.stdin, output: program.stdout, gone, cut }, limits);
  return { connected, pid: program.pid ?? -1, kill: (signal) => program.kill(signal) };
}

/** Those alive whose parent this is. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [, state, its] = /^.*\) (\w) (\d+) /s.exec(textOf(`/proc/${pid}/stat`)) ?? [];
      return Number(its) === parent && state !== 'Z';
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Alive, and not just waiting to be reaped. */
const isAlive = (pid: number) => /^.*\) [^ZX]/s.test(textOf(`/proc/${pid}/stat`));

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await nextTurn();
}

before(() => {
  execFileSync('make', [
    '--silent',
    '-C',
    resolve(import.meta.dirname, '../../dataplane'),
    AGENT.replace(/.*\/build/, '../build'),
  ]);
});

for (const form of ['local', 'local, programs started by the agent', 'agent'] as const) {
  describe(`a host by its ${form} form`, () => {
    let host: Host;
    let endAgent = async () => {};
    before(async () => {
      if (form === 'local, programs started by the agent') endAgent = await startByAgent(AGENT);
      host = form === 'agent' ? await startAgent().connected : localHost;
    });
    after(async () => {
      await endAgent();
      if ('close' in host) await (host as ConnectedHost).close();
    });

    describe('run', () => {
      it('gives exit code, output and complaints', async () => {
        assert.deepEqual(await host.run(shell('echo out; echo err >&2; exit 3')), {
          exitCode: 3,
          stdout: 'out',
          stderr: 'err',
        });
      });
      it('passes each argument as it is', async () => {
        assert.equal((await host.run(['printf', '%s', '$HOME; *'])).stdout, '$HOME; *');
      });
      it('gives standard input, and an empty one otherwise', async () => {
        assert.equal((await host.run(['cat'], { input: 'Grüße' })).stdout, 'Grüße');
        assert.equal((await host.run(['cat'])).stdout, '');
      });
      it('does not mind a program that does not read its input', async () => {
        assert.equal((await host.run(['true'], { input: 'x'.repeat(1_000_000) })).exitCode, 0);
      });
      it('takes ten thousand arguments, and says where they are more than the kernel takes', async () => {
        const many = Array.from({ length: 10_000 }, (_, n) => `argument ${n}`);
        const { stdout } = await host.run([...shell('echo $#; shift 9999; echo "$1"'), 'sh', ...many]);
        assert.equal(stdout, '10000\nargument 9999');
        const { exitCode, stderr } = await host.run(['true', ...Array.from({ length: 50 }, () => 'x'.repeat(120_000))]);
        assert.equal(exitCode, null);
        assert.match(stderr, /E2BIG|Argument list too long/);
      });
      it('ignores and blocks no signal on its behalf', async () => {
        const { stdout } = await host.run(['grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status']);
        assert.match(stdout, /^SigBlk:\t0+\nSigIgn:\t0+$/);
      });
      it('says that a program is missing', async () => {
        const { exitCode, stderr } = await host.run(['vswbench-no-such-program']);
        assert.equal(exitCode, null);
        assert.match(stderr, /ENOENT|No such file/);
      });
      it('has no exit code for a program that a signal ended', async () => {
        const { exitCode, stderr } = await host.run(shell('kill -KILL $$'));
        assert.equal(exitCode, null);
        assert.match(stderr, /signal/);
      });
      it('ends a program that takes too long', { timeout: 20_000 }, async () => {
        const ended = await host.run(['sleep', '60'], { timeoutMs: 50 });
        assert.deepEqual(ended, { exitCode: null, stdout: '', stderr: 'it took too long and was ended' });
      });
      it('ends also what that program started, and does not wait for its output', { timeout: 20_000 }, async () => {
        const ended = await host.run(shell('sleep 60 & echo $!; wait'), { timeoutMs: 200 });
        assert.equal(ended.exitCode, null);
        assert.match(ended.stdout, /^\d+$/);
        // Killed, it still needs a turn on a CPU to be gone, or to wait to be reaped.
        const state = () => host.read(`/proc/${ended.stdout}/stat`);
        for (let seen = await state(); seen !== null && !/ Z /.test(seen); seen = await state()) await nextTurn();
      });
    });

    describe('runOrThrow', () => {
      it('explains a failure with the last line that the command said', async () => {
        await assert.rejects(
          runOrThrow(host, shell('echo first >&2; echo last >&2; exit 1')),
          (error) => error instanceof HostError && error.message.endsWith(': last'),
        );
      });
      it('and with its exit code where it said nothing', async () => {
        await assert.rejects(runOrThrow(host, ['false']), new HostError('false: exit code 1'));
      });
    });

    describe('start', () => {
      const linesOf = async (lines: AsyncIterable<string>) => {
        const seen: string[] = [];
        for await (const line of lines) seen.push(line);
        return seen;
      };

      it('gives lines as they come and takes lines', async () => {
        const cat = await host.start(['cat']);
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
        const program = await host.start(['printf', 'a\nb']);
        assert.deepEqual(await linesOf(program.lines), ['a', 'b']);
        assert.deepEqual(await program.ended, { exitCode: 0, stdout: '', stderr: '' });
      });
      it('does not throw while it is read where the program fails: `ended` tells', async () => {
        const program = await host.start(shell('echo a; echo why >&2; exit 3'));
        assert.deepEqual(await linesOf(program.lines), ['a']);
        assert.deepEqual(await program.ended, { exitCode: 3, stdout: '', stderr: 'why' });
      });
      it('has no lines of a program that is missing, and says so', async () => {
        const program = await host.start(['vswbench-no-such-program']);
        program.send('ignored');
        program.kill('SIGKILL');
        assert.deepEqual(await linesOf(program.lines), []);
        assert.match((await program.ended).stderr, /ENOENT|No such file/);
      });
      it('does nothing when it is talked to after its end', async () => {
        const program = await host.start(['true']);
        await program.ended;
        program.send('late');
        program.kill('SIGTERM');
        assert.equal((await program.ended).exitCode, 0);
      });
      it('does not mind a program that has closed its input', async () => {
        const program = await host.start(shell('exec 0<&-; echo closed; read -r line < /dev/null; exit 0'));
        for await (const line of program.lines) {
          assert.equal(line, 'closed');
          program.send('x');
          program.send('y');
        }
        assert.equal((await program.ended).exitCode, 0);
      });
      it('kills', async () => {
        const program = await host.start(['sleep', '60']);
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
        await host.write(file, 'a');
        await host.append(file, 'b');
        await host.append(join(folder, 'other'), 'c');
        assert.equal(await host.read(file), 'ab');
        assert.equal(readFileSync(join(folder, 'other'), 'utf8'), 'c');
      });
      it('reads null where there is nothing to read', async () => {
        assert.equal(await host.read(join(folder, 'none')), null);
        assert.equal(await host.read(folder), null);
      });
      it('lists names in order, none for what is no folder', async () => {
        await host.makeDirectory(join(folder, 'list/b'));
        await host.write(join(folder, 'list/a'), '');
        assert.deepEqual(await host.list(join(folder, 'list')), ['a', 'b']);
        assert.deepEqual(await host.list(join(folder, 'none')), []);
      });
      it('removes files and folders, and what is not there', async () => {
        const path = join(folder, 'gone');
        await host.makeDirectory(join(path, 'deep'));
        await host.remove(path);
        await host.remove(path);
        assert.ok(!existsSync(path));
      });
      it('does not wait at a pipe: empty, full, with its other end or without', async () => {
        const pipe = join(folder, 'pipe');
        execFileSync('mkfifo', [pipe]);
        const within = async () => {
          assert.equal(await host.read(pipe), null);
          assert.deepEqual(await host.list(pipe), []);
          for (const step of ['write', 'append'] as const) {
            await assert.rejects(host[step](pipe, 'x'), /^HostError: cannot write .*\/pipe: (ENXIO|No such device)/);
          }
        };
        await within();
        // Read and write at once does not wait for the other end; no more than 64 KiB fit.
        const other = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
        writeSync(other, Buffer.alloc(65_536));
        await within();
        closeSync(other);
        rmSync(pipe);
      });
      it('writes to one file in the order in which it was asked to', async () => {
        const file = join(folder, 'order');
        const numbers = Array.from({ length: 200 }, (_, n) => `${n}\n`);
        for (const line of numbers) await host.append(file, line);
        assert.equal(await host.read(file), numbers.join(''));
      });
      it('throws one line where it cannot', async () => {
        await host.write(join(folder, 'no-folder'), '');
        for (const step of ['write', 'append', 'makeDirectory'] as const) {
          await assert.rejects(
            host[step](join(folder, 'no-folder/below/it'), ''),
            (error) => error instanceof HostError && /^cannot [^\n]+: \w[^\n]*$/.test(error.message),
          );
        }
      });
    });

    it('monotonicNs is the clock that the kernel calls CLOCK_MONOTONIC, since an epoch of whole seconds', async () => {
      const before = process.hrtime.bigint();
      const between = host.epochNs + BigInt(await host.monotonicNs());
      const after = process.hrtime.bigint();
      assert.ok(before <= between && between <= after);
      assert.equal(host.epochNs % 1_000_000_000n, 0n);
      // Not since boot: this file runs for less than a few minutes.
      assert.ok((await host.monotonicNs()) < 600e9);
    });
  });
}

describe('the local machine', () => {
  const cannotMount = process.getuid?.() === 0 && existsSync('/dev/fuse') ? false : 'needs root and /dev/fuse';
  it('goes on where files do not answer, however many are read, listed and written, and with all others', {
    ...{ skip: cannotMount, timeout: 20_000 },
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
    // A file system that nobody serves: whoever looks waits until its device is closed.
    const device = openSync('/dev/fuse', 'r+');
    t.after(() => {
      spawnSync('umount', ['--lazy', folder]);
      closeSync(device);
      rmSync(folder, { recursive: true });
    });
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'vswbench-test', folder], {
      stdio: ['ignore', 'ignore', 'pipe', device],
    });
    assert.equal(mounted.status, 0, String(mounted.stderr));
    const files = new LocalFiles({ readMs: 100, writeMs: 100 });
    const paths = Array.from({ length: 8 }, (_, index) => join(folder, `file-${index}`));
    // Also by a link of /proc, and by a way around.
    paths.push(`/proc/self/root${folder}/file`, `/proc/..${folder}/file`);
    const none = paths.map(() => null);
    assert.deepEqual(await Promise.all(paths.map((path) => files.read(path))), none);
    assert.deepEqual(
      await Promise.all(paths.map((path) => files.list(path))),
      paths.map(() => []),
    );
    const late = /^HostError: cannot write .*: it took too long$/;
    await Promise.all(paths.map((path) => assert.rejects(files.write(path, 'x'), late)));
    await Promise.all(paths.map((path) => assert.rejects(files.append(path, 'x'), late)));
    assert.equal(await readFile('/proc/self/comm', 'utf8'), textOf('/proc/self/comm'));
    const patient = new LocalFiles();
    assert.equal(await patient.read('/etc/hostname'), textOf('/etc/hostname'));
    assert.ok((await patient.list('/etc')).includes('hostname'));
  });
  it('ends who is kept by a knob that the kernel is long about', { timeout: 20_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
    const knob = join(folder, 'nr_hugepages');
    execFileSync('mkfifo', [knob]);
    const files = new LocalFiles({ readMs: 1000, writeMs: 100 }, /nr_hugepages$/);
    await assert.rejects(files.write(knob, '1'), new HostError(`cannot write ${knob}: it took too long`));
    while (childrenOf(process.pid).some((pid) => textOf(`/proc/${pid}/cmdline`).includes(knob))) await nextTurn();
    rmSync(folder, { recursive: true });
  });
  it('writes such a knob by a child, and says why it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
    const files = new LocalFiles({ readMs: 1000, writeMs: 10_000 }, /knob$/);
    await files.write(join(folder, 'knob'), '17');
    assert.equal(await files.read(join(folder, 'knob')), '17');
    await assert.rejects(files.write(join(folder, 'none/knob'), '17'), /cannot write .*\/none\/knob: [A-Z]/);
    rmSync(folder, { recursive: true });
  });
  for (const interruptible of [false, true]) {
    it(`ends a program that takes too long (interruptible: ${interruptible})`, { timeout: 20_000 }, async () => {
      const ended = await localHost.run(['sleep', '60'], { timeoutMs: 50, interruptible });
      assert.deepEqual(ended, { exitCode: null, stdout: '', stderr: 'it took too long and was ended' });
    });
  }
  it('has programs started by the agent, in our folder, as long as there is one, and starts them itself without', async () => {
    const parent = async () => Number((await localHost.run(shell('echo $PPID'))).stdout);
    assert.equal(localHost.starterPid, undefined);
    const endAgent = await startByAgent(AGENT);
    const agent = localHost.starterPid ?? -1;
    assert.match(textOf(`/proc/${agent}/comm`), /^hostagent/);
    assert.equal(await parent(), agent);
    assert.equal((await localHost.run(['pwd'])).stdout, process.cwd());
    assert.equal(await localHost.read('package.json'), textOf('package.json'));
    const ours = await localHost.run(shell('echo $PPID'), { interruptible: true });
    assert.equal(Number(ours.stdout), process.pid, 'what may ask the terminal');
    process.kill(agent, 'SIGKILL');
    while (localHost.starterPid !== undefined) await nextTurn();
    assert.equal(await parent(), process.pid);
    assert.equal(await localHost.read('package.json'), textOf('package.json'));
    await endAgent();
    await (await startByAgent('/nowhere/hostagent'))();
    assert.equal(await parent(), process.pid);
  });
  it('keeps a step out of reach of the Ctrl-C that is meant for us', async () => {
    const groupOf = async (interruptible: boolean) =>
      (await localHost.run(shell('cut -d" " -f5 /proc/self/stat'), { interruptible })).stdout;
    const ours = (await localHost.run(['cut', '-d', ' ', '-f', '5', `/proc/${process.pid}/stat`])).stdout;
    assert.equal(await groupOf(true), ours);
    assert.notEqual(await groupOf(false), ours);
  });
});

describe('an agent', () => {
  it('of a host that has been up for 105 days tells the time to the nanosecond', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const clock = ['9100000123456789011', '9100000123456789013'];
    const requests = new FrameReader();
    input.on('data', (piece: Buffer) => {
      for (const { id } of requests.take(piece)) output.write(encodeFrame(id, 'done', clock.shift() ?? ''));
    });
    output.write(encodeFrame(0, 'hello', '2 17'));
    const host = await agentHost('old', {
      input,
      output,
      gone: once(input, 'finish').then(() => ''),
      cut: () => undefined,
    });
    assert.equal(host.epochNs, 9_100_000_123_000_000_000n);
    assert.equal(await host.monotonicNs(), 456_789_013);
    await host.close();
  });
  for (const [word, said, why] of [
    ['hello', '1 17', "its agent speaks version 1 of the protocol, and this vswbench 2: run 'vswbench setup'"],
    ['hello', '3', "its agent speaks version 3 of the protocol, and this vswbench 2: run 'vswbench setup'"],
    ['hallo', 'x', "what answers is no agent of this vswbench: run 'vswbench setup'"],
  ] as const) {
    it(`that is another one is not waited for: '${word} ${said}'`, async () => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const cut = Promise.withResolvers<string>();
      const connected = agentHost('other', { input, output, gone: cut.promise, cut: () => cut.resolve('cut') });
      output.write(encodeFrame(0, word, said));
      await assert.rejects(connected, { message: `host other is lost: ${why}` });
      assert.equal(await cut.promise, 'cut');
    });
  }
  it('is the owner of what is done there, and tells its process id', async () => {
    const host = await startAgent().connected;
    assert.match((await host.read(`/proc/${host.ownerPid}/comm`)) ?? '', /^hostagent/);
    await host.close();
  });
  it('is lost when it ends: what goes on says so, and so does what comes after', async () => {
    const { connected, kill } = startAgent();
    const host = await connected;
    const sleeping = await host.start(['sleep', '60']);
    const running = host.run(['sleep', '60']);
    kill('SIGKILL');
    const lost = /^host machine is lost: it ended: SIGKILL$/;
    assert.match((await running).stderr, lost);
    assert.match((await sleeping.ended).stderr, lost);
    assert.deepEqual(await Array.fromAsync(sleeping.lines), []);
    assert.ok(host.lost.aborted);
    assert.match((await host.run(['true'])).stderr, lost);
    await assert.rejects(host.read('/proc/stat'), HostLostError);
    await assert.rejects(host.write('/tmp/never', ''), HostLostError);
    await assert.rejects(host.makeDirectory('/tmp/never'), HostLostError);
    await untilGone([sleeping.pid]);
  });
  it('is lost when it says nothing any more', { timeout: 30_000 }, async () => {
    const { connected, kill } = startAgent();
    const host = await connected;
    kill('SIGSTOP');
    await once(host.lost, 'abort');
    assert.match(String(host.lost.reason), /has not answered for \d+ s/);
  });
  it('is not lost because we stood still, as after Ctrl-Z', async (test) => {
    test.mock.timers.enable({ apis: ['setInterval'] });
    const host = await startAgent().connected;
    const now = performance.now.bind(performance);
    test.mock.method(performance, 'now', () => now() + 60_000);
    test.mock.timers.tick(1000);
    assert.deepEqual(await host.run(shell('echo here')), { exitCode: 0, stdout: 'here', stderr: '' });
    assert.ok(!host.lost.aborted);
    // What has come is not read between these.
    for (let second = 0; second < 7; second += 1) test.mock.timers.tick(1000);
    assert.match(String(host.lost.reason), /has not answered for 6 s/);
  });
  it('ends what it has started when we are gone', async () => {
    const host = await startAgent().connected;
    const { pid } = await host.start(['sleep', '60']);
    await host.close();
    await untilGone([pid]);
  });

  describe('with a file that the kernel keeps (a worker that is stopped stands for it)', () => {
    /** An agent whose worker will not answer what it is asked next. */
    const stuck = async (limits?: FileLimits) => {
      const agent = startAgent(limits);
      const host = await agent.connected;
      await host.read('/proc/version');
      const [worker = -1, ...others] = childrenOf(agent.pid);
      assert.deepEqual(others, [], 'there is one worker as a rule');
      process.kill(worker, 'SIGSTOP');
      return { ...agent, host, worker };
    };

    it('goes on with everything else, and with the file when the kernel is done', async () => {
      const { host, worker } = await stuck();
      let done = false;
      const kept = host.read('/proc/sys/kernel/ostype').then((text) => {
        done = true;
        return text;
      });
      assert.match((await host.read('/proc/version')) ?? '', /^Linux/);
      assert.equal((await host.run(['echo', 'on'])).stdout, 'on');
      assert.ok((await host.list('/proc/self')).length > 0);
      assert.ok(!done);
      process.kill(worker, 'SIGCONT');
      assert.equal(await kept, 'Linux\n');
      await host.close();
    });
    it('does what is asked of the same file behind that, in its order', async () => {
      const { host, worker } = await stuck();
      const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
      const file = join(folder, 'file');
      const [written, added, text] = [host.write(file, 'a'), host.append(file, 'b'), host.read(file)];
      assert.match((await host.read('/proc/version')) ?? '', /^Linux/);
      assert.ok(!existsSync(file));
      process.kill(worker, 'SIGCONT');
      await Promise.all([written, added]);
      assert.equal(await text, 'ab');
      rmSync(folder, { recursive: true });
      await host.close();
    });
    it('fails with that one operation when the limit is over, also where a hundred are kept', async () => {
      // A new worker may take a while on a busy machine, and what it is asked is to be answered.
      const { host, worker, pid } = await stuck({ readMs: 1000, writeMs: 100 });
      await assert.rejects(host.write('/tmp/vswbench-never', ''), {
        name: 'HostError',
        message: 'cannot write /tmp/vswbench-never: it took too long',
      });
      await untilGone([worker]);
      assert.ok(!existsSync('/tmp/vswbench-never'));
      assert.match((await host.read('/proc/version')) ?? '', /^Linux/);
      for (const next of childrenOf(pid)) process.kill(next, 'SIGSTOP');
      const [first, ...behind] = Array.from({ length: 100 }, () => host.read('/proc/self/stat'));
      assert.equal(await first, null);
      // Another worker may have got at those behind it just before their own limit.
      await Promise.all(behind);
      assert.match((await host.read('/proc/version')) ?? '', /^Linux/);
      assert.ok(!host.lost.aborted);
      await host.close();
    });
    it('fails with that one operation where the worker is killed', async () => {
      const { host, worker } = await stuck();
      const written = host.write('/tmp/vswbench-never', '');
      process.kill(worker, 'SIGKILL');
      // It may be killed before it is asked: then another does it.
      await written.catch((error: unknown) => assert.ok(error instanceof HostError));
      rmSync('/tmp/vswbench-never', { force: true });
      assert.match((await host.read('/proc/version')) ?? '', /^Linux/);
      await host.close();
    });
  });

  describe('leaves no process', () => {
    /** An agent at work on a file, with a program, one that has left its group, and one whose parent is gone as well. */
    const busy = async () => {
      const agent = startAgent();
      const host = await agent.connected;
      await host.read('/proc/version');
      const workers = childrenOf(agent.pid);
      for (const worker of workers) process.kill(worker, 'SIGSTOP');
      host.read('/proc/version').catch(() => undefined);
      const program = await host.start(shell('setsid sleep 601 & echo $!; exec sleep 600'));
      const pids = [agent.pid, ...workers, program.pid];
      for await (const line of program.lines) {
        pids.push(Number(line));
        break;
      }
      const orphan = await host.run(shell('setsid sleep 602 >/dev/null 2>&1 & echo $!'));
      const own = [...pids, Number(orphan.stdout)];
      assert.ok(own.every(isAlive), own.join(' '));
      return { ...agent, host, own };
    };

    it('when the connection ends', { timeout: 20_000 }, async () => {
      const { host, own } = await busy();
      await host.close();
      await untilGone(own);
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`at ${signal}, and says why it has ended`, { timeout: 20_000 }, async () => {
        const { host, kill, own } = await busy();
        kill(signal);
        await untilGone(own);
        if (!host.lost.aborted) await once(host.lost, 'abort');
        assert.match(String(host.lost.reason), /it ended: 1$/);
      });
    }
    it('of those that it has started itself when it is killed', { timeout: 20_000 }, async () => {
      const { kill, own } = await busy();
      kill('SIGKILL');
      // What has left its group is found by its mark, by who comes next.
      await untilGone(own.slice(0, -2));
      for (const pid of own.slice(-2)) process.kill(pid, 'SIGKILL');
    });
  });

  it('does not leave zombies of what has lost its parent', { timeout: 20_000 }, async () => {
    const { connected, pid } = startAgent();
    const host = await connected;
    const { stdout } = await host.run(shell('(sleep 0.01 >/dev/null 2>&1 & echo $!)'));
    while (existsSync(`/proc/${stdout}/stat`)) await nextTurn();
    assert.ok(isAlive(pid));
    await host.close();
  });
  it('reaches a group whose first process has ended', { timeout: 20_000 }, async () => {
    const host = await startAgent().connected;
    const program = await host.start(shell('sleep 600 & echo $!'));
    const ended = host.run(shell('sleep 600 & echo $!'), { timeoutMs: 200 });
    assert.equal((await ended).exitCode === null || (await ended).stderr !== '', true);
    assert.ok(isAlive(program.pid) || textOf(`/proc/${program.pid}/stat`).includes(') Z '), 'it is kept unreaped');
    await untilGone([Number((await ended).stdout)]);
    await host.close();
  });
  it('passes a large input on, and a large output back, to the byte', async () => {
    const host = await startAgent().connected;
    const input = randomBytes(20_000_000);
    const { stdout } = await host.run(['sha256sum'], { input });
    assert.equal(stdout.split(' ')[0], createHash('sha256').update(input).digest('hex'));
    const text = 'Grüße, '.repeat(1_000_000);
    assert.equal((await host.run(['cat'], { input: text })).stdout, text);
    await host.close();
  });
  it('serves many at once, each as it is ready', async () => {
    const host = await startAgent().connected;
    const slow = host.run(shell('sleep 0.5; echo slow'));
    const quick = await Promise.all(Array.from({ length: 100 }, (_, n) => host.run(['echo', String(n)])));
    assert.deepEqual(
      quick.map(({ stdout }) => Number(stdout)),
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.equal((await slow).stdout, 'slow');
    await host.close();
  });
});
