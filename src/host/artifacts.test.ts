// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { ensureArtifacts, listFrameworks, NotSetUpError, parseLdd, removeOldRoots } from './artifacts.ts';
import { HostError } from './host.ts';

const CHECKOUT = { root: '/opt/vswbench' };
const APPLICATION = '/opt/vswbench/build/dataplane/vswload';
const ROOT = '/opt/vswbench/build/roots/68f005f3d1ab';
const LIST = '{"v":2,"type":"list","roles":["sender"],"frameworks":[]}\n';
const LDD = `	linux-vdso.so.1 (0x00007ffc0a5f2000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1c2a000000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f1c2a3f1000)
`;

/** A machine with all that building needs; `mv` is the step that makes the root appear. */
function machine(t: TestContext): FakeHost {
  const host = new FakeHost(t);
  return host
    .answer(/^(sh -c command|test -x|make|cp|ln|\S*\/busybox) ?/)
    .answer(/^ldd /, { stdout: LDD })
    .answer(/^sha256sum/, { stdout: '0123456789abcdef  -\n' })
    .answer(/^mv /, () => {
      host.put({ [`${ROOT}/bin/vswload`]: '' });
      return {};
    })
    .answer(/--list --json$/, { stdout: LIST });
}

async function copiesOf(host: FakeHost): Promise<string[]> {
  await ensureArtifacts(host, CHECKOUT);
  return host.commands.filter((command) => command.startsWith('cp '));
}

