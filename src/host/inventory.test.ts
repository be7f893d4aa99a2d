// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { InventorySchema } from '../model/inventory.ts';
import { clockErrorOf, commitOf, takeInventory } from './inventory.ts';

/** A machine of two sockets, each a NUMA node with two cores of two hyperthreads: siblings are 4 apart. */
function sysfs(): Record<string, string> {
  const files: Record<string, string> = { '/sys/devices/system/cpu/online': '0-7\n' };
  for (let id = 0; id < 8; id += 1) {
    const folder = `/sys/devices/system/cpu/cpu${id}`;
    const socket = id % 2;
    files[`${folder}/topology/physical_package_id`] = `${socket}\n`;
    files[`${folder}/topology/core_id`] = `${Math.floor((id % 4) / 2)}\n`;
    files[`${folder}/node${socket}/cpulist`] = '';
  }
  return files;
}

describe('takeInventory', () => {
  const build = { version: '0.1.0', commit: 'abc' };
  const PROGRAMS = '/opt/vswbench/build/dataplane';
  const inventoryOf = async (host: FakeHost) => takeInventory(host, build, await clockErrorOf(host, PROGRAMS));
  const bare = (t: TestContext) => new FakeHost(t).answer(/./, { exitCode: null, stderr: 'spawn ENOENT' });

  it('describes a machine that tells nothing, in a form that can be stored', async (t) => {
    const inventory = await inventoryOf(bare(t));
    assert.deepEqual(InventorySchema.parse(inventory), inventory);
    assert.equal(inventory.vswbenchCommit, 'abc');
    assert.equal(inventory.virtualization, null);
    assert.equal(inventory.clockErrorNs, null);
    assert.deepEqual(inventory.knobs, {});
    assert.deepEqual(Object.keys(inventory.versions), ['node']);
  });

  it('describes a machine that tells much', async (t) => {
    const host = bare(t)
      .put({
        ...sysfs(),
        '/proc/sys/kernel/hostname': 'testbed-1\n',
        '/sys/class/net/eth0/device/uevent': 'DRIVER=ixgbe\nMODALIAS=x\n',
        '/sys/class/net/eth0/speed': '10000\n',
        '/sys/class/net/eth1/device/uevent': 'DRIVER=virtio_net\n',
        '/sys/class/net/eth1/speed': '-1\n',
        '/sys/class/net/lo/operstate': 'unknown\n',
        '/etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
        '/proc/sys/kernel/osrelease': '6.1.0-21-amd64\n',
        '/proc/cpuinfo':
          'model name\t: A CPU @ 2 GHz\nmicrocode\t: 0x5\nflags\t\t: fpu constant_tsc nonstop_tsc hypervisor\n',
        '/proc/meminfo': 'MemTotal:       16384 kB\n',
        '/proc/loadavg': '0.42 0.1 0.1 1/100 999\n',
        '/proc/self/status': 'Cpus_allowed_list:\t1-3,6\n',
        '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
        '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
        '/sys/devices/system/cpu/vulnerabilities/meltdown': 'Mitigation: PTI\n',
      })
      .answer(/^systemd-detect-virt/, { exitCode: 1, stdout: 'none\n' })
      .answer(/^lxc-execute --version/, { stdout: '5.0.2\n' })
      .answer(/^\/opt\/vswbench\/build\/dataplane\/clock-error 1,2,3,6$/, { stdout: '{"v":1,"error_ns":69}\n' });
    const inventory = InventorySchema.parse(await inventoryOf(host));
    assert.equal(inventory.os, 'Debian GNU/Linux 12 (bookworm)');
    assert.equal(inventory.cpuModel, 'A CPU @ 2 GHz');
    assert.equal(inventory.memoryBytes, 16384 * 1024);
    assert.equal(inventory.invariantTsc, true);
    assert.equal(inventory.clockErrorNs, 69);
    assert.equal(inventory.clocksource, 'tsc');
    assert.equal(inventory.virtualization, 'hypervisor (unnamed)');
    assert.equal(inventory.loadAverage, 0.42);
    assert.equal(inventory.cpus.length, 8);
    assert.deepEqual(inventory.mitigations, { meltdown: 'Mitigation: PTI' });
    assert.deepEqual(inventory.knobs, { 'net.bridge.bridge-nf-call-iptables': '1' });
    assert.equal(inventory.versions.lxc, '5.0.2');
    assert.deepEqual(
      Object.entries(inventory.versions).filter(([name]) => name.startsWith('NIC ')),
      [
        ['NIC eth0', 'ixgbe, 10000 Mbit/s'],
        ['NIC eth1', 'virtio_net'],
      ],
    );
  });

  it('does not take the next line for a value that is empty', async (t) => {
    const host = bare(t).put({ '/proc/cpuinfo': 'model name\t:\nstepping\t: 1\nmicrocode\t: 0x5\n' });
    assert.equal((await inventoryOf(host)).cpuModel, process.arch);
  });

  it('changes nothing', async (t) => {
    const host = bare(t);
    await inventoryOf(host);
    assert.ok(host.events.every((event) => event.startsWith('run ')));
  });
});

describe('commitOf', () => {
  it('tells the commit, and whether it has changes', async (t) => {
    const head = '# branch.oid 3f1c2ab94c1000000000000000000000000000000\n# branch.head main\n';
    const host = new FakeHost(t).answer(/^git .*status/, { stdout: head });
    assert.equal(await commitOf(host, { root: '/opt/vswbench' }), '3f1c2ab94c10');
    host.answer(/^git .*status/, { stdout: `${head}1 .M N... 100644 100644 100644 bc8a bc8a src/x.ts\n` });
    assert.equal(await commitOf(host, { root: '/opt/vswbench' }), '3f1c2ab94c10-dirty');
    assert.ok(
      host.commands.some((command) => / --no-optional-locks status /.test(command)),
      'the index stays as it is',
    );
  });
  it('is null outside a checkout, and before the first commit', async (t) => {
    const host = new FakeHost(t).answer(/^git /, { exitCode: 128 });
    assert.equal(await commitOf(host, { root: '/opt/vswbench' }), null);
    host.answer(/^git /, { stdout: '# branch.oid (initial)\n# branch.head main\n' });
    assert.equal(await commitOf(host, { root: '/opt/vswbench' }), null);
  });
});
