// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack, OWN_NETWORK, switchContext, withOwnNetwork } from '../../../test/fixtures/host.ts';
import { openNetwork } from './network.ts';
import { moveUplink } from './uplink.ts';

const UPLINK = { interface: 'cable0', pci: null };
const SHOW = /^ip -json address show dev cable0$/;
const FREE =
  '[{"flags":["BROADCAST"],"mtu":1500,"addr_info":[{"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link","protocol":"kernel_ll"}]}]';
const CONF = '/proc/sys/net/ipv6/conf';

function machine(t: TestContext, shown = FREE): FakeHost {
  return withOwnNetwork(new FakeHost(t))
    .answer(/^stat .*\/proc\/self\/ns\/net$/, { stdout: '77' })
    .answer(/^ip -details -json link$/, { stdout: '[]' })
    .answer(/^tc -json qdisc show$/, { stdout: '[]' })
    .answer(SHOW, { stdout: shown })
    .answer(/^ip link set dev cable0 /)
    .answer(/^grep --recursive .*\/default/, {
      exitCode: 2,
      stdout: `${CONF}/default/disable_ipv6:0\n${CONF}/default/mtu:1280`,
    })
    .answer(/^grep --recursive .*\/cable0/, {
      exitCode: 2,
      stdout: `${CONF}/cable0/disable_ipv6:0\n${CONF}/cable0/mtu:1500`,
    });
}

async function move(
  host: FakeHost,
  { hostNetwork = false, undo = new FakeUndoStack(host), frameBytes = 1514 } = {},
): Promise<void> {
  const context = switchContext(host, { ports: [], uplink: UPLINK, hostNetwork, undo, frameBytes });
  await moveUplink(context, await openNetwork(context), UPLINK);
}

const steps = (host: FakeHost) =>
  host.events.filter((event) => /cable0/.test(event) && /^undo|netns |link set/.test(event));

describe('moveUplink', () => {
  it('registers its way back before it goes, and is up there', async (t) => {
    const host = machine(t);
    await move(host);
    assert.deepEqual(steps(host), [
      `undo return-link cable0 ${OWN_NETWORK.namespace} 77 false `,
      `run ip link set dev cable0 netns ${OWN_NETWORK.namespace}`,
      `run ${OWN_NETWORK.enter}ip link set dev cable0 up`,
    ]);
  });

  it('has settings come back that are not those of every interface, before it is up again', async (t) => {
    const host = machine(t).answer(/^grep --recursive .*\/cable0/, {
      stdout: [
        `${CONF}/cable0/disable_ipv6:1`,
        '/proc/sys/net/ipv4/conf/cable0/rp_filter:2',
        `${CONF}/cable0/mtu:1500`,
      ].join('\n'),
    });
    const undo = new FakeUndoStack(host);
    await move(host, { undo });
    const [last] = undo.undos.slice(-1);
    assert.deepEqual(last?.kind === 'return-link' && last.settings, [
      { path: `${CONF}/cable0/disable_ipv6`, value: '1' },
      { path: '/proc/sys/net/ipv4/conf/cable0/rp_filter', value: '2' },
    ]);
  });

  it('stays where it is in the host’s own network', async (t) => {
    const host = machine(t);
    await move(host, { hostNetwork: true });
    assert.deepEqual(steps(host), ['undo release-link cable0 false false', 'run ip link set dev cable0 up']);
  });

  it('has its MTU raised where it goes, and comes back with the one that it had', async (t) => {
    const host = machine(t);
    const undo = new FakeUndoStack(host);
    await move(host, { undo, frameBytes: 9014 });
    const [last] = undo.undos.slice(-1);
    assert.equal(last?.kind === 'return-link' && last.mtu, 1500);
    assert.equal(steps(host).at(-1), `run ${OWN_NETWORK.enter}ip link set dev cable0 mtu 9000 up`);
  });

  it('keeps an MTU that somebody has lowered, or that is large enough', async (t) => {
    for (const [mtu, frameBytes] of [
      [1400, 9014],
      [9000, 9014],
    ] as const) {
      const host = machine(t, FREE.replace('"mtu":1500', `"mtu":${mtu}`));
      await move(host, { frameBytes });
      assert.equal(steps(host).at(-1), `run ${OWN_NETWORK.enter}ip link set dev cable0 up`);
    }
  });

  it('comes back with an address of the link that somebody has given it', async (t) => {
    const host = machine(t, FREE.replace(',"protocol":"kernel_ll"', ''));
    const undo = new FakeUndoStack(host);
    await move(host, { undo });
    const [last] = undo.undos.slice(-1);
    assert.deepEqual(last?.kind === 'return-link' && last.addresses, ['fe80::1/64']);
  });

  const taken: [string, string, RegExp][] = [
    [
      'an address',
      '[{"flags":[],"mtu":1500,"addr_info":[{"family":"inet","local":"192.0.2.1","scope":"global"}]}]',
      /has the address 192\.0\.2\.1/,
    ],
    [
      'an address of IPv4, were it of the link alone',
      '[{"flags":[],"mtu":1500,"addr_info":[{"family":"inet","local":"169.254.1.1","prefixlen":16,"scope":"link"}]}]',
      /has the address 169\.254\.1\.1/,
    ],
    ['a master', '[{"flags":[],"master":"br0","mtu":1500,"addr_info":[]}]', /is a port of br0/],
  ];
  for (const [what, shown, reason] of taken) {
    it(`touches nothing that has ${what}`, async (t) => {
      const host = machine(t, shown);
      await assert.rejects(move(host), reason);
      assert.deepEqual(steps(host), []);
    });
  }
  it('touches nothing that has filters or a queue which it would lose, and takes it as it is in the host’s own network', async (t) => {
    const filtered = () =>
      machine(t)
        .answer(/^tc -json qdisc show$/, { stdout: '[{"kind":"clsact","dev":"cable0"},{"kind":"tbf","dev":"cable0"}]' })
        .answer(/^tc -json filter show dev cable0 ingress$/, { stdout: '[{"protocol":"all"}]' })
        .answer(/^tc -json filter show dev cable0 egress$/, { stdout: '[]' });
    const host = filtered();
    await assert.rejects(move(host), /has tc filters on ingress and queue tbf, which would be lost: .*--host-network$/);
    assert.deepEqual(steps(host), []);
    await move(filtered(), { hostNetwork: true });
  });
  it('touches nothing that carries another interface', async (t) => {
    const host = machine(t).put({ '/sys/class/net/cable0/upper_vlan7/ifindex': '9' });
    await assert.rejects(move(host), /carries vlan7, which would be cut off/);
    assert.deepEqual(steps(host), []);
  });
});
