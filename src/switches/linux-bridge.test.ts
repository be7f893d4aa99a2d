// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, OWN_NETWORK, switchContext, withOwnNetwork } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { NO_OPTIONS, type SwitchOptions } from '../model/switch-options.ts';
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

/** A kernel that has these functions alone, on a host that has no program for options. */
function bare(t: TestContext, ...symbols: string[]): FakeHost {
  return new FakeHost(t).answer(/^sh -c command -v "\$1" sh nft$/, { exitCode: 1 }).hasSymbols(...symbols);
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

describe('linux-bridge with options', () => {
  const STATIONS = [
    { pair: 0, end: 'source', mac: '02:00:00:00:00:01', at: 'port', vlans: [5, 6] },
    { pair: 0, end: 'sink', mac: '02:00:00:00:00:02', at: 'port', vlans: [5, 6] },
  ] as const;
  const forwards = {
    '/sys/class/net/vsws0source/brport/state': '3\n',
    '/sys/class/net/vsws0sink/brport/state': '3\n',
  };
  const started = (host: FakeHost, options: Partial<SwitchOptions>) =>
    linuxBridge.start(switchContext(host, { ports: PORTS, hostNetwork: true, options: { ...NO_OPTIONS, ...options } }));

  it('has ports in the VLANs of the packets to come, and knows addresses in each', async (t) => {
    const host = machine(t)
      .put({ ...forwards, '/sys/class/net/vswbr0/bridge/vlan_filtering': '1\n' })
      .answer(/^bridge vlan add /);
    const running = await started(host, { vlanFiltering: 'on', vlans: [5, 6] });
    assert.ok(steps(host).some((step) => step.endsWith('mcast_snooping 0 vlan_filtering 1')));
    assert.deepEqual(
      host.commands.filter((command) => command.startsWith('bridge ')),
      ['source', 'sink'].map((end) => `bridge vlan add vid 5-6 dev vsws0${end}`),
    );
    const known = STATIONS.flatMap(({ mac, end }) => [5, 6].map((vlan) => ({ mac, ifname: `vsws0${end}`, vlan })));
    host.answer(/^bridge -json fdb/, () => ({ stdout: JSON.stringify(known) }));
    assert.equal(await running.settled(STATIONS), null);
    assert.equal(known.pop()?.vlan, 6);
    assert.equal(await running.settled(STATIONS), 'vswbr0 has not learned 02:00:00:00:00:02 at vsws0sink in VLAN 6');
    const untagged = STATIONS.map(({ vlans: _, ...station }) => station);
    assert.match((await running.settled(untagged)) ?? '', /in VLAN 1$/);
  });

  it('does not take a filter for granted', async (t) => {
    const host = machine(t).put({ '/sys/class/net/vswbr0/bridge/vlan_filtering': '0\n' });
    await assert.rejects(started(host, { vlanFiltering: 'on' }), new HostError('vswbr0 does not filter VLANs'));
  });

  it('has rules that match nobody, and is settled once a frame has come past them', async (t) => {
    let given = '';
    let packets = 0;
    const known = STATIONS.map(({ mac, end }) => ({ mac, ifname: `vsws0${end}` }));
    const host = machine(t)
      .put(forwards)
      .answer(/^bridge -json fdb/, () => ({ stdout: JSON.stringify(known) }))
      .answer(/^nft -f -$/, (_, input) => {
        given = input;
        return {};
      })
      .answer(/^nft -j list counter bridge vswbench past$/, () => ({
        stdout: JSON.stringify({ nftables: [{ metainfo: {} }, { counter: { name: 'past', packets, bytes: 0 } }] }),
      }));
    const running = await started(host, { nftRules: 1000 });
    const rules = given.split('\n').filter((line) => line.endsWith(' drop'));
    assert.equal(new Set(rules).size, 1000);
    assert.ok(rules.every((rule) => rule.includes('203.0.113.')));
    assert.match(given, /drop\ncounter name past accept\n\}/);
    assert.equal(await running.settled(STATIONS), 'no frame has come past the 1000 rules');
    packets = 1;
    assert.equal(await running.settled(STATIONS), null);
  });

  it('says so where nft does not take the rules', async (t) => {
    const host = machine(t).answer(/^nft -f -$/, { exitCode: 1, stderr: 'Error: no family\n' });
    await assert.rejects(
      started(host, { nftRules: 10 }),
      new HostError('nft does not take 10 rules: Error: no family'),
    );
  });
});

