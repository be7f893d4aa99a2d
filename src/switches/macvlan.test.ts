// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { macvlan } from './macvlan.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));

function machine(t: TestContext): FakeHost {
  const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: '[]' });
  return host.answer(/^ip -batch -$/, (_, input) => {
    for (const line of input.trim().split('\n')) host.events.push(`ip ${line}`);
    return {};
  });
}

function start(host: FakeHost) {
  return macvlan.start(switchContext(host, { ports: PORTS, hostNetwork: true }));
}

describe("macvlan in the host's own network", () => {
  it('registers the undo of each step before the step', async (t) => {
    const host = machine(t);
    await start(host);
    assert.deepEqual(
      host.events.filter((event) => /^(undo|ip) /.test(event)),
      [
        'undo delete-link vswmv0',
        'ip link add name vswmv0 mtu 1500 type veth peer name vswmv1 mtu 1500',
        'ip link set dev vswmv0 up',
        'ip link set dev vswmv1 up',
        ...['source', 'sink'].flatMap((end) => [
          `undo delete-link vswc0${end}`,
          `ip link add link vswmv0 name vswc0${end} mtu 1500 type macvlan mode bridge`,
        ]),
      ],
    );
  });

  it('has a port go and come', async (t) => {
    const host = machine(t);
    const { hotplug, nextPorts } = await start(host);
    host.events.length = 0;
    const [source = assert.fail()] = PORTS;
    await hotplug?.unplug(source);
    assert.deepEqual(await hotplug?.plug(source), nextPorts()[0]);
    assert.deepEqual(
      host.events.filter((event) => /^(undo|ip) /.test(event)),
      ['ip link delete dev vswc0source', 'ip link add link vswmv0 name vswc0source mtu 1500 type macvlan mode bridge'],
    );
    await assert.rejects(async () => hotplug?.plug({ pair: 7, end: 'sink' }), HostError);
  });

  it('is no longer there without its parent', async (t) => {
    const host = machine(t).put({ '/sys/class/net/vswmv0/ifindex': '7\n' });
    const running = await start(host);
    assert.equal(await running.health(), null);
    host.files.delete('/sys/class/net/vswmv0/ifindex');
    assert.match((await running.health()) ?? '', /vswmv0 is gone/);
  });

  it('is refused beside an interface of such a name', async (t) => {
    const host = machine(t).answer(/^ip -json link$/, {
      stdout: JSON.stringify([{ ifname: 'vswmv1', operstate: 'UP' }]),
    });
    await assert.rejects(start(host), /vswmv1 exists already/);
  });
});

it('macvlan is told by the lists of modules, or by what the kernel has built in', async (t) => {
  const host = new FakeHost(t).put({ '/proc/sys/kernel/osrelease': '6.1.0\n' }).answer(/^grep /, { exitCode: 1 });
  assert.equal((await macvlan.probe(host)).available, false);
  host.put({ '/lib/modules/6.1.0/modules.dep': 'kernel/drivers/net/macvlan.ko:\n' });
  assert.deepEqual(await macvlan.probe(host), { available: true, version: 'Linux 6.1.0' });
  const builtIn = new FakeHost(t).hasSymbols('macvlan_common_newlink');
  assert.equal((await macvlan.probe(builtIn)).available, true);
});