describe('parseLdd', () => {
  it('finds libraries and the loader, and passes over what the kernel brings', () => {
    assert.deepEqual(parseLdd(LDD), ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });
  it('finds musl’s, which is its own loader', () => {
    const musl =
      '\t/lib/ld-musl-x86_64.so.1 (0x7f0a1c8b2000)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f0a1c8b2000)\n';
    assert.deepEqual([...new Set(parseLdd(musl))], ['/lib/ld-musl-x86_64.so.1']);
  });
  it('finds none for a static program', () => {
    assert.deepEqual(parseLdd('\tnot a dynamic executable\n'), []);
    assert.deepEqual(parseLdd('\tstatically linked\n'), []);
  });
});

describe('ensureArtifacts', () => {
  it('builds the application, and a root named by what is in it', async (t) => {
    const host = machine(t);
    const artifacts = await ensureArtifacts(host, CHECKOUT);
    assert.deepEqual(artifacts, {
      programs: '/opt/vswbench/build/dataplane',
      application: APPLICATION,
      root: ROOT,
      frameworks: [],
    });
    // The libraries that both programs need are copied once.
    const copied = host.commands.filter((command) => command.startsWith('cp --parents'));
    assert.equal(copied.length, 1);
    assert.equal(copied[0]?.match(/libc\.so\.6/g)?.length, 1);
  });

  it('brings what libxdp loads into the kernel, below /usr where it looks for that, and nothing else of its folder', async (t) => {
    const folder = '/usr/lib/x86_64-linux-gnu/bpf';
    const names = ['xsk_def_xdp_prog.o', 'xsk_def_xdp_prog_5.3.o', 'xdp-dispatcher.o', 'xdpfilt_alw_all.o'];
    const host = machine(t)
      .put(Object.fromEntries(names.map((name) => [`${folder}/${name}`, ''])))
      .answer(/^ldd /, { stdout: `${LDD}\tlibxdp.so.1 => /lib/x86_64-linux-gnu/libxdp.so.1 (0x00007f1c29000000)\n` });
    const copied = (await copiesOf(host)).join('\n');
    for (const name of names.slice(0, 3)) assert.ok(copied.includes(`${folder}/${name} `), copied);
    assert.ok(!copied.includes('xdpfilt'), copied);
  });

  it('builds no root where an equal one is there', async (t) => {
    const host = machine(t).put({ [`${ROOT}/bin/vswload`]: '' });
    await ensureArtifacts(host, CHECKOUT);
    assert.ok(!host.events.some((event) => /^(mkdir|remove|run (cp|mv))/.test(event)), host.events.join('\n'));
  });

  it('leaves other roots alone: a campaign that runs may be using one', async (t) => {
    const other = '/opt/vswbench/build/roots/ffffffffffff/bin/vswload';
    const host = machine(t).put({ [other]: '' });
    await ensureArtifacts(host, CHECKOUT);
    assert.ok(host.files.has(other));
  });

  it('takes the root that another vswbench has made meanwhile', async (t) => {
    const host = machine(t);
    host.answer(/^mv /, () => {
      host.put({ [`${ROOT}/bin/vswload`]: '' });
      return { exitCode: 1, stderr: 'mv: cannot overwrite: Directory not empty' };
    });
    assert.equal((await ensureArtifacts(host, CHECKOUT)).root, ROOT);
  });

  const MISSING: [string, RegExp, RegExp][] = [
    ['make', /^make |command -v .* make$/, /make is not installed/],
    ['a compiler', /^make |command -v .* cc$/, /cc is not installed/],
    ['busybox', /^test -x .*\/busybox/, /busybox-static is not installed/],
    ['lxc', /command -v .* lxc-execute$/, /lxc is not installed/],
  ];
  for (const [what, command, message] of MISSING) {
    it(`says that ${what} is missing`, async (t) => {
      const host = machine(t).answer(command, { exitCode: 1 });
      await assert.rejects(ensureArtifacts(host, CHECKOUT), (error) => {
        return error instanceof NotSetUpError && message.test(error.message);
      });
    });
  }

  it('takes BusyBox where the distribution has put it, and does without its installer and the first process of LXC 3', async (t) => {
    const host = machine(t)
      .answer(/^test -x \/(usr\/)?bin\/busybox/, { exitCode: 1 })
      .answer(/^test -x .*init\.lxc/, { exitCode: 1 })
      .answer(/^\/sbin\/busybox --install/, { exitCode: 1, stderr: '--install: applet not found' });
    await ensureArtifacts(host, CHECKOUT);
    const made = host.commands.filter((command) => /^(cp|ln) /.test(command)).join('\n');
    assert.match(made, /^cp \/sbin\/busybox \/opt\/vswbench\/build\/dataplane\/vswload /m);
    assert.match(made, /^ln -s busybox \S+\/bin\/sh$/m);
    assert.doesNotMatch(made, /init\.lxc/);
    assert.match((await copiesOf(machine(t))).join('\n'), /^cp \/usr\/sbin\/init\.lxc\.static /m);
  });

  it('tells the first error of a build that fails, in one line', async (t) => {
    const stderr = 'main.c: In function x:\nmain.c:7:1: error: expected ;\nmake: *** [Makefile:9: main.o] Error 1\n';
    const host = machine(t).answer(/^make/, { exitCode: 2, stderr });
    await assert.rejects(
      ensureArtifacts(host, CHECKOUT),
      new HostError('the data plane does not build (make -C dataplane): main.c:7:1: error: expected ;'),
    );
  });
});

it('make builds anew what is older than a file that it is made of, and nothing else', () => {
  const make = (...args: string[]) => {
    const target = '../build/dataplane/hostagent';
    return execFileSync('make', ['--silent', '-C', resolve(import.meta.dirname, '../../dataplane'), ...args, target]);
  };
  make();
  // Of its settings make knows that they are the same only when it has looked, which it does not in a dry run.
  const foreseen = (...args: string[]) => String(make('--dry-run', '--old-file=../build/dataplane/settings', ...args));
  assert.equal(foreseen(), '');
  for (const file of ['agent/process.c', 'agent/process.h']) {
    const steps = foreseen(`--what-if=${file}`);
    assert.match(steps, / -c -o \S+\/process\.o agent\/process\.c\n/);
    assert.match(steps, / -o \S+\/hostagent /);
    assert.doesNotMatch(steps, /files\.o agent\/files\.c/);
  }
});

describe('listFrameworks', () => {
  for (const stdout of ['', 'not JSON', '{"v":1,"type":"list","roles":[],"frameworks":[]}']) {
    it(`refuses ${JSON.stringify(stdout)} in one line`, async (t) => {
      const host = new FakeHost(t).answer(/--list/, { stdout });
      await assert.rejects(listFrameworks(host, APPLICATION), HostError);
    });
  }
});

describe('removeOldRoots', () => {
  const ARTIFACTS = { programs: '/p', application: APPLICATION, root: ROOT, frameworks: [] };
  const main = (checkout: string) => `node\0--flag\0${checkout}/src/cli/main.ts\0run\0`;
  const built = (t: TestContext) =>
    new FakeHost(t).put({
      [`${ROOT}/bin/vswload`]: '',
      '/opt/vswbench/build/roots/ffffffffffff/bin/vswload': '',
      '/opt/vswbench/build/roots/eeeeeeeeeeee.draft-7/bin/vswload': '',
      // We ourselves, a vswbench of another checkout, and somebody who looks at the program.
      [`/proc/${process.pid}/cmdline`]: main(CHECKOUT.root),
      '/proc/2000000001/cmdline': main('/opt/other'),
      '/proc/2000000002/cmdline': 'grep\0x\0--include=/opt/vswbench/src/cli/main.ts\0',
    });

  it('removes every root but the one in use', async (t) => {
    const host = built(t);
    await removeOldRoots(host, CHECKOUT, ARTIFACTS);
    assert.deepEqual(await host.list('/opt/vswbench/build/roots'), ['68f005f3d1ab']);
  });
  it('leaves all while another vswbench of the checkout runs, which need not measure on this machine', async (t) => {
    const host = built(t).put({ '/proc/2000000003/cmdline': main(CHECKOUT.root) });
    await removeOldRoots(host, CHECKOUT, ARTIFACTS);
    assert.equal((await host.list('/opt/vswbench/build/roots')).length, 3);
  });
});
