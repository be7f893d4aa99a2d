// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { type Host, HostError, isOnPath } from './host.ts';
import { localHost } from './local.ts';
import { installPackages, packagesMissing } from './packages.ts';

describe('packagesMissing', () => {
  it('is empty where all is there', async (t) => {
    assert.deepEqual(
      await packagesMissing(new FakeHost(t).answer(/^(sh -c command|test)/), ['run', 'switches', 'tests', 'bench']),
      [],
    );
  });
  it('names packages, not programs', async (t) => {
    const host = new FakeHost(t)
      .answer(/^(sh -c command|test)/)
      .answer(/command -v .* ip$/, { exitCode: 1 })
      .answer(/command -v .* busybox$/, { exitCode: 1 });
    assert.deepEqual(await packagesMissing(host, ['run']), ['busybox-static', 'iproute2']);
  });
  it('looks only for what is asked for', async (t) => {
    const host = new FakeHost(t).answer(/^(sh -c command|test)/, { exitCode: 1 });
    assert.deepEqual(await packagesMissing(host, ['bench']), [
      'iperf3',
      'sockperf',
      'netsniff-ng',
      'valgrind',
      'dpdk-dev',
      'tcpdump',
      'tshark',
    ]);
  });
});

describe('installPackages', () => {
  it('updates and installs as root', async (t) => {
    const host = new FakeHost(t)
      .answer(/command -v .* apt-get$/)
      .answer(/^id -u$/, { stdout: '0\n' })
      .answer(/^env .*apt-get/);
    await installPackages(host, ['lxc', 'make']);
    assert.deepEqual(host.commands.slice(-2), [
      'env DEBIAN_FRONTEND=noninteractive apt-get -q update',
      'env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends lxc make',
    ]);
  });
  it('goes by sudo where we are not root', async (t) => {
    const host = new FakeHost(t)
      .answer(/command -v .* apt-get$/)
      .answer(/^id -u$/, { stdout: '1000\n' })
      .answer(/^sudo env /);
    await installPackages(host, ['lxc']);
    assert.equal(host.commands.filter((command) => command.startsWith('sudo env ')).length, 2);
  });
  it('says what to do where there is no apt-get', async (t) => {
    const host = new FakeHost(t).answer(/command -v .* apt-get$/, { exitCode: 1 });
    await assert.rejects(installPackages(host, ['lxc']), /no apt-get here: install what Debian calls lxc/);
  });
  it("tells apt's own explanation", async (t) => {
    const host = new FakeHost(t)
      .answer(/command -v .* apt-get$/)
      .answer(/^id -u$/, { stdout: '0\n' })
      .answer(/apt-get -q update$/)
      .answer(/apt-get -q install/, { exitCode: 100, stderr: 'Reading...\nE: Unable to locate package lxc\nhint\n' });
    await assert.rejects(
      installPackages(host, ['lxc']),
      new HostError('apt-get install failed: E: Unable to locate package lxc'),
    );
  });
});

it('a program is found where there is no which(1)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-path-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync('/bin/sh', join(folder, 'sh'));
  symlinkSync('/bin/sh', join(folder, 'shell'));
  const bare: Pick<Host, 'run'> = {
    run: (command) => localHost.run(['env', `PATH=${folder}`, ...command]),
  };
  assert.deepEqual([await isOnPath(bare, 'shell'), await isOnPath(bare, 'which')], [true, false]);
});
