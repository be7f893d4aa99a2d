// SPDX-License-Identifier: Apache-2.0
// What is asked of an Open vSwitch for ports of each type, and what is made of its answers. That they forward is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext, withOwnNetwork } from '../../../test/fixtures/host.ts';
import type { SwitchContext, SwitchDriver } from '../driver.ts';
import { ovsAfxdp } from '../ovs-afxdp.ts';
import { ovsAfxdpNonpmd } from '../ovs-afxdp-nonpmd.ts';
import { ovsSystem } from '../ovs-system.ts';
import { ovsTap } from '../ovs-tap.ts';
import { parseSocketDrops } from './ovs-interfaces.ts';

const PORTS = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
] as const;
const STATIONS = [{ pair: 0, end: 'source', mac: '02:00:00:00:00:01', at: 'port' }] as const;
const FDB = ' port  VLAN  MAC                Age\n    1     0  02:00:00:00:00:01    1\n';

/** As ss(8) of iproute2 6.1 prints them: the daemon's own for sending, and one a port. */
const SOCKETS = `p_raw 0      0                  *:*                *    skmem:(r0,rb212992,t0,tb212992,f0,w0,o0,bl0,d9)
p_raw 0      0        *:vsws0source                *    skmem:(r0,rb212992,t0,tb212992,f0,w0,o176,bl0,d89264)
p_raw 0      0          *:vsws0sink                *    skmem:(r0,rb212992,t0,tb212992,f0,w0,o176,bl0,d0)
`;

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
vsws0source:  6400     100    0    3    0     0          0         0        0       0    0    0    0     0       0          0
vsws0sink:       0       0    0    0    0     0          0         0     5120      80    0    2    0     0       0          0
`;

function machine(t: TestContext): FakeHost {
  const host = new FakeHost(t);
  return withOwnNetwork(host)
    .put({ '/proc/77/net/dev': NET_DEV, '/proc/sys/kernel/osrelease': '6.18.0\n' })
    .answer(/^ip -json link$/, { stdout: '[]' })
    .answer(/^ip -batch -$/, (_, input) => {
      for (const line of input.trim().split('\n')) host.events.push(`ip ${line}`);
      return {};
    })
    .answer(/^ovs-vswitchd --version$/, { stdout: 'ovs-vswitchd (Open vSwitch) 3.1.0\n' })
    .answer(/^test -r /)
    .hasSymbols('xsk_bind')
    .answer(/^sh -c command -v /, { stdout: '/usr/sbin/ovs-vswitchd\n' })
    .answer(/^grep -qs afxdp-nonpmd \/usr\/sbin\/ovs-vswitchd$/)
    .answer(/^ovsdb-tool create /)
    .answer(/^ovs-vsctl /)
    .answer(/ get Interface \S+ error$/, { stdout: '[]\n' })
    .onStart(/^env .*ovsdb-server /, () => new FakeProcess(11))
    .onStart(/^env .*ovs-vswitchd /, () => new FakeProcess(12));
}

function start(driver: SwitchDriver, host: FakeHost, part: Partial<SwitchContext> = {}) {
  return driver.start(switchContext(host, { ports: PORTS, ...part }));
}

/** What a port was added with, by its name. */
function added(host: FakeHost): string[] {
  return host.commands.flatMap((command) => / add-port \S+ (.*)$/.exec(command)?.[1] ?? []);
}

/** Which cables were made with ip(8), by the switch's end. */
function cables(host: FakeHost): string[] {
  return host.events.flatMap((event) => /^ip link add name (\S+)/.exec(event)?.[1] ?? []);
}

describe('OVS on interfaces', () => {
  it('has the switch’s end of a cable for a port, by AF_XDP in native mode or by packet sockets', async (t) => {
    for (const [driver, type] of [
      [ovsAfxdp, 'type=afxdp mtu_request=1986 options:xdp-mode=native'],
      [ovsAfxdpNonpmd, 'type=afxdp-nonpmd mtu_request=1986 options:xdp-mode=native'],
      [ovsSystem, 'type=system mtu_request=1986'],
    ] as const) {
      const host = machine(t);
      await start(driver, host, { frameBytes: 2000 });
      assert.deepEqual(added(host), [
        `vsws0source -- set Interface vsws0source ${type} ofport_request=1`,
        `vsws0sink -- set Interface vsws0sink ${type} ofport_request=2`,
      ]);
      assert.deepEqual(cables(host), ['vsws0source', 'vsws0sink']);
    }
  });

  it('makes TAP interfaces itself, which containers get', async (t) => {
    const host = machine(t);
    const running = await start(ovsTap, host);
    assert.deepEqual(added(host), [
      'vswc0source -- set Interface vswc0source type=tap mtu_request=1500 ofport_request=1',
      'vswc0sink -- set Interface vswc0sink type=tap mtu_request=1500 ofport_request=2',
    ]);
    assert.deepEqual(cables(host), []);
    assert.deepEqual(
      running.nextPorts().map((port) => port.kind === 'netdev' && port.interface),
      ['vswc0source', 'vswc0sink'],
    );
  });

  it('has a poller on the CPU that it was given, and none without', async (t) => {
    const polling = machine(t);
    await start(ovsAfxdp, polling, { cpus: [3] });
    assert.match(polling.commands.join('\n'), /other_config:pmd-cpu-mask="0x8"/);
    const others = machine(t);
    await start(ovsSystem, others);
    assert.doesNotMatch(others.commands.join('\n'), /pmd-cpu-mask/);
  });

  it('loads one XDP program an interface: libxdp’s dispatcher would pin what outlives it', async (t) => {
    const host = machine(t);
    await start(ovsAfxdp, host);
    const daemon = host.events.find((event) => /^start .*ovs-vswitchd /.test(event)) ?? '';
    assert.match(daemon, /^start nsenter --net=\S+ -- env .*LIBXDP_SKIP_DISPATCHER=1 /);
  });

  it('is refused where its interfaces are somebody’s, and registers theirs in the host’s own network', async (t) => {
    const taken = machine(t).answer(/^ip -json link$/, {
      stdout: '[{"ifname":"ovs-netdev","operstate":"DOWN"}]',
    });
    await assert.rejects(start(ovsTap, taken, { hostNetwork: true }), /ovs-netdev exists already/);
    const host = machine(t);
    await start(ovsTap, host, { hostNetwork: true });
    const links = host.events.flatMap((event) => /^undo delete-link (.*)$/.exec(event)?.[1] ?? []);
    assert.deepEqual(links, ['vswovsn0', 'ovs-netdev', 'vswc0source', 'vswc0sink']);
  });

  it('says what OVS cannot use', async (t) => {
    const host = machine(t).answer(/ get Interface vsws0source error$/, {
      stdout: '"could not open network device vsws0source (Invalid argument)"\n',
    });
    await assert.rejects(start(ovsAfxdp, host), /OVS cannot use the interface vsws0source: "could not open/);
  });

  it('counts as the kernel does, and what its packet sockets dropped', async (t) => {
    const host = machine(t).answer(/^ss --packet --memory /, { stdout: SOCKETS });
    const [source, sink] = (await (await start(ovsSystem, host)).counters()) ?? [];
    assert.deepEqual(
      [source?.inPackets, source?.drops.at(-1)],
      [100n, { reason: 'packet socket full', packets: 89_264n }],
    );
    assert.deepEqual([sink?.outPackets, sink?.drops.map(({ packets }) => packets)], [80n, [2n, 0n]]);
    const xdp = (await (await start(ovsAfxdp, machine(t))).counters()) ?? [];
    assert.deepEqual(
      xdp[0]?.drops.map(({ packets }) => packets),
      [3n],
    );
    assert.equal((await start(ovsTap, machine(t))).counters(), null);
  });

  it('is settled by its table alone where containers have its interfaces', async (t) => {
    const host = machine(t).answer(/fdb\/show vswovsn0$/, { stdout: FDB.replace('    1 ', '    2 ') });
    const running = await start(ovsTap, host);
    assert.match((await running.settled(STATIONS)) ?? '', /not learned 02:00:00:00:00:01 at port 1/);
    host.answer(/fdb\/show vswovsn0$/, { stdout: FDB });
    assert.equal(await running.settled(STATIONS), null);
  });
});

it('sockets of one interface are counted together, and one that does not tell its memory is none', () => {
  const drops = parseSocketDrops(SOCKETS + SOCKETS.replaceAll('vsws0sink', 'vsws0source'));
  assert.deepEqual(drops.get('vsws0source'), 178_528n);
  assert.deepEqual(parseSocketDrops('p_raw 0 0 *:vsws0sink *\n'), new Map());
});

describe('looking for OVS on interfaces', () => {
  const reasonOf = async (driver: SwitchDriver, host: FakeHost) => {
    const probe = await driver.probe(host);
    return probe.available ? null : `${probe.missing}: ${probe.mend}`;
  };

  it('finds it', async (t) => {
    for (const driver of [ovsAfxdp, ovsAfxdpNonpmd, ovsSystem, ovsTap]) {
      assert.deepEqual(await driver.probe(machine(t)), { available: true, version: '3.1.0, Linux 6.18.0' });
    }
  });
  it('says what each type lacks', async (t) => {
    const refuses = (pattern: RegExp) => machine(t).answer(pattern, { exitCode: 1 });
    assert.match((await reasonOf(ovsAfxdp, machine(t).hasSymbols())) ?? '', /CONFIG_XDP_SOCKETS/);
    assert.match((await reasonOf(ovsAfxdp, refuses(/^grep -qs/))) ?? '', /ovs-vswitchd is built without AF_XDP/);
    assert.match((await reasonOf(ovsTap, refuses(/^test -r \/dev\/net\/tun$/))) ?? '', /CONFIG_TUN/);
    for (const pattern of [/^grep /, /^test -r \/dev\/net\/tun$/])
      assert.equal(await reasonOf(ovsSystem, refuses(pattern)), null);
    assert.match((await reasonOf(ovsSystem, refuses(/--version$/))) ?? '', /vswbench setup/);
  });
});
