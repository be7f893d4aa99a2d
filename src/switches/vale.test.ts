// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { macOf } from '../model/station.ts';
import { vale } from './vale.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));
const TOOL = '/opt/vswbench/build/dataplane/vale';

const IN_NAMESPACE = `nsenter --net=/proc/555/ns/net ${TOOL}`;

/** A host that has namespaces, and whose module does what the program is told. */
function machine(t: TestContext) {
  const attached: string[] = [];
  const keeper = new FakeProcess(555);
  keeper.print('ready');
  const host = new FakeHost(t)
    .onStart(/unshare --net cat$/, () => keeper)
    .answer(/\/vale attach valevsw /, (command) => {
      attached.push(command.split(' ').at(-1) ?? '');
      return {};
    })
    .answer(/\/vale list valevsw$/, () => ({ stdout: `${JSON.stringify({ v: 1, ports: attached })}\n` }));
  return { host, attached, keeper };
}

function start({ host }: { host: FakeHost }) {
  return vale.start(switchContext(host, { ports: PORTS, portKind: 'netmap' }));
}

/** Shifts of B. Jenkins' mix of three 32-bit words (Dr. Dobb's Journal, September 1997): right, left and right again. */
const SHIFTS = [
  [13, 8, 13],
  [12, 16, 5],
  [3, 10, 15],
] as const;

/** The place of an address in VALE's table of 1024, as netmap works it out (sys/dev/netmap/netmap_vale.c). */
function placeOf(mac: string): number {
  const bytes = Buffer.from(mac.replaceAll(':', ''), 'hex');
  const golden = 0x9e3779b9;
  let [a, b, c] = [golden + bytes.readUInt32LE(0), golden + bytes.readUInt16LE(4), 0];
  for (const [first, second, third] of SHIFTS) {
    a = (a - b - c) ^ (c >>> first);
    b = (b - c - a) ^ (a << second);
    c = (c - a - b) ^ (b >>> third);
  }
  return c & 1023;
}

/** The first pair one of whose addresses has a place that an earlier one has. */
function firstPairThatMeets(): number {
  const taken = new Set<number>();
  for (let pair = 0; ; pair++) {
    for (const end of ['source', 'sink'] as const) {
      const place = placeOf(macOf(pair, end));
      if (taken.has(place)) return pair;
      taken.add(place);
    }
  }
}

