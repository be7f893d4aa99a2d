// SPDX-License-Identifier: Apache-2.0
// What is done to the host, and in which order, and what OVS 3.1 answers on Linux 6.1. That it forwards is for a machine that has the module.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, OWN_NETWORK, switchContext, withOwnNetwork } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { ovsKernel } from './ovs-kernel.ts';

const PORTS = [{ pair: 0, end: 'source' }] as const;
const UPLINK = { interface: 'cable0', pci: '0000:01:00.0' };
const MODULE = { '/sys/module/openvswitch/initstate': 'live\n', '/proc/sys/kernel/osrelease': '6.1.0-56-amd64\n' };
const DIRECTORY = '/run/vswbench/switch';

const DUMP_PORTS = `OFPST_PORT reply (OF1.4) (xid=0x2): 3 ports
  port LOCAL: rx pkts=0, bytes=0, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=0, bytes=0, drop=0, errs=0, coll=0
           duration=3.632s
  port  1: rx pkts=2, bytes=150, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=0, bytes=0, drop=0, errs=0, coll=0
           duration=3.323s
  port  2: rx pkts=1631, bytes=104876, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=456938, bytes=29245516, drop=0, errs=0, coll=0
           duration=1.975s
`;
const FDB = ` port  VLAN  MAC                Age
    2     0  02:00:00:00:00:02    1
    1     0  02:00:00:00:00:01    1
`;
const STATIONS = [
  { pair: 0, end: 'source', mac: '02:00:00:00:00:01', at: 'port' },
  { pair: 0, end: 'sink', mac: '02:00:00:00:00:02', at: 'uplink' },
] as const;

/** A host with OVS and its module, and an uplink that nobody uses. */
function machine(t: TestContext): FakeHost {
  return withOwnNetwork(new FakeHost(t))
    .put(MODULE)
    .answer(/^ip -json link$/, { stdout: '[]' })
    .answer(/^ovs-vswitchd --version$/, { stdout: 'ovs-vswitchd (Open vSwitch) 3.1.0\n' })
    .answer(/^test -r \/usr\/share\/openvswitch/)
    .answer(/^ovsdb-tool create /)
    .answer(/^ovs-vsctl /)
    .answer(/ get Interface \S+ error$/, { stdout: '[]\n' })
    .answer(/^ip (-batch|link set) /)
    .answer(/^grep --recursive /)
    .answer(/^stat .*\/proc\/self\/ns\/net$/, { stdout: '77' })
    .answer(/^ip -details -json link$/, { stdout: '[]' })
    .answer(/^tc -json qdisc show$/, { stdout: '[]' })
    .answer(/^ip -json address show dev cable0$/, { stdout: '[{"flags":["UP"],"mtu":1500,"addr_info":[]}]' })
    .onStart(/^env .*ovsdb-server /, () => new FakeProcess(11))
    .onStart(/^nsenter --net=\/run\/netns\/vswnet100 -- env .*ovs-vswitchd /, () => new FakeProcess(12));
}

function start(host: FakeHost, part: Partial<Parameters<typeof switchContext>[1]> = {}) {
  return ovsKernel.start(switchContext(host, { ports: PORTS, ...part }));
}

