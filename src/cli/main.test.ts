// SPDX-License-Identifier: Apache-2.0
// The program as a user runs it, for what touches nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { commands } from './commands/registry.ts';

let results: string;
before(() => {
  results = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
});
after(() => rmSync(results, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the program; `stdout` may be a file descriptor, and `closed` is what its reader does not wait for. */
function vswbench(
  args: readonly string[],
  {
    stdout = 'pipe',
    closed = [],
    path = process.env.PATH,
  }: { stdout?: 'pipe' | number; closed?: ('stdout' | 'stderr')[]; path?: string | undefined } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, PATH: path, VSWBENCH_RESULTS: results, NO_COLOR: '1' },
    stdio: ['ignore', stdout, 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      text[name] += chunk.toString();
    });
    if (closed.includes(name)) child[name]?.destroy();
  }
  return new Promise((done) => child.on('close', (code) => done({ code, ...text })));
}

const COMMANDS = commands.map(({ name }) => name);

describe('help', () => {
  it('lists every command, with examples', async () => {
    const { code, stdout, stderr } = await vswbench(['--help']);
    assert.deepEqual([code, stderr], [0, '']);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '');
    assert.deepEqual(
      listed.filter((name) => name !== 'help'),
      COMMANDS,
    );
    assert.match(stdout, /Examples:\n {2}\$ vswbench /);
  });
  for (const command of COMMANDS) {
    it(`of ${command} has an example of it`, async () => {
      const { code, stdout, stderr } = await vswbench([command, '--help']);
      assert.deepEqual([code, stderr], [0, '']);
      const { usage } = commands.find(({ name }) => name === command) ?? {};
      // What the list of all commands says of it is what it takes. (A command of commands is told of without their options.)
      if (command !== 'lab')
        assert.match(stdout, new RegExp(`^Usage: vswbench ${command} ${RegExp.escape(usage ?? '?')}\\n`));
      assert.match(stdout, new RegExp(`Examples?:\\n {2}\\$ (sudo )?vswbench ${command}`));
    });
  }
  it('is a usage error where nothing was asked for', async () => {
    const { code, stderr } = await vswbench([]);
    assert.equal(code, 2);
    assert.match(stderr, /Usage: vswbench/);
  });
});

it('--version is that of the package', async () => {
  const file = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(file));
  assert.deepEqual(await vswbench(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('what cannot be done gets one line and a code', () => {
  const REFUSED: [string[], RegExp][] = [
    [['meassure'], /unknown command 'meassure'.*see: vswbench --help/],
    [['run', '--packetsize', '64'], /unknown option '--packetsize'.*--packet-size.*see: vswbench run --help/],
    [['run', '-P'], /argument missing; see: vswbench run --help/],
    [['run', '--dry-run', '-P', '40'], /packetSize \(-P\): 40 is out of range/],
    [['run', '--dry-run', 'no-such-file.yaml'], /cannot read the campaign file no-such-file\.yaml: ENOENT/],
    [['run', '--dry-run', '--switch', 'no-such-switch.ts'], /--switch no-such-switch\.ts: .*Cannot find module/],
    [['show'], /nothing has been measured yet.*run 'sudo vswbench run'/],
    [['export', '--format', 'xml'], /Allowed choices are csv, json.*see: vswbench export --help/],
    [['show', 'a', 'b', 'c'], /too many arguments/],
    [['compare', 'a'], /give two campaigns, or one with --switches/],
    [['compare', 'a', 'b', '--switches', 'x,y'], /give two campaigns, or one with --switches/],
    [['compare', 'a', '--switches', 'x'], /--switches takes two different ids/],
    [['compare', './no-such-folder', 'b'], /\.\/no-such-folder: there are no results/],
  ];
  for (const [args, message] of REFUSED) {
    it(args.join(' '), async () => {
      const { code, stdout, stderr } = await vswbench(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^vswbench: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }

  it('a switch of the user’s with the id of one of ours, which would never run', async () => {
    const file = join(results, 'mine.ts');
    writeFileSync(
      file,
      `export const mine = { id: 'direct', title: 'mine', ports: ['netdev'], locations: ['local'], threads: 0, probe() {}, start() {} };\n`,
    );
    const { code, stderr } = await vswbench(['run', '--dry-run', '--switch', file]);
    assert.equal(code, 2);
    assert.match(stderr, /there is a switch 'direct' already: give it another id/);
  });
});

describe('before anything is built or asked, without a program on the PATH, is refused', () => {
  const UNKNOWN: [string[], RegExp][] = [
    [['-V', 'linux-brigde'], /^vswbench: switch \(-V\): 'linux-brigde' is not known.*did you mean 'linux-bridge'\?\n$/],
    [['--io', 'upd'], /^vswbench: io \(--io\): 'upd' is not known; known are udp, .*dpdk.*; did you mean 'udp'\?\n$/],
  ];
  for (const [args, message] of UNKNOWN) {
    it(`what there is not: ${args.join(' ')}`, async () => {
      const { code, stderr } = await vswbench(['run', ...args], { path: results });
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }
});

describe('an output that', () => {
  it('has no reader any more, as with head, is no error', async () => {
    const { code, stderr } = await vswbench(['--help'], { closed: ['stdout'] });
    assert.deepEqual([code, stderr], [0, '']);
  });
  it('is full is one', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { code, stderr } = await vswbench(['--help'], { stdout: full });
      assert.equal(code, 1);
      assert.equal(stderr, 'vswbench: cannot write to standard output: ENOSPC\n');
    } finally {
      closeSync(full);
    }
  });
  it('nobody reads complaints from changes nothing: a run is still taken down properly', async () => {
    assert.equal((await vswbench(['meassure'], { closed: ['stderr'] })).code, 2);
  });
});
