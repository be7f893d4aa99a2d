// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { FakeHost, OWN_NETWORK, switchContext, withOwnNetwork } from '../../../test/fixtures/host.ts';
import { HostError } from '../../host/host.ts';
import { linuxBridge } from '../linux-bridge.ts';
import { tc } from '../tc.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));

/** A host on which `ip` does what it is told, and the bridge has all that is made a port of it. */
function machine(t: TestContext): FakeHost {
  const host = withOwnNetwork(new FakeHost(t))
    .answer(/ip -json link$/, { stdout: '[]' })
    .answer(/ tc -batch -$/);
  for (const end of ['source', 'sink']) {
    host.put({ [`${OWN_NETWORK.sys}/class/net/vswbr0/brif/vsws0${end}/port_no`]: '1' });
  }
  return host.answer(/ip -batch -$/, (_, input) => {
    host.events.push(...input.trim().split('\n'));
    return {};
  });
}

for (const driver of [linuxBridge, tc]) {
  it(`${driver.id} makes TAP devices, and gives containers their names and its network`, async (t) => {
    const host = machine(t);
    const running = await driver.start(switchContext(host, { ports: PORTS, portKind: 'tap', frameBytes: 9014 }));
    assert.deepEqual(
      running.nextPorts(),
      PORTS.map((port) => ({
        ...{ ...port, kind: 'tap', device: `vsws0${port.end}` },
        namespace: OWN_NETWORK.namespace,
      })),
    );
    for (const { end } of PORTS) {
      assert.ok(host.events.includes(`tuntap add dev vsws0${end} mode tap`));
      assert.ok(host.events.includes(`link set dev vsws0${end} mtu 9000`));
    }
    assert.ok(!host.events.some((event) => event.includes('veth')));
  });

  it(`${driver.id} has none in the host's own network, which containers would share`, async (t) => {
    const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: '[]' });
    const start = driver.start(switchContext(host, { ports: PORTS, portKind: 'tap', hostNetwork: true }));
    await assert.rejects(
      start,
      (error) => error instanceof HostError && /leave out --host-network/.test(error.message),
    );
    assert.ok(!host.commands.some((command) => command.includes('-batch')));
  });
}
