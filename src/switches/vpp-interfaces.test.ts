// SPDX-License-Identifier: Apache-2.0
// What VPP is told for ports that are interfaces of the kernel. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext, withOwnNetwork } from '../../test/fixtures/host.ts';
import * as answers from '../../test/fixtures/vpp-answers.ts';
import type { SwitchDriver } from './driver.ts';
import { vppAfPacket } from './vpp-af-packet.ts';
import { vppAfXdp } from './vpp-af-xdp.ts';

const PORTS = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
] as const;
const RING = 'v2 cksum-gso-disable rx-size 2048 rx-per-block 4096 tx-size 2048';

function machine(t: TestContext): FakeHost {
  return withOwnNetwork(new FakeHost(t))
    .put({ '/run/vswbench/switch/mark': '' })
    .answer(/^printenv VSWBENCH_VPP$/, { stdout: '/opt/vpp/bin/vpp\n' })
    .answer(/vpp --version$/, { stdout: 'vpp v26.10-release built by root on vm at 2026-11-25T22:39:48\n' })
    .answer(/^test -[xS] /)
    .answer(/^chmod 0700 /)
    .answer(/^ip -json link$/, { stdout: '[]' })
    .answer(/^ip -batch -$/)
    .answer(/^\S+vppctl /)
    .answer(/vppctl .* show version$/, { stdout: 'vpp v26.10-release\r\n' })
    .answer(/ create bridge-domain 1$/, { stdout: 'bridge-domain 1\r\n' })
    .onStart(/vpp -c /, () => new FakeProcess(21));
}

/** The driver, up, with VPP's interfaces of these names. */
async function up(t: TestContext, driver: SwitchDriver, nameOf: (link: string) => string) {
  const [source, sink] = ['vsws0source', 'vsws0sink'].map(nameOf);
  const named = (text: string) =>
    text.replaceAll('VirtualEthernet0/0/0', String(source)).replaceAll('VirtualEthernet0/0/1', String(sink));
  const host = machine(t)
    .answer(/ show bridge-domain 1 detail$/, { stdout: named(answers.BRIDGE) })
    .answer(/ create host-interface name \S+ /, (command) => ({
      stdout: `${nameOf(/name (\S+)/.exec(command)?.[1] ?? '')}\r\n`,
    }));
  const running = await driver.start(switchContext(host, { ports: PORTS, cpus: [1], housekeeping: [0] }));
  return { host, running };
}

/** What VPP was told of one link. */
function told(host: FakeHost, link: string): string[] {
  return host.commands.flatMap((command) => {
    const line = /vppctl -s \S+ (.*)$/.exec(command)?.[1] ?? '';
    return line.includes(link) ? [line] : [];
  });
}

const WAYS = [
  {
    ...{ driver: vppAfPacket, plugin: 'af_packet', nameOf: (link: string) => `host-${link}` },
    make: (link: string) => `create host-interface name ${link} ${RING}`,
    deletion: (link: string) => `delete host-interface name ${link}`,
  },
  {
    ...{ driver: vppAfXdp, plugin: 'af_xdp', nameOf: (link: string) => `xdp-${link}` },
    make: (link: string) => `create interface af_xdp host-if ${link} name xdp-${link} num-rx-queues 1 no-zero-copy`,
    deletion: (link: string) => `delete interface af_xdp xdp-${link}`,
  },
];

for (const { driver, plugin, nameOf, make, deletion } of WAYS) {
  describe(driver.id, () => {
    const link = 'vsws0sink';
    const plugged = [
      make(link),
      `set interface state ${nameOf(link)} up`,
      `set interface l2 bridge ${nameOf(link)} 1`,
      `set interface rx-mode ${nameOf(link)} polling`,
    ];

    it('has the switch’s end of each cable in its bridge, and polls it, in the network that is its own', async (t) => {
      const { host, running } = await up(t, driver, nameOf);
      assert.deepEqual(told(host, link), plugged);
      assert.match(
        host.files.get('/run/vswbench/switch/startup.conf') ?? '',
        new RegExp(`plugin ${plugin}_plugin\\.so`),
      );
      const started = host.events.find((event) => /^start .*vpp -c /.test(event)) ?? '';
      assert.match(started, /^start nsenter --net=\S+ -- env .*LIBXDP_SKIP_DISPATCHER=1 /);
      assert.deepEqual(
        running.nextPorts().map((port) => port.kind === 'netdev' && port.interface),
        ['vswc0source', 'vswc0sink'],
      );
    });

    it('has new sockets for each trial but the first: what the kernel has not sent would be the next one’s', async (t) => {
      const { host, running } = await up(t, driver, nameOf);
      await running.connect?.(new AbortController().signal);
      assert.deepEqual(told(host, link), plugged);
      await running.connect?.(new AbortController().signal);
      assert.deepEqual(told(host, link), [...plugged, deletion(link), ...plugged]);
    });
  });
}

it('calls of AF_XDP that VPP counts among the errors of an output are no packets', async (t) => {
  const { host, running } = await up(t, vppAfXdp, (link) => `xdp-${link}`);
  const xdp = (text: string) =>
    text.replaceAll('VirtualEthernet0/0/1', 'xdp-vsws0sink').replaceAll('VirtualEthernet0/0/0', 'xdp-vsws0source');
  host.answer(/ show interface$/, { stdout: xdp(answers.INTERFACES) }).answer(/ show errors$/, {
    stdout: `   Count   Node   Reason   Severity \r\n      8926   xdp-vsws0sink-tx   syscall required   error   \r\n         5   xdp-vsws0sink-tx   no free tx slots   error   \r\n`,
  });
  const [, sink] = (await running.counters()) ?? [];
  assert.equal(sink?.outPackets, 7_836_737n - 5n);
  assert.deepEqual(sink?.drops[0], { reason: "receiver's ring full", packets: 5n });
});

it('VPP is told by the plugin that it needs, where its packages or its build have it', async (t) => {
  assert.equal((await vppAfPacket.probe(machine(t))).available, true);
  const without = await vppAfXdp.probe(machine(t));
  assert.match(without.available ? '' : without.missing, /\/opt\/vpp\/bin\/vpp has no plugin af_xdp/);
  for (const folder of ['lib/x86_64-linux-gnu', 'lib64']) {
    const host = machine(t).put({ [`/opt/vpp/bin/../${folder}/vpp_plugins/af_xdp_plugin.so`]: '' });
    assert.equal((await vppAfXdp.probe(host)).available, true, folder);
  }
});
