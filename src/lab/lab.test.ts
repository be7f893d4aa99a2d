// SPDX-License-Identifier: Apache-2.0
// How a lab is told from what is in /run and /proc, and taken away. That machines boot is for the end-to-end test.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { findImage } from './image.ts';
import { claimLab, cleanLab, labDown, labStatus, requireMemory } from './lab.ts';
import { accelerator, fetchedQemu, findQemu, parseVersion } from './qemu.ts';
import { recipeDigest, recipeOf } from './recipe.ts';

const FOLDER = '/checkout/build/lab';
const MARK = 'PATH=/bin\0VSWBENCH_MARK=/run/vswbench-lab\0';

/** By which a machine is asked whether it answers. */
const GREETING = /^bash -c exec 3<>.* bash 22220$/;

function lab(t: TestContext, state: 'starting' | 'up', part: { starter?: string; aRuns?: boolean } = {}): FakeHost {
  const document = {
    ...{ schema: 1, state, startedAt: '2026-01-02T03:04:05.678Z' },
    ...{ accelerator: 'tcg', cpus: 2, memoryMib: 3072, qemu: '10.0.2', image: '0123456789ab', kernelRelease: '6.1.0' },
    machines: [{ name: 'a', sshPort: 22220, cabled: false }],
  };
  const host = new FakeHost(t).put({
    '/run/vswbench-lab/state.json': JSON.stringify(document),
    '/run/vswbench-lab/starter': '70 1000',
    '/run/vswbench-lab/a.pid': '4711\n',
    [`${FOLDER}/images/0123456789ab/manifest.json`]: '{}',
    [`${FOLDER}/images/ba9876543210.draft/root/etc/passwd`]: '',
  });
  if (part.aRuns !== false) {
    host.put({ '/proc/4711/environ': MARK, '/proc/4711/status': 'VmRSS:\t  470000 kB\n' });
  }
  if (part.starter !== undefined) host.put({ '/proc/70/stat': procStat(70, { startTicks: Number(part.starter) }) });
  // Nobody bears the mark.
  return host.answer(/^grep --files-with-matches/, { exitCode: 1 }).answer(GREETING);
}

describe('a lab is', () => {
  it('down where there is nothing of it', async (t) => {
    assert.deepEqual(await labStatus(new FakeHost(t)), { state: 'down' });
  });
  it('up where all machines run', async (t) => {
    const found = await labStatus(lab(t, 'up'));
    assert.ok(found.state === 'up');
    const [machine] = found.machines;
    assert.deepEqual([machine?.host, machine?.pid, machine?.residentBytes], ['vswlab-a', 4711, 470_000 * 1024]);
  });
  it('broken where a machine runs and does not answer', async (t) => {
    const found = await labStatus(lab(t, 'up').answer(GREETING, { exitCode: null }));
    assert.ok(found.state === 'broken' && found.lab !== null);
    assert.deepEqual([found.machines[0]?.running, found.machines[0]?.answers], [true, false]);
  });
  it('broken where a machine was switched off, or its process id is somebody else’s', async (t) => {
    assert.equal((await labStatus(lab(t, 'up', { aRuns: false }))).state, 'broken');
    const reused = lab(t, 'up', { aRuns: false }).put({ '/proc/4711/environ': 'PATH=/bin\0' });
    assert.equal((await labStatus(reused)).state, 'broken');
  });
  it('starting as long as who starts it lives, and broken from then on', async (t) => {
    assert.equal((await labStatus(lab(t, 'starting', { starter: '1000' }))).state, 'starting');
    assert.equal((await labStatus(lab(t, 'starting'))).state, 'broken');
    assert.equal((await labStatus(lab(t, 'starting', { starter: '2000' }))).state, 'broken');
  });
  it('broken where its state was torn', async (t) => {
    const torn = lab(t, 'up').put({ '/run/vswbench-lab/state.json': '{"schema":1,' });
    assert.deepEqual(await labStatus(torn), { state: 'broken', lab: null, machines: [] });
    const bare = new FakeHost(t).put({ '/run/vswbench-lab/identity': '' });
    assert.equal((await labStatus(bare)).state, 'broken');
  });
});

describe('a lab is claimed', () => {
  it('before anything else is done for it, by one alone', async (t) => {
    const host = new FakeHost(t).answer(/^mkdir -m 700 \/run\/vswbench-lab$/);
    host.folders.add('/run/vswbench-lab');
    host.put({ [`/proc/${host.ownerPid}/stat`]: procStat(host.ownerPid, { startTicks: 77 }) });
    await claimLab(host);
    assert.deepEqual(await labStatus(host), { state: 'starting', starterPid: host.ownerPid });
    host.answer(/^mkdir -m 700/, { exitCode: 1, stderr: 'mkdir: cannot create directory: File exists' });
    await assert.rejects(claimLab(host), HostError);
  });
});

