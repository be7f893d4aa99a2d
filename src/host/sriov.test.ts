// SPDX-License-Identifier: Apache-2.0
// Cards as the kernel shows them: one whose functions are handed over (igb, as in the lab), one that shares them (as mlx5 does).
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import { makeVirtualFunctions, physicalFunctions } from './sriov.ts';

const PCI = '/sys/bus/pci/devices';
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'];

/** A host whose card has the address 0000:01:00.0, and makes functions when it is told to. */
function machine(t: TestContext, extra: Record<string, string> = {}): FakeHost {
  const host = new FakeHost(t).put({
    '/sys/class/net/lo/ifindex': '1\n',
    '/sys/class/net/cable0/device/uevent': 'DRIVER=igb\nPCI_CLASS=20000\nPCI_SLOT_NAME=0000:01:00.0\n',
    '/sys/class/net/cable0/device/sriov_totalvfs': '7\n',
    '/sys/class/net/cable0/device/sriov_numvfs': '0\n',
    [`${PCI}/0000:01:00.0/sriov_numvfs`]: '0\n',
    [`${PCI}/0000:01:00.0/sriov_drivers_autoprobe`]: '1\n',
    [`${PCI}/0000:01:00.0/iommu_group/type`]: 'identity\n',
    [`${PCI}/0000:01:10.0/vendor`]: '0x8086\n',
    [`${PCI}/0000:01:10.2/vendor`]: '0x8086\n',
    '/sys/bus/pci/drivers_probe': '',
    ...extra,
  });
  return host
    .answer(/^modprobe vfio-pci$/)
    .answer(/^ip link set dev cable0 vf \d mac /)
    .answer(/^readlink .*\/virtfn0$/, { stdout: '../0000:01:10.0\n' })
    .answer(/^readlink .*\/virtfn1$/, { stdout: '../0000:01:10.2\n' })
    .answer(/^readlink .*\/driver$/, { stdout: '../../../../bus/pci/drivers/vfio-pci\n' })
    .answer(/^readlink .*01:10\.0\/iommu_group$/, { stdout: '../../../../kernel/iommu_groups/6\n' })
    .answer(/^readlink .*01:10\.2\/iommu_group$/, { stdout: '../../../../kernel/iommu_groups/7\n' });
}

async function make(host: FakeHost, macs: readonly string[] = MACS) {
  const [card] = await physicalFunctions(host);
  assert.ok(card !== undefined);
  return makeVirtualFunctions(host, new FakeUndoStack(host), card, macs);
}

describe('physicalFunctions', () => {
  it('finds the cards that can have virtual functions, and how they are handled', async (t) => {
    assert.deepEqual(await physicalFunctions(machine(t)), [
      { interface: 'cable0', pci: '0000:01:00.0', total: 7, present: 0, shared: false, iommu: true },
    ]);
  });
  it('finds none where a card cannot, or an interface is no device', async (t) => {
    const host = new FakeHost(t).put({
      '/sys/class/net/lo/ifindex': '1\n',
      '/sys/class/net/eth0/device/uevent': 'DRIVER=virtio_net\nPCI_SLOT_NAME=0000:00:03.0\n',
      '/sys/class/net/eth1/device/uevent': 'DRIVER=igb\nPCI_SLOT_NAME=0000:00:04.0\n',
      '/sys/class/net/eth1/device/sriov_totalvfs': '0\n',
    });
    assert.deepEqual(await physicalFunctions(host), []);
  });
});

describe('makeVirtualFunctions', () => {
  it('gives each its address before its driver, and says by which files it is driven', async (t) => {
    const host = machine(t);
    assert.deepEqual(await make(host), [
      { pci: '0000:01:10.0', devices: ['/dev/vfio/vfio', '/dev/vfio/6'] },
      { pci: '0000:01:10.2', devices: ['/dev/vfio/vfio', '/dev/vfio/7'] },
    ]);
    const at = (event: string) => {
      const index = host.events.indexOf(event);
      assert.ok(index >= 0, event);
      return index;
    };
    assert.ok(at(`run ip link set dev cable0 vf 0 mac ${MACS[0]}`) < at(`write ${PCI}/0000:01:10.0/driver_override`));
    assert.equal(host.files.get(`${PCI}/0000:01:10.2/driver_override`), 'vfio-pci');
    assert.equal(host.files.get('/sys/bus/pci/drivers_probe'), '0000:01:10.2');
  });

  it('registers the way back before each step: first no functions, then the kernel’s own probing', async (t) => {
    const host = machine(t);
    await make(host);
    const folder = `${PCI}/0000:01:00.0`;
    assert.deepEqual(
      host.events.filter((event) => /^undo|^write .*sriov/.test(event)),
      [
        `undo restore-knob ${folder}/sriov_drivers_autoprobe 1`,
        `write ${folder}/sriov_drivers_autoprobe`,
        `undo restore-knob ${folder}/sriov_numvfs 0`,
        `write ${folder}/sriov_numvfs`,
      ],
    );
    assert.equal(host.files.get(`${folder}/sriov_numvfs`), '2');
  });

  it('leaves functions with a driver that shares them, and gives their InfiniBand devices', async (t) => {
    const host = machine(t, {
      [`${PCI}/0000:01:00.0/infiniband/mlx5_0/node_type`]: '1: CA\n',
      [`${PCI}/0000:01:10.0/infiniband_verbs/uverbs1/dev`]: '231:193\n',
    });
    assert.deepEqual(await make(host, MACS.slice(0, 1)), [
      { pci: '0000:01:10.0', devices: ['/dev/infiniband/uverbs1'] },
    ]);
    assert.ok(!host.commands.includes('modprobe vfio-pci'));
    assert.equal(host.files.get(`${PCI}/0000:01:00.0/sriov_drivers_autoprobe`), '1\n');
  });

  it('touches nothing where the card has functions already, has too few, or no IOMMU', async (t) => {
    const busy = machine(t, { '/sys/class/net/cable0/device/sriov_numvfs': '4\n' });
    await assert.rejects(make(busy), /cable0 has 4 virtual functions already, .*echo 0 > /);
    const small = machine(t, { '/sys/class/net/cable0/device/sriov_totalvfs': '1\n' });
    await assert.rejects(
      make(small),
      new HostError('cable0 can have 1 virtual functions, and 2 are needed: use fewer pairs'),
    );
    const open = machine(t);
    open.files.delete(`${PCI}/0000:01:00.0/iommu_group/type`);
    await assert.rejects(make(open), /there is no IOMMU, .*: switch it on in the firmware/);
    for (const host of [busy, small, open])
      assert.deepEqual(
        host.events.filter((event) => /^(undo|write)/.test(event)),
        [],
      );
  });

  it('says so where a function goes to another driver', async (t) => {
    const host = machine(t).answer(/^readlink .*\/driver$/, { stdout: '../../../../bus/pci/drivers/igbvf\n' });
    await assert.rejects(
      make(host),
      new HostError('virtual function 0000:01:10.0 was not bound to vfio-pci but to igbvf'),
    );
  });
});