describe('ovs-kernel', () => {
  it('keeps its datapath in a namespace of its own, beside that of a system’s OVS', async (t) => {
    const host = machine(t);
    const running = await start(host);
    const steps = host.events.filter((event) => /^(undo|run ip netns)/.test(event));
    assert.deepEqual(steps.slice(0, 2), ['undo delete-namespace vswnet100', 'run ip netns add vswnet100']);
    assert.ok(host.commands.some((command) => / add-br vswovsk0 .*datapath_type=system$/.test(command)));
    assert.ok(
      host.commands.every(
        (command) => !command.startsWith('ovs-vsctl') || command.includes(`--db=unix:${DIRECTORY}/db.sock`),
      ),
    );
    assert.deepEqual(running.nextPorts(), [
      { pair: 0, end: 'source', kind: 'netdev', interface: 'vswc0source', namespace: OWN_NETWORK.namespace },
    ]);
  });

  it('makes both ends of a port there', async (t) => {
    const host = machine(t);
    await start(host);
    assert.deepEqual(
      [...host.inputs].flatMap(([command, input]) => (input === '' ? [] : [[command, input]])),
      [[`${OWN_NETWORK.enter}ip -batch -`, 'link set dev vsws0source up\n']],
    );
  });

  it('moves the uplink there, and back before anything else is undone', async (t) => {
    const host = machine(t);
    await start(host, { uplink: UPLINK });
    const moved = host.events.indexOf(`run ip link set dev cable0 netns ${OWN_NETWORK.namespace}`);
    assert.equal(host.events[moved - 1], `undo return-link cable0 ${OWN_NETWORK.namespace} 77 true `);
  });

  it('removes the datapath that it leaves in the host’s own network, where nobody else may have one', async (t) => {
    const host = machine(t).onStart(/^env .*ovs-vswitchd /, () => new FakeProcess(12));
    assert.deepEqual((await start(host, { hostNetwork: true })).flags, ['host-network']);
    const undos = host.events.filter((event) => event.startsWith('undo'));
    assert.match(undos[0] ?? '', /^undo run sh,-c,.* ovs-dpctl del-dp ovs-system$/);
    host.answer(/^ip -json link$/, { stdout: '[{"ifname":"ovs-system","operstate":"DOWN"}]' });
    await assert.rejects(start(host, { hostNetwork: true }), /ovs-system.*without --host-network/);
  });

  it('does not touch an uplink that has an address', async (t) => {
    const host = machine(t).answer(/^ip -json address show dev cable0$/, {
      stdout: '[{"flags":["UP"],"mtu":1500,"addr_info":[{"family":"inet","local":"192.0.2.1","scope":"global"}]}]',
    });
    await assert.rejects(start(host, { uplink: UPLINK }), /has the address 192\.0\.2\.1/);
    assert.ok(!host.commands.some((command) => command.includes('cable0 netns')));
  });

  it('tells how many packets its kernel part knew no flow for', async (t) => {
    const show = (missed: number) => `system@ovs-system:\n  lookups: hit:44 missed:${missed} lost:0\n  flows: 2\n`;
    const host = machine(t)
      .answer(/^ovs-appctl .* dpctl\/show$/, { stdout: show(3) })
      .answer(/upcall\/show$/, { stdout: 'system@ovs-system:\n  flows : (current 2) (avg 2) (max 2) (limit 10000)\n' })
      .answer(/fdb\/stats-show vswovsk0$/, { stdout: '  Current/maximum MAC entries in the table: 4/8192\n' });
    const running = await start(host);
    const end = await running.observe?.();
    host.answer(/dpctl\/show$/, { stdout: show(10) });
    assert.deepEqual(await end?.(), { cacheMisses: 7, megaflows: 2, fdbEntries: 4 });
    host.answer(/dpctl\/show$/, { stdout: 'system@ovs-system:\n' });
    assert.deepEqual(await end?.(), { megaflows: 2, fdbEntries: 4 });
    assert.deepEqual(
      (await running.caches?.())?.map(({ entries }) => entries),
      [10_000, 8192],
    );
  });

  it('counts as OVS does, the uplink behind the ports', async (t) => {
    const host = machine(t).answer(/^ovs-ofctl -O OpenFlow14 dump-ports unix:.*\/vswovsk0\.mgmt$/, {
      stdout: DUMP_PORTS,
    });
    const running = await start(host, { uplink: UPLINK });
    const [port] = (await running.counters()) ?? [];
    assert.deepEqual([port?.inPackets, port?.inBytes, port?.outPackets, port?.outBytes], [2n, 150n, 0n, 0n]);
    const uplink = await running.uplinkCounters?.();
    assert.deepEqual(
      [uplink?.inPackets, uplink?.inBytes, uplink?.outPackets, uplink?.outBytes],
      [1631n, 104876n, 456938n, 29245516n],
    );
    host.answer(/dump-ports/, { stdout: DUMP_PORTS.slice(0, DUMP_PORTS.indexOf('  port  1')) });
    await assert.rejects(
      running.counters() ?? Promise.resolve(),
      new HostError('OVS has no counters of port 1: its interface is gone'),
    );
  });

  it('is settled once the cable is in and every address is known where it belongs', async (t) => {
    const host = machine(t)
      .answer(/dump-ports/, { stdout: DUMP_PORTS })
      .answer(/fdb\/show vswovsk0$/, { stdout: FDB.replace('    2 ', '    1 ') });
    const running = await start(host, { uplink: UPLINK });
    assert.match((await running.settled(STATIONS)) ?? '', /uplink cable0 .* has no carrier/);
    host.put({ [`${OWN_NETWORK.sys}/class/net/cable0/carrier`]: '1\n' });
    assert.match((await running.settled(STATIONS)) ?? '', /has not learned 02:00:00:00:00:02 at port 2/);
    host.answer(/fdb\/show vswovsk0$/, { stdout: FDB });
    assert.equal(await running.settled(STATIONS), null);
  });

  it('has the daemon and the kernel’s threads for its own', async (t) => {
    const host = machine(t).answer(/^pgrep -x ksoftirqd/, { stdout: '15\n22\n' });
    assert.deepEqual(await (await start(host)).threads(), [12, 15, 22]);
  });

  it('loads the module where it is not loaded', async (t) => {
    const host = machine(t).answer(/^modprobe openvswitch$/, {
      exitCode: 1,
      stderr: 'modprobe: FATAL: Module openvswitch not found',
    });
    host.files.delete('/sys/module/openvswitch/initstate');
    await assert.rejects(start(host), /modprobe openvswitch: modprobe: FATAL/);
  });

  describe('probe', () => {
    it('finds a module that is loaded, or can be, whether it is compressed or not', async (t) => {
      assert.deepEqual(await ovsKernel.probe(machine(t)), { available: true, version: '3.1.0, Linux 6.1.0-56-amd64' });
      for (const file of ['openvswitch.ko', 'openvswitch.ko.xz']) {
        const host = machine(t).put({
          '/lib/modules/6.1.0-56-amd64/modules.dep': `kernel/net/openvswitch/${file}: kernel/net/nsh/nsh.ko\n`,
        });
        host.files.delete('/sys/module/openvswitch/initstate');
        assert.equal((await ovsKernel.probe(host)).available, true);
      }
    });
    it('does not take a module that needs it for it, and says where one is to be had', async (t) => {
      const host = machine(t).put({
        '/lib/modules/6.1.0-56-amd64/modules.dep':
          'kernel/net/openvswitch/vport-gre.ko: kernel/net/openvswitch/other.ko\n',
      });
      host.files.delete('/sys/module/openvswitch/initstate');
      const probe = await ovsKernel.probe(host);
      assert.match(
        probe.available ? '' : `${probe.missing}: ${probe.mend}`,
        /no module openvswitch: .*vswbench lab up/,
      );
    });
    it('says where OVS is not installed', async (t) => {
      const host = new FakeHost(t).answer(/--version$/, { exitCode: null });
      const probe = await ovsKernel.probe(host);
      assert.match(probe.available ? '' : probe.mend, /vswbench setup/);
    });
  });
});
