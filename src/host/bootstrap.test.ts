// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bootstrap, parseGreeting } from './bootstrap.ts';

describe('what a login shell is given', () => {
  it('holds nothing that shells take differently', () => {
    const inner = /^sh -c '(.*)'$/.exec(bootstrap(826_120))?.[1];
    assert.ok(inner !== undefined);
    assert.doesNotMatch(inner, /['!\n]/);
    // Of backslashes in single quotes fish takes away those before another one, or a quote.
    assert.doesNotMatch(inner, /\\\\/);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const AGENT = '#!/bin/sh\necho "agent of $1, $(id -u)"\nrm -r "$2"\n';

/** Programs that say that we are another user, and have no folder for the agent but the user's own. */
const MACHINE = {
  id: 'case $1 in -u) echo $FAKE_UID;; *) echo bench;; esac',
  mktemp: 'case $2 in "$HOME"/*) mkdir "$HOME/agent" && echo "$HOME/agent";; *) exit 1;; esac',
  sudo: 'echo "sudo: a password is required" >&2; exit 1',
  doas: 'echo "doas: Operation not permitted" >&2; exit 1',
};
const makesRoot = '[ "$1" = -n ] && shift && FAKE_UID=0 exec "$@"';

/** A user's home, and an environment in which some programs are these. */
function machine(programs: Readonly<Record<string, string>>) {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const [name, script] of Object.entries({ ...MACHINE, ...programs })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const home = mkdtempSync(join(folder, 'home of somebody-'));
  return { environment: { PATH: `${bin}:${process.env.PATH}`, HOME: home, FAKE_UID: '4242' }, home };
}

/** Runs it in a shell there, and sends the beginning of an agent. */
function run(programs: Readonly<Record<string, string>>, bytes = AGENT.length) {
  const { environment, home } = machine(programs);
  const { stdout, stderr, status } = spawnSync('sh', ['-c', bootstrap(AGENT.length)], {
    ...{ input: AGENT.slice(0, bytes), encoding: 'utf8', env: environment },
  });
  return { stdout, stderr, status, greeting: parseGreeting(stdout), left: readdirSync(home) };
}

describe('a shell that was given it', () => {
  it('becomes the agent, by whichever tool makes it root', () => {
    for (const programs of [{ sudo: makesRoot }, { doas: makesRoot }, { id: 'echo 0' }]) {
      const { greeting, stdout, left } = run(programs);
      assert.equal(greeting?.kind, 'ready');
      assert.match(stdout, /^agent of .*\/agent, 0\n/m);
      assert.deepEqual(left, []);
    }
  });
  it('says who refused, and leaves nothing', () => {
    const { greeting, left } = run({});
    assert.deepEqual(greeting, { kind: 'no-root', user: 'bench', tool: 'sudo', why: 'sudo: a password is required' });
    assert.deepEqual(left, []);
  });
  it('is not taken in by a tool that makes somebody else of it', () => {
    assert.equal(run({ sudo: 'shift; FAKE_UID=1 exec "$@"' }).greeting?.kind, 'no-root');
  });
  it('says that no folder will do where a program cannot be run, or has no room', () => {
    // A folder that is mounted noexec gives a program these rights, and does not run it; a full one takes no zeros.
    for (const programs of [{ chmod: 'exec /bin/chmod 644 "$2"' }, { head: '/usr/bin/head "$@"; exit 1' }]) {
      const { greeting, left } = run({ sudo: makesRoot, ...programs });
      assert.deepEqual(greeting, { kind: 'no-folder' });
      assert.deepEqual(left, []);
    }
  });
  it('leaves nothing where nobody listens any more', async () => {
    const { environment, home } = machine({ sudo: makesRoot });
    const shell = spawn('sh', ['-c', bootstrap(AGENT.length)], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    shell.stdout.destroy();
    await once(shell, 'exit');
    assert.deepEqual(readdirSync(home), []);
  });
  it('does not run the beginning of an agent, where the connection was cut', () => {
    const { stdout, stderr, status, left } = run({ sudo: makesRoot }, AGENT.length - 1);
    assert.doesNotMatch(stdout, /agent of/);
    assert.match(stderr, new RegExp(`^only ${AGENT.length - 1} of ${AGENT.length} bytes of the agent arrived`));
    assert.notEqual(status, 0);
    assert.deepEqual(left, []);
  });
});

describe('what it says', () => {
  const READY = 'vswbench-host ready x86_64\n';
  it('is found behind whatever a login prints, once it is whole', () => {
    for (const before of ['', 'Welcome!\n', 'Welcome!\r\n\n', 'vswbench-host is my name\n', 'x\u0000\u00ff\n']) {
      assert.deepEqual(parseGreeting(before + READY), { kind: 'ready', machine: 'x86_64' }, JSON.stringify(before));
    }
    assert.equal(parseGreeting(READY.trimEnd()), null);
    assert.equal(parseGreeting(`echo ${READY}`), null);
  });
  it('is kept to one line of words that do no harm', () => {
    const said = parseGreeting(`vswbench-host no-root bench sudo \u001b[2J${'x'.repeat(10_000)}\n`);
    assert.ok(said?.kind === 'no-root');
    assert.match(said.why, /^\[2Jx{100,}$/);
    assert.ok(said.why.length <= 200);
  });
  it('may be that there is no tool, or a tool that does not say why', () => {
    assert.deepEqual(parseGreeting('vswbench-host no-root bench \n'), { kind: 'no-tool', user: 'bench' });
    const silent = parseGreeting('vswbench-host no-root bench doas \n');
    assert.deepEqual(silent, { kind: 'no-root', user: 'bench', tool: 'doas', why: 'it does not say why' });
  });
});
