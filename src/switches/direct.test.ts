// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, OWN_NETWORK, switchContext, withOwnNetwork } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { direct } from './direct.ts';

const PORTS = [0, 1].flatMap((pair) => (['source', 'sink'] as const).map((end) => ({ pair, end })));

function machine(t: TestContext, links = '[]'): FakeHost {
  const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: links });
  return host.answer(/^ip -batch -$/, (_, input) => {
    host.events.push(`ip ${input.trim()}`);
    return {};
  });
}

function start(host: FakeHost, ports = PORTS) {
  return direct.start(switchContext(host, { ports, hostNetwork: true }));
}

function steps(host: FakeHost): string[] {
  return host.events.filter((event) => /^(undo|ip) /.test(event));
}

describe('direct', () => {
  it('cables the ends of each pair, and registers the undo before', async (t) => {
    const host = machine(t);
    const ports = (await start(host)).nextPorts();
    assert.deepEqual(
      steps(host),
      [0, 1].flatMap((pair) => [
        `undo delete-link vswc${pair}source`,
        `ip link add name vswc${pair}source mtu 1500 type veth peer name vswc${pair}sink mtu 1500`,
      ]),
    );
    assert.equal(ports.length, 4);
  });
  it('touches nothing where an interface of ours is somebody else’s', async (t) => {
    const host = machine(t, '[{"ifname":"vswc1sink","operstate":"UP"}]');
    await assert.rejects(start(host), HostError);
    assert.deepEqual(steps(host), []);
  });
  it('cables them in a network of our own, unless told otherwise', async (t) => {
    const host = withOwnNetwork(machine(t));
    const running = await direct.start(switchContext(host, { ports: PORTS }));
    assert.deepEqual(running.flags, []);
    assert.deepEqual(
      steps(host).filter((step) => step.startsWith('undo')),
      ['undo delete-namespace vswnet100', 'undo kill-marked /run/vswbench/switch/network'],
    );
    assert.ok(running.nextPorts().every((port) => port.kind === 'netdev' && port.namespace === OWN_NETWORK.namespace));
  });
  it('has no counters, no threads and no ill health of its own', async (t) => {
    const running = await start(machine(t));
    assert.equal(running.counters(), null);
    assert.deepEqual(await running.threads(), []);
    assert.equal(await running.health(), null);
  });
  describe('with pipes of netmap', () => {
    const KEEPER = /^start env VSWBENCH_MARK=\/run\/vswbench\/switch unshare --net cat$/;
    const connect = async (t: TestContext, talk: (keeper: FakeProcess) => void) => {
      const keeper = new FakeProcess(555);
      const host = new FakeHost(t).onStart(/unshare --net cat$/, () => keeper);
      talk(keeper);
      const running = await direct.start(switchContext(host, { ports: PORTS, portKind: 'netmap' }));
      return { host, keeper, running };
    };
    it('has both ends of a pair meet in a namespace that ends with its keeper', async (t) => {
      const { host, keeper, running } = await connect(t, (process) => process.print('ready'));
      assert.deepEqual(keeper.sent, ['ready']);
      assert.equal(host.events[0], 'undo kill-marked /run/vswbench/switch');
      assert.match(host.events[1] ?? '', KEEPER);
      assert.deepEqual(
        running.nextPorts().map((port) => port.kind === 'netmap' && [port.device, port.namespace]),
        ['netmap:valevsw:pair0{0', 'netmap:valevsw:pair0}0', 'netmap:valevsw:pair1{0', 'netmap:valevsw:pair1}0'].map(
          (device) => [device, '/proc/555/ns/net'],
        ),
      );
    });
    it('is ill when the keeper has ended', async (t) => {
      const { keeper, running } = await connect(t, (process) => process.print('ready'));
      assert.equal(await running.health(), null);
      keeper.end();
      await keeper.ended;
      assert.equal(await running.health(), 'the network namespace of the containers is gone');
    });
    it('says why there is no namespace', async (t) => {
      const refused = connect(t, (process) => process.end({ exitCode: 1, stderr: 'unshare: not permitted\n' }));
      await assert.rejects(refused, new HostError('cannot make a network namespace: unshare: not permitted'));
    });
  });
  it('refuses half a pair', async (t) => {
    await assert.rejects(start(machine(t), [{ pair: 0, end: 'source' }]), RangeError);
  });
  it('is always there', async (t) => {
    const host = new FakeHost(t).put({ '/proc/sys/kernel/osrelease': '6.1.0\n' });
    assert.deepEqual(await direct.probe(host), { available: true, version: 'Linux 6.1.0' });
  });
});