describe('linux-bridge with an overlay', () => {
  const FAR = `${OWN_NETWORK.namespace}far`;
  const NET_DEV = 'Inter-|\n face |\n';
  const counted = (name: string, drops: number) => `${name}: 0 0 0 ${drops} 0 0 0 0 0 0 0 ${drops} 0 0 0 0\n`;

  /** Two networks of our own, which the host shows as one: what is read of either is the same. */
  async function joined(t: TestContext, pairs = 1) {
    const host = withOwnNetwork(machine(t))
      .answer(/^ip netns add vswnet100far$/)
      .onStart(/ ip netns exec vswnet100far sh -c /, () => {
        const witness = new FakeProcess(77);
        witness.print('ready');
        return witness;
      });
    const ports = Array.from({ length: pairs }, (_, pair) => PORTS.map(({ end }) => ({ pair, end }))).flat();
    const members = ['vswvx0', ...ports.map(({ pair, end }) => `vsws${pair}${end}`)];
    for (const name of members) host.put({ [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/${name}/port_no`]: '1' });
    const options = { ...NO_OPTIONS, overlay: 'vxlan' } as const;
    return { host, running: await linuxBridge.start(switchContext(host, { ports, options })) };
  }

  it('has senders in one network and receivers in another, in the order of the requests', async (t) => {
    const { host, running } = await joined(t, 2);
    assert.deepEqual(
      running.nextPorts().map((port) => port.kind === 'netdev' && [port.interface, port.namespace]),
      [
        ['vswc0source', OWN_NETWORK.namespace],
        ['vswc0sink', FAR],
        ['vswc1source', OWN_NETWORK.namespace],
        ['vswc1sink', FAR],
      ],
    );
    const undos = host.events.filter((event) => event.startsWith('undo'));
    assert.deepEqual(undos, [
      'undo delete-namespace vswnet100',
      'undo kill-marked /run/vswbench/switch/network',
      'undo delete-namespace vswnet100far',
      'undo kill-marked /run/vswbench/switch/networkfar',
    ]);
  });

  it('has an underlay that takes what the tunnel adds, and two tags', async (t) => {
    const { host } = await joined(t);
    const made = host.events.filter((event) => /vswul|vswvx0/.test(event));
    assert.deepEqual(made, [
      `ip link add name vswul0 mtu 1558 type veth peer name vswul1 mtu 1558 netns ${FAR}`,
      ...(
        [
          ['vswul0', 'local 192.0.2.1 remote 192.0.2.2', '192.0.2.1'],
          ['vswul1', 'local 192.0.2.2 remote 192.0.2.1', '192.0.2.2'],
        ] as const
      ).flatMap(([cable, to, own]) => [
        `ip address add ${own}/30 dev ${cable}`,
        `ip link set dev ${cable} up`,
        `ip link add name vswvx0 mtu 1500 type vxlan id 1 ${to} dstport 4789 dev ${cable} nolearning`,
      ]),
      ...[1, 2].flatMap(() => ['ip link set dev vswvx0 master vswbr0', 'ip link set dev vswvx0 up']),
    ]);
  });

  it('knows who is on the other side of the tunnel', async (t) => {
    const { host, running } = await joined(t);
    const stations = PORTS.map((port, index) => ({
      ...port,
      mac: `02:00:00:00:00:0${index + 1}`,
      at: 'port' as const,
    }));
    for (const name of ['vsws0source', 'vsws0sink', 'vswvx0']) {
      host.put({ [`${OWN_NETWORK.sys}/class/net/${name}/brport/state`]: '3\n' });
    }
    const [source = '', sink = ''] = stations.map(({ mac }) => mac);
    const table = (here: string, there: string, end: string) => ({
      stdout: JSON.stringify([
        { mac: here, ifname: `vsws0${end}` },
        { mac: there, ifname: 'vswvx0' },
      ]),
    });
    host.answer(/^nsenter --net=\/run\/netns\/vswnet100 -- bridge -json fdb/, table(source, sink, 'source'));
    host.answer(/^nsenter --net=\/run\/netns\/vswnet100far -- bridge -json fdb/, { stdout: '[]' });
    assert.match((await running.settled(stations)) ?? '', /has not learned 02:00:00:00:00:01 at vswvx0$/);
    host.answer(/^nsenter --net=\/run\/netns\/vswnet100far -- bridge -json fdb/, table(sink, source, 'sink'));
    assert.equal(await running.settled(stations), null);
  });

  it('tells what was lost in the tunnel where that is of one pair', async (t) => {
    const names = ['vsws0source', 'vsws0sink', 'vsws1source', 'vsws1sink'];
    const text = [
      ...names.map((name) => counted(name, 0)),
      counted('vswvx0', 3),
      counted('vswul0', 2),
      counted('vswul1', 1),
    ];
    const lostIn = async (pairs: number) => {
      const { host, running } = await joined(t, pairs);
      host.put({ [`${OWN_NETWORK.proc}/dev`]: `${NET_DEV}${text.join('')}` });
      const drops = ((await running.counters()) ?? []).flatMap((port) => port.drops);
      return drops.filter(({ reason }) => reason === 'in the tunnel, by the kernel').map(({ packets }) => packets);
    };
    assert.deepEqual(await lostIn(1), [10n, 8n]);
    assert.deepEqual(await lostIn(2), []);
  });
});

describe('linux-bridge', () => {
  describe('probe', () => {
    const kernel = { '/proc/sys/kernel/osrelease': '6.1.0\n' };
    it('finds a bridge that is loaded, and asks nobody', async (t) => {
      const host = new FakeHost(t)
        .put({ ...kernel, '/sys/module/bridge/initstate': 'live\n' })
        .answer(/^sh -c command -v /)
        .hasSymbols('br_vlan_filter_toggle', 'nft_do_chain_bridge', 'vxlan_xmit');
      assert.deepEqual(await linuxBridge.probe(host), { available: true, version: 'Linux 6.1.0', without: {} });
    });
    it('finds one that can be loaded', async (t) => {
      const host = bare(t).put({
        ...kernel,
        '/lib/modules/6.1.0/modules.dep': 'kernel/net/bridge/bridge.ko: kernel/net/802/stp.ko\n',
      });
      assert.equal((await linuxBridge.probe(host)).available, true);
    });
    it('finds one that is built in by its name, and adds nothing', async (t) => {
      const host = bare(t, 'br_add_bridge').put(kernel);
      assert.equal((await linuxBridge.probe(host)).available, true);
      assert.ok(host.commands.every((command) => /^(grep -owF |sh -c command -v )/.test(command)));
    });
    it('says what options lack, each with its mend', async (t) => {
      const host = bare(t, 'br_add_bridge').put(kernel);
      const probe = await linuxBridge.probe(host);
      const { vlanFiltering = '', nftRules = '', overlay = '' } = (probe.available ? probe.without : undefined) ?? {};
      assert.match(vlanFiltering, /CONFIG_BRIDGE_VLAN_FILTERING/);
      assert.match(nftRules, /install nftables/);
      assert.match(overlay, /CONFIG_VXLAN/);
      // Where kernels have modules, a filter goes with that of VLANs.
      host.put({
        '/lib/modules/6.1.0/modules.dep': 'kernel/net/8021q/8021q.ko: \nkernel/drivers/net/vxlan/vxlan.ko: \n',
      });
      host.answer(/^sh -c command -v/);
      const second = await linuxBridge.probe(host);
      assert.deepEqual(Object.keys((second.available ? second.without : undefined) ?? {}), ['nftRules']);
    });
    it('says what is missing', async (t) => {
      const host = bare(t).put(kernel);
      const probe = await linuxBridge.probe(host);
      assert.match(probe.available ? '' : probe.mend, /CONFIG_BRIDGE/);
    });
  });
});
