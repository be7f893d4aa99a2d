// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { vale } from './vale.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));
const TOOL = '/opt/vswbench/build/dataplane/vale';

/** A host whose module does what the program is told. */
function machine(t: TestContext): FakeHost & { attached: string[] } {
  const attached: string[] = [];
  const host = Object.assign(new FakeHost(t), { attached });
  return host
    .answer(/^ip -json link$/, { stdout: '[]' })
    .answer(/\/vale (add|attach) valevsw /, (command) => {
      attached.push(command.split(' ').at(-1) ?? '');
      return {};
    })
    .answer(/\/vale list valevsw$/, () => ({
      stdout: `${JSON.stringify({ v: 1, ports: attached })}\n`,
    }));
}

function start(host: FakeHost) {
  return vale.start(switchContext(host, { ports: PORTS, portKind: 'netmap' }));
}

/** What was registered and what was changed, in order. */
function steps(host: FakeHost): string[] {
  return host.events.filter((event) => !/ (list valevsw|-json link)$/.test(event));
}

describe('vale', () => {
  it('registers the undo of each port before it makes and attaches it', async (t) => {
    const host = machine(t);
    const { ports } = await start(host);
    assert.deepEqual(
      steps(host),
      ['vswc0source', 'vswc0sink'].flatMap((name) => [
        `undo run ${TOOL},remove,valevsw,${name}`,
        `run ${TOOL} add valevsw ${name}`,
      ]),
    );
    assert.deepEqual(
      ports,
      PORTS.map((port) => ({
        ...port,
        kind: 'netmap',
        network: { interface: `vswc0${port.end}` },
        device: 'netmap:eth0',
      })),
    );
  });

  it('touches nothing where an interface or the switch is somebody else’s', async (t) => {
    const taken = machine(t).answer(/^ip -json link$/, { stdout: '[{"ifname":"vswc0sink","operstate":"UP"}]' });
    await assert.rejects(start(taken), /interface vswc0sink exists already/);
    const left = machine(t);
    left.attached.push('vswc7sink');
    await assert.rejects(start(left), /switch valevsw exists already \(port vswc7sink\): run 'vswbench clean'/);
    for (const host of [taken, left]) assert.deepEqual(steps(host), []);
  });

  it('is settled when it floods nobody', async (t) => {
    const host = machine(t);
    let strangers = ['02:00:00:00:00:02'];
    host.answer(/\/vale strangers valevsw 02:00:00:00:00:01 02:00:00:00:00:02$/, () => ({
      stdout: JSON.stringify({ v: 1, strangers }),
    }));
    const { settled } = await start(host);
    const stations = PORTS.map((port, index) => ({
      ...port,
      mac: `02:00:00:00:00:0${index + 1}`,
      at: 'port' as const,
    }));
    assert.equal(await settled(stations), 'VALE has not learned 02:00:00:00:00:02');
    strangers = [];
    assert.equal(await settled(stations), null);
  });

  it('sees that a port is gone', async (t) => {
    const host = machine(t);
    const { health } = await start(host);
    assert.equal(await health(), null);
    host.attached.pop();
    assert.equal(await health(), 'vswc0sink is no longer a port of valevsw');
  });

  it('has no counters and no threads', async (t) => {
    const running = await start(machine(t));
    assert.equal(running.counters(), null);
    assert.deepEqual(await running.threads(), []);
    assert.equal(running.uplinkCounters, undefined);
  });

  it('says what its program says, and believes no other answer', async (t) => {
    const refused = machine(t).answer(/\/vale add valevsw vswc0sink$/, { exitCode: 1, stderr: 'vale: no memory\n' });
    await assert.rejects(start(refused), new HostError('vale: no memory'));
    for (const stdout of ['', 'ports', '{"v":2,"ports":[]}', '{"v":1}']) {
      const strange = machine(t).answer(/\/vale list valevsw$/, { stdout });
      await assert.rejects(start(strange), /does not speak the protocol of this checkout/);
    }
  });

  describe('with an uplink', () => {
    const uplink = { interface: 'eth1', pci: null };
    const connect = (host: FakeHost) =>
      vale.start(switchContext(host, { ports: PORTS.slice(0, 1), portKind: 'netmap', uplink }));

    it('has the NIC take every frame, attaches it, and registers the way back before', async (t) => {
      const host = machine(t)
        .answer(/^ip link set /)
        .put({ '/sys/class/net/eth1/flags': '0x1003\n' });
      await connect(host);
      assert.deepEqual(steps(host).slice(2), [
        'undo run ip,link,set,dev,eth1,promisc,off',
        'run ip link set dev eth1 promisc on',
        `undo run ${TOOL},detach,valevsw,eth1`,
        `run ${TOOL} attach valevsw eth1`,
      ]);
    });

    it('leaves a NIC as it is that takes every frame already', async (t) => {
      const host = machine(t).put({ '/sys/class/net/eth1/flags': '0x1103\n' });
      await connect(host);
      assert.deepEqual(steps(host).slice(2), [
        `undo run ${TOOL},detach,valevsw,eth1`,
        `run ${TOOL} attach valevsw eth1`,
      ]);
    });

    it('reads the counters of the NIC', async (t) => {
      const host = machine(t).put({
        '/sys/class/net/eth1/flags': '0x1103\n',
        '/proc/self/net/dev': 'a\nb\n  eth1: 640 10 0 1 0 0 0 0 1280 20 0 2 0 0 0 0\n',
      });
      assert.deepEqual(await (await connect(host)).uplinkCounters?.(), {
        ...{ inPackets: 10, inBytes: 640, outPackets: 20, outBytes: 1280 },
        drops: [{ reason: 'at the uplink, by the kernel', packets: 3 }],
      });
    });

    it('names an uplink that is not there', async (t) => {
      await assert.rejects(connect(machine(t)), /there is no interface eth1/);
    });
  });

  it('is there where the module is, and says else how to get it', async (t) => {
    const host = new FakeHost(t);
    const absent = await vale.probe(host);
    assert.ok(!absent.available && /netmap module is not loaded/.test(absent.missing));
    assert.match(absent.mend, /github\.com\/luigirizzo\/netmap.*modprobe netmap/);
    host.put({ '/dev/netmap': '', '/proc/sys/kernel/osrelease': '6.1.0\n' });
    assert.deepEqual(await vale.probe(host), { available: true, version: 'netmap, Linux 6.1.0' });
    host.put({ '/sys/module/netmap/srcversion': '0123456789ABCDEF\n' });
    assert.deepEqual(await vale.probe(host), { available: true, version: 'netmap 0123456789ABCDEF, Linux 6.1.0' });
  });
});
