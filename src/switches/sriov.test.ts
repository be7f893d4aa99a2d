// SPDX-License-Identifier: Apache-2.0
// Which card is taken, and what containers are given. How functions are made is tested with src/host/sriov.ts; that they forward, in the lab.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { sriov } from './sriov.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));

function card(name: string, pci: string, present: number): Record<string, string> {
  return {
    [`/sys/class/net/${name}/ifindex`]: '3\n',
    [`/sys/class/net/${name}/carrier`]: '1\n',
    [`/sys/class/net/${name}/device/uevent`]: `DRIVER=igb\nPCI_SLOT_NAME=${pci}\n`,
    [`/sys/class/net/${name}/device/sriov_totalvfs`]: '7\n',
    [`/sys/class/net/${name}/device/sriov_numvfs`]: `${present}\n`,
    [`/sys/bus/pci/devices/${pci}/sriov_numvfs`]: `${present}\n`,
    [`/sys/bus/pci/devices/${pci}/sriov_drivers_autoprobe`]: '1\n',
    [`/sys/bus/pci/devices/${pci}/iommu_group/type`]: 'identity\n',
  };
}

/** A host with two cards, the first of which is in use. */
function machine(t: TestContext): FakeHost {
  return new FakeHost(t)
    .put({ ...card('eth1', '0000:01:00.0', 2), ...card('eth2', '0000:02:00.0', 0) })
    .put({ '/sys/bus/pci/drivers_probe': '', '/sys/bus/pci/devices/0000:02:10.0/vendor': '0x8086\n' })
    .answer(/^ip -json address show dev eth\d$/, { stdout: '[{"flags":["UP"],"mtu":1500,"addr_info":[]}]' })
    .answer(/^(ip link set|modprobe) /)
    .answer(/^readlink .*\/virtfn\d$/, { stdout: '../0000:02:10.0\n' })
    .answer(/^readlink .*\/driver$/, { stdout: '../../bus/pci/drivers/vfio-pci\n' })
    .answer(/^readlink .*\/iommu_group$/, { stdout: '../../kernel/iommu_groups/6\n' });
}

describe('sriov', () => {
  it('takes the first card that has no functions, and gives one of its own to each container', async (t) => {
    const host = machine(t);
    const running = await sriov.start(switchContext(host, { ports: PORTS, portKind: 'vf' }));
    assert.deepEqual(running.nextPorts()[0], {
      ...{ pair: 0, end: 'source', kind: 'vf', device: '0000:02:10.0', devices: ['/dev/vfio/vfio', '/dev/vfio/6'] },
    });
    assert.equal(running.nextPorts().length, 2);
    assert.deepEqual(
      host.commands.filter((command) => command.includes(' vf ')),
      ['ip link set dev eth2 vf 0 mac 02:00:00:00:00:01', 'ip link set dev eth2 vf 1 mac 02:00:00:00:00:02'],
    );
  });

  it('takes the uplink’s card, by its name or by its address', async (t) => {
    for (const uplink of [
      { interface: 'eth2', pci: null },
      { interface: 'another', pci: '0000:02:00.0' },
    ]) {
      const host = machine(t);
      await sriov.start(switchContext(host, { ports: PORTS.slice(0, 1), portKind: 'vf', uplink }));
      assert.ok(host.commands.includes('ip link set dev eth2 vf 0 mac 02:00:00:00:00:01'));
    }
    const uplink = { interface: 'eth9', pci: null };
    await assert.rejects(
      sriov.start(switchContext(machine(t), { ports: PORTS, portKind: 'vf', uplink })),
      /uplink eth9 of host fake cannot have virtual functions: name another card/,
    );
  });

  it('is settled when the cable is in', async (t) => {
    const host = machine(t);
    const running = await sriov.start(switchContext(host, { ports: PORTS, portKind: 'vf' }));
    assert.equal(await running.settled([]), null);
    host.put({ '/sys/class/net/eth2/carrier': '0\n' });
    assert.match((await running.settled([])) ?? '', /eth2 .* has no carrier/);
  });

  describe('probe', () => {
    it('names the cards', async (t) => {
      assert.deepEqual(await sriov.probe(machine(t)), {
        available: true,
        version: 'eth1 (7 functions), eth2 (7 functions)',
      });
    });
    it('says what is missing: a card, or an IOMMU', async (t) => {
      const none = await sriov.probe(new FakeHost(t));
      assert.match(none.available ? '' : none.mend, /vswbench lab up/);
      const host = new FakeHost(t).put(card('eth1', '0000:01:00.0', 0));
      host.files.delete('/sys/bus/pci/devices/0000:01:00.0/iommu_group/type');
      const open = await sriov.probe(host);
      assert.match(open.available ? '' : `${open.missing}: ${open.mend}`, /no IOMMU.*intel_iommu=on/);
    });
  });
});