describe('taking a lab away', () => {
  it('ends what bears its mark, removes its folder and what was being built, and keeps images', async (t) => {
    const host = lab(t, 'up');
    assert.equal(await labDown(host, FOLDER), true);
    assert.deepEqual(await host.list('/run/vswbench-lab'), []);
    assert.deepEqual(await host.list(`${FOLDER}/images`), ['0123456789ab']);
  });
  it('is nothing where there is none', async (t) => {
    const host = new FakeHost(t).answer(/^grep --files-with-matches/, { exitCode: 1 });
    assert.equal(await labDown(host, FOLDER), false);
  });
  it('is for clean to do only where it is broken', async (t) => {
    assert.equal(await cleanLab(lab(t, 'up'), FOLDER), false);
    assert.equal(await cleanLab(lab(t, 'starting', { starter: '1000' }), FOLDER), false);
    // It may be one that reboots.
    assert.equal(await cleanLab(lab(t, 'up').answer(GREETING, { exitCode: 1 }), FOLDER), false);
    assert.equal(await cleanLab(lab(t, 'starting'), FOLDER), true);
    assert.equal(await cleanLab(new FakeHost(t), FOLDER), false);
  });
});

it('a lab that does not fit into memory is refused, with what would', async (t) => {
  const host = new FakeHost(t).put({ '/proc/meminfo': 'MemTotal: 4000000 kB\nMemAvailable:    1500000 kB\n' });
  await requireMemory(host, 1);
  await assert.rejects(
    requireMemory(host, 2),
    new HostError(
      '2 lab machines need 2.4 GB of memory and 1.5 are available: free some, or start one machine (--machines 1)',
    ),
  );
});

describe('the image of a recipe', () => {
  const recipe = recipeOf({ 'build.sh': 'x' }, []);
  const manifest = (builtAt: string, of = recipeDigest(recipe)) =>
    JSON.stringify({ schema: 1, recipe: of, packages: [], kernelRelease: '6.1.0', builtAt, archives: [] });

  it('is the newest that was built of it, and complete', async (t) => {
    const host = new FakeHost(t).put({
      '/images/111111111111/manifest.json': manifest('2026-01-01T00:00:00.000Z'),
      '/images/222222222222/manifest.json': manifest('2026-03-01T00:00:00.000Z'),
      '/images/333333333333/manifest.json': manifest('2026-05-01T00:00:00.000Z', 'another'),
      '/images/444444444444.draft/manifest.json': manifest('2026-06-01T00:00:00.000Z'),
      '/images/555555555555/manifest.json': '{"schema":1',
    });
    const image = await findImage(host, '/images', recipe);
    assert.deepEqual([image?.id, image?.kernel], ['222222222222', '/images/222222222222/vmlinux']);
    assert.equal(await findImage(host, '/images', recipeOf({}, [])), null);
  });
});

describe('the emulator', () => {
  const igb = { stdout: 'igb options:\n  acpi-index=<uint32>     -  (default: 0)\n' };
  const said = { stdout: 'QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.7)\nCopyright (c)\n' };

  it('of the host is used where it has a card with virtual functions, which it is asked for', async (t) => {
    const host = new FakeHost(t)
      .answer(/^qemu-system-x86_64 --version$/, said)
      .answer(/^qemu-system-x86_64 -device igb,help$/, igb);
    assert.deepEqual(await findQemu(host), { command: ['qemu-system-x86_64'], version: '8.2.2' });
  });
  it('of the host is not, where it is too old, which it does not say by its exit code, or absent', async (t) => {
    const old = { stderr: "qemu-system-x86_64: -device igb,help: Device 'igb' not found\n" };
    assert.equal(await findQemu(new FakeHost(t).answer(/igb,help$/, old)), null);
    assert.equal(await findQemu(new FakeHost(t).answer(/igb,help$/, { exitCode: null })), null);
  });
  it('that was fetched runs with its own libraries', async (t) => {
    const host = new FakeHost(t)
      .put({ '/qemu/0123456789ab/usr/bin/qemu-system-x86_64': '', '/qemu/0123456789ab.draft/usr/bin/x': '' })
      .answer(/0123456789ab\/.* --version$/, said)
      .answer(/^env QEMU_MODULE_DIR=\/qemu\/0123456789ab\/.*\/ld-linux-x86-64\.so\.2 --library-path .*igb,help$/, igb);
    assert.equal((await fetchedQemu(host, '/qemu'))?.version, '8.2.2');
    assert.equal(await fetchedQemu(new FakeHost(t), '/qemu'), null);
  });
  it('tells its version, or something else', () => {
    assert.equal(parseVersion('QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\n'), '10.0.2');
    assert.equal(parseVersion('bash: command not found\n'), null);
  });
  it('uses KVM only where that has booted something', async (t) => {
    const qemu = { command: ['qemu'], version: '10.0.2' };
    const host = new FakeHost(t).answer(/^test -w \/dev\/kvm$/).answer(/ qemu -accel kvm /);
    assert.equal(await accelerator(host, qemu), 'kvm');
    host.answer(/ qemu -accel kvm /, { exitCode: null });
    assert.equal(await accelerator(host, qemu), 'tcg');
    host.answer(/^test -w/, { exitCode: 1 });
    assert.equal(await accelerator(host, qemu), 'tcg');
  });
});
