// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, OWN_NETWORK, switchContext, withOwnNetwork } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { linuxBridge } from './linux-bridge.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));

/** A host on which `ip` does what it is told, as far as it can be seen in /sys. */
function machine(t: TestContext): FakeHost {
  const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: '[]' });
  return host.answer(/^ip -batch -$/, (_, input) => {
    for (const line of input.trim().split('\n')) {
      host.events.push(`ip ${line}`);
      const port = /^link set dev (\S+) master vswbr0$/.exec(line)?.[1];
      if (port !== undefined) host.put({ [`/sys/class/net/vswbr0/brif/${port}/port_no`]: '0x1\n' });
    }
    return {};
  });
}

function start(host: FakeHost) {
  return linuxBridge.start(switchContext(host, { ports: PORTS, hostNetwork: true }));
}

/** What was registered and what was done to interfaces, in order. */
function steps(host: FakeHost): string[] {
  return host.events.filter((event) => /^(undo|ip) /.test(event));
}

describe("linux-bridge in the host's own network", () => {
  it('registers the undo of each step before the step', async (t) => {
    const host = machine(t);
    await start(host);
    assert.deepEqual(steps(host), [
      'undo delete-link vswbr0',
      'ip link add name vswbr0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
      'ip link set dev vswbr0 up',
      ...['source', 'sink'].flatMap((end) => [
        `undo delete-link vsws0${end}`,
        `ip link add name vsws0${end} mtu 1500 type veth peer name vswc0${end} mtu 1500`,
        `ip link set dev vsws0${end} master vswbr0`,
        `ip link set dev vsws0${end} up`,
      ]),
    ]);
  });

  it('is settled once every port forwards and every address is known at its own port', async (t) => {
    const host = machine(t);
    const stations = [
      { pair: 0, end: 'source', mac: '02:00:00:00:00:01', at: 'port' },
      { pair: 0, end: 'sink', mac: '02:00:00:00:00:02', at: 'port' },
    ] as const;
    let known: { mac: string; ifname: string }[] = [];
    host.answer(/^bridge -json fdb show br vswbr0 dynamic$/, () => ({ stdout: JSON.stringify(known) }));
    const running = await start(host);

    host.put({ '/sys/class/net/vsws0source/brport/state': '3\n', '/sys/class/net/vsws0sink/brport/state': '0\n' });
    assert.match((await running.settled(stations)) ?? '', /vsws0sink .* does not forward \(state 0\)/);
    host.put({ '/sys/class/net/vsws0sink/brport/state': '3\n' });
    known = [{ mac: '02:00:00:00:00:01', ifname: 'vsws0source' }];
    assert.match((await running.settled(stations)) ?? '', /has not learned 02:00:00:00:00:02 at vsws0sink/);
    known.push({ mac: '02:00:00:00:00:02', ifname: 'vsws0source' });
    assert.match((await running.settled(stations)) ?? '', /has not learned 02:00:00:00:00:02 at vsws0sink/);
    known.push({ mac: '02:00:00:00:00:02', ifname: 'vsws0sink' });
    assert.equal(await running.settled(stations), null);
  });

  it('tells how many addresses it has learned, and how many it may', async (t) => {
    const link = (data: object) => ({ stdout: JSON.stringify([{ linkinfo: { info_data: data } }]) });
    const host = machine(t)
      .answer(/^timeout 4 sh -c bridge fdb show br vswbr0 dynamic \| wc -l$/, { stdout: '512\n' })
      .answer(/^ip -details -json link show dev vswbr0$/, link({ fdb_max_learned: 512 }));
    const running = await start(host);
    assert.deepEqual(await (await running.observe?.())?.(), { fdbEntries: 512 });
    assert.deepEqual((await running.caches?.())?.[0]?.entries, 512);
    // Of very many it does not tell in time; ip(8) may be too old, and 0 is no bound.
    host.answer(/^timeout 4 /, { exitCode: 124 });
    assert.deepEqual(await (await running.observe?.())?.(), {});
    for (const data of [{}, { fdb_max_learned: 0 }]) {
      host.answer(/^ip -details -json link/, link(data));
      assert.deepEqual((await running.caches?.())?.[0]?.entries, null);
    }
  });

  it('gives containers their ends', async (t) => {
    assert.deepEqual(
      (await start(machine(t))).nextPorts().map((port) => port.kind === 'netdev' && port.interface),
      ['vswc0source', 'vswc0sink'],
    );
  });

  it('touches nothing where an interface of ours is somebody else’s', async (t) => {
    const host = machine(t).answer(/^ip -json link$/, { stdout: '[{"ifname":"vsws0sink","operstate":"UP"}]' });
    await assert.rejects(start(host), HostError);
    assert.deepEqual(steps(host), []);
  });

  it('silences IPv6 on the bridge and on both ends', async (t) => {
    const knob = (name: string) => `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    const names = ['vswbr0', 'vsws0source', 'vswc0source', 'vsws0sink', 'vswc0sink'];
    const host = machine(t).put(Object.fromEntries(names.map((name) => [knob(name), '0\n'])));
    await start(host);
    assert.deepEqual(
      names.map((name) => host.files.get(knob(name))),
      names.map(() => '1'),
    );
  });

  it('says so where an interface does not become a port', async (t) => {
    const host = machine(t).answer(/^ip -batch -$/);
    await assert.rejects(start(host), new HostError('vsws0source did not become a port of vswbr0'));
  });

  it('counts as the switch sees it: what its end received came in', async (t) => {
    const host = machine(t);
    const running = await start(host);
    host.put({
      '/proc/self/net/dev':
        'Inter-|\n face |\nvsws0source: 6400 100 0 1 0 0 0 0 84 2 0 3 0 0 0 0\n  vsws0sink: 168 4 0 5 0 0 0 0 5760 90 0 6 0 0 0 0\n',
    });
    assert.deepEqual(await running.counters(), [
      {
        ...{ pair: 0, end: 'source', inPackets: 100n, inBytes: 6400n, outPackets: 2n, outBytes: 84n },
        drops: [{ reason: 'at its port, by the kernel', packets: 4n }],
      },
      {
        ...{ pair: 0, end: 'sink', inPackets: 4n, inBytes: 168n, outPackets: 90n, outBytes: 5760n },
        drops: [{ reason: 'at its port, by the kernel', packets: 11n }],
      },
    ]);
  });

  it('has the kernel threads for its own that forward', async (t) => {
    const host = machine(t).answer(/^pgrep -x ksoftirqd/, { stdout: '15\n22\n' });
    const running = await start(host);
    assert.deepEqual(await running.threads(), [15, 22]);
    const looks = host.commands.length;
    assert.deepEqual(await running.threads(), [15, 22]);
    assert.equal(host.commands.length, looks);
    host.answer(/^pgrep/, { exitCode: 1 });
    assert.deepEqual(await (await start(host)).threads(), []);
  });

  it('is well as long as its bridge is there', async (t) => {
    const host = machine(t).put({ '/sys/class/net/vswbr0/ifindex': '9\n' });
    const running = await start(host);
    assert.equal(await running.health(), null);
    host.files.delete('/sys/class/net/vswbr0/ifindex');
    assert.equal(await running.health(), 'bridge vswbr0 is gone');
  });

  it('flags that frames pass iptables', async (t) => {
    const knob = '/proc/sys/net/bridge/bridge-nf-call-iptables';
    assert.deepEqual((await start(machine(t).put({ [knob]: '1\n' }))).flags, ['host-network', 'bridge-netfilter']);
    assert.deepEqual((await start(machine(t).put({ [knob]: '0\n' }))).flags, ['host-network']);
  });
});

describe('linux-bridge in a network of our own', () => {
  it('makes everything there, and gives ports that are there', async (t) => {
    const host = withOwnNetwork(machine(t)).put({
      [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/vsws0source/port_no`]: '1',
    });
    host.put({ [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/vsws0sink/port_no`]: '2' });
    const running = await linuxBridge.start(switchContext(host, { ports: PORTS }));
    assert.deepEqual(
      running.nextPorts().map((port) => port.kind === 'netdev' && [port.interface, port.namespace]),
      [
        ['vswc0source', OWN_NETWORK.namespace],
        ['vswc0sink', OWN_NETWORK.namespace],
      ],
    );
    assert.deepEqual(running.flags, []);
    const made = host.commands.filter((command) => / -batch -$/.test(command));
    assert.ok(made.length > 0 && made.every((command) => command === `${OWN_NETWORK.enter}ip -batch -`));
  });

  it('deletes no interface of that name outside', async (t) => {
    const host = withOwnNetwork(machine(t)).put({
      [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/vsws0source/port_no`]: '1',
    });
    host.put({ [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/vsws0sink/port_no`]: '2' });
    await linuxBridge.start(switchContext(host, { ports: PORTS }));
    assert.deepEqual(
      host.events.filter((event) => event.startsWith('undo')),
      ['undo delete-namespace vswnet100', 'undo kill-marked /run/vswbench/switch/network'],
    );
  });
});

describe('linux-bridge', () => {
  describe('probe', () => {
    const kernel = { '/proc/sys/kernel/osrelease': '6.1.0\n' };
    const SYMBOLS = /^grep -qw br_add_bridge \/proc\/kallsyms$/;
    it('finds a bridge that is loaded, and asks nobody', async (t) => {
      const host = new FakeHost(t).put({ ...kernel, '/sys/module/bridge/initstate': 'live\n' });
      assert.deepEqual(await linuxBridge.probe(host), { available: true, version: 'Linux 6.1.0' });
    });
    it('finds one that can be loaded', async (t) => {
      const host = new FakeHost(t).put({
        ...kernel,
        '/lib/modules/6.1.0/modules.dep': 'kernel/net/bridge/bridge.ko: kernel/net/802/stp.ko\n',
      });
      assert.equal((await linuxBridge.probe(host)).available, true);
    });
    it('finds one that is built in by its name, and adds nothing', async (t) => {
      const host = new FakeHost(t).put(kernel).answer(SYMBOLS);
      assert.equal((await linuxBridge.probe(host)).available, true);
      assert.equal(host.commands.length, 1);
    });
    it('says what is missing', async (t) => {
      const host = new FakeHost(t).put(kernel).answer(SYMBOLS, { exitCode: 1 });
      const probe = await linuxBridge.probe(host);
      assert.match(probe.available ? '' : probe.mend, /CONFIG_BRIDGE/);
    });
  });
});