describe('vale', () => {
  it('serves as many pairs as have addresses that it can tell apart', () => {
    assert.equal(vale.pairsMax, firstPairThatMeets());
  });

  it('has the ports of all containers in one namespace, which ends with its keeper', async (t) => {
    const there = machine(t);
    const ports = (await start(there)).nextPorts();
    assert.deepEqual(there.host.events, [
      'undo kill-marked /run/vswbench/switch',
      'start env VSWBENCH_MARK=/run/vswbench/switch unshare --net cat',
    ]);
    assert.deepEqual(
      ports,
      PORTS.map((port) => ({
        ...port,
        kind: 'netmap',
        namespace: '/proc/555/ns/net',
        device: `netmap:valevsw:${port.end}0`,
      })),
    );
  });

  it('is settled when it floods nobody', async (t) => {
    const there = machine(t);
    let strangers = ['02:00:00:00:00:02'];
    there.host.answer(new RegExp(`^${IN_NAMESPACE} strangers valevsw 02:00:00:00:00:01 02:00:00:00:00:02$`), () => ({
      stdout: JSON.stringify({ v: 1, strangers }),
    }));
    const { settled } = await start(there);
    const stations = PORTS.map((port, index) => ({
      ...port,
      mac: `02:00:00:00:00:0${index + 1}`,
      at: 'port' as const,
    }));
    assert.equal(await settled(stations), 'VALE has not learned 02:00:00:00:00:02');
    strangers = [];
    assert.equal(await settled(stations), null);
  });

  it('sees that the namespace is gone', async (t) => {
    const there = machine(t);
    const { health } = await start(there);
    assert.equal(await health(), null);
    there.keeper.end();
    await there.keeper.ended;
    assert.equal(await health(), 'the network namespace of the containers is gone');
  });

  it('has no counters and no threads', async (t) => {
    const running = await start(machine(t));
    assert.equal(running.counters(), null);
    assert.deepEqual(await running.threads(), []);
    assert.equal(running.uplinkCounters, undefined);
  });

  it('says what its program says, and believes no other answer', async (t) => {
    const there = machine(t);
    const { settled } = await start(there);
    const answer = (result: { exitCode?: number; stdout?: string; stderr?: string }) =>
      there.host.answer(/\/vale strangers /, result);
    answer({ exitCode: 1, stderr: 'vale: no memory\n' });
    await assert.rejects(settled([]), new HostError('vale: no memory'));
    for (const stdout of ['', 'none', '{"v":2,"strangers":[]}', '{"v":1}']) {
      answer({ stdout });
      await assert.rejects(settled([]), /does not speak the protocol of this checkout/);
    }
  });

  describe('with an uplink', () => {
    const uplink = { interface: 'eth1', pci: null };
    const connect = (host: FakeHost) =>
      vale.start(switchContext(host, { ports: PORTS.slice(0, 1), portKind: 'netmap', uplink }));
    /** A machine whose NIC has these flags of linux/if.h. */
    const withNic = (t: TestContext, flags: string) => {
      const there = machine(t);
      there.host
        .answer(/^ip -json address show dev eth1$/, {
          stdout: JSON.stringify([{ flags: ['UP'], mtu: 1500, addr_info: [] }]),
        })
        .answer(/^ip link set dev eth1 /)
        .put({ '/sys/class/net/eth1/flags': flags, '/sys/class/net/eth1/carrier': '1\n' });
      return there;
    };
    const steps = (host: FakeHost) => host.events.filter((event) => !/ (list valevsw|show dev eth1)$/.test(event));
    const TAKEN = ['undo release-link eth1 true false', 'run ip link set dev eth1 up'];
    const ATTACHED = [`undo run ${TOOL},detach,valevsw,eth1`, `run ${TOOL} attach valevsw eth1`];

    it('has the NIC take every frame, attaches it where it is, and registers the way back before', async (t) => {
      const { host } = withNic(t, '0x1003\n');
      const ports = (await connect(host)).nextPorts();
      assert.deepEqual(steps(host), [
        ...TAKEN,
        'undo run ip,link,set,dev,eth1,promisc,off',
        'run ip link set dev eth1 promisc on',
        ...ATTACHED,
      ]);
      assert.deepEqual(
        ports.map((port) => port.kind === 'netmap' && port.namespace),
        ['/proc/self/ns/net'],
      );
    });

    it('leaves a NIC as it is that takes every frame already', async (t) => {
      const { host } = withNic(t, '0x1103\n');
      await connect(host);
      assert.deepEqual(steps(host), [...TAKEN, ...ATTACHED]);
    });

    it('touches nothing where the switch is somebody else’s', async (t) => {
      const { host, attached } = withNic(t, '0x1003\n');
      attached.push('eth2');
      await assert.rejects(connect(host), /switch valevsw exists already \(port eth2\): run 'vswbench clean'/);
      assert.deepEqual(steps(host), []);
    });

    it('sees that the NIC is no longer attached', async (t) => {
      const { host, attached } = withNic(t, '0x1103\n');
      const { health } = await connect(host);
      assert.equal(await health(), null);
      attached.pop();
      assert.equal(await health(), 'eth1 is no longer a port of valevsw');
    });

    it('is not settled without its cable, and reads the counters of the NIC', async (t) => {
      const { host } = withNic(t, '0x1103\n');
      host.put({ '/proc/self/net/dev': 'a\nb\n  eth1: 640 10 0 1 0 0 0 0 1280 20 0 2 0 0 0 0\n' });
      const running = await connect(host);
      const counters = await running.uplinkCounters?.();
      assert.deepEqual([counters?.inPackets, counters?.outPackets], [10n, 20n]);
      host.put({ '/sys/class/net/eth1/carrier': '0\n' });
      assert.match((await running.settled([])) ?? '', /uplink eth1 of host fake has no carrier/);
    });

    it('names an uplink that is not there', async (t) => {
      const { host } = machine(t);
      host.answer(/^ip -json address show dev eth1$/, { exitCode: 1 });
      await assert.rejects(connect(host), /has no interface eth1/);
    });
  });

  it('is there where the module is, and says else how to get it', async (t) => {
    const host = new FakeHost(t);
    const absent = await vale.probe(host);
    assert.ok(!absent.available && /netmap module is not loaded/.test(absent.missing));
    assert.match(absent.mend, /github\.com\/luigirizzo\/netmap.*insmod netmap\.ko/);
    host.put({ '/dev/netmap': '', '/proc/sys/kernel/osrelease': '6.1.0\n' });
    assert.deepEqual(await vale.probe(host), { available: true, version: 'netmap, Linux 6.1.0' });
    host.put({ '/sys/module/netmap/srcversion': '0123456789ABCDEF\n' });
    assert.deepEqual(await vale.probe(host), { available: true, version: 'netmap 0123456789ABCDEF, Linux 6.1.0' });
  });
});
