// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import { HostError } from '../host/host.ts';
import { tc } from './tc.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));

function machine(t: TestContext): FakeHost {
  const host = new FakeHost(t).answer(/^ip -json link$/, { stdout: '[]' });
  const told = (program: string) => (_: string, input: string) => {
    for (const line of input.trim().split('\n')) host.events.push(`${program} ${line}`);
    return {};
  };
  return host.answer(/^ip -batch -$/, told('ip')).answer(/^tc -batch -$/, told('tc'));
}

function start(host: FakeHost) {
  return tc.start(switchContext(host, { ports: PORTS, hostNetwork: true }));
}

function steps(host: FakeHost): string[] {
  return host.events.filter((event) => /^(undo|ip|tc) /.test(event));
}

const LINK = (end: string) => [
  `ip link add name vsws0${end} mtu 1500 type veth peer name vswc0${end} mtu 1500`,
  `ip link set dev vsws0${end} up`,
];
const REDIRECT = (from: string, to: string) => [
  `tc qdisc replace dev vsws0${from} clsact`,
  `tc filter replace dev vsws0${from} ingress protocol all prio 1 handle 800::800 u32 match u32 0 0 action mirred egress redirect dev vsws0${to}`,
];

describe("tc in the host's own network", () => {
  it('registers the undo of each interface before it is made, and redirects each way', async (t) => {
    const host = machine(t);
    await start(host);
    assert.deepEqual(steps(host), [
      ...['source', 'sink'].flatMap((end) => [`undo delete-link vsws0${end}`, ...LINK(end)]),
      ...REDIRECT('source', 'sink'),
      ...REDIRECT('sink', 'source'),
    ]);
  });

  it('says which redirection the kernel refuses', async (t) => {
    const host = machine(t).answer(/^tc -batch -$/, { exitCode: 1, stderr: 'Error: Unknown filter "u32"\n' });
    await assert.rejects(start(host), (error: unknown) => {
      return error instanceof HostError && /redirect vsws0source to vsws0sink: .*u32/.test(error.message);
    });
  });

  it('leads to a port that has come anew from its partner as well', async (t) => {
    const host = machine(t);
    const { hotplug } = await start(host);
    host.events.length = 0;
    const [source = assert.fail()] = PORTS;
    await hotplug?.unplug(source);
    await hotplug?.plug(source);
    assert.deepEqual(steps(host), [
      'ip link delete dev vsws0source',
      ...LINK('source'),
      ...REDIRECT('source', 'sink'),
      ...REDIRECT('sink', 'source'),
    ]);
    await assert.rejects(async () => hotplug?.plug({ pair: 3, end: 'sink' }), HostError);
  });

  it('is settled once each cable has two ends', async (t) => {
    const host = machine(t).put({
      '/sys/class/net/vsws0source/carrier': '1\n',
      '/sys/class/net/vsws0sink/carrier': '0\n',
    });
    const running = await start(host);
    const stations = PORTS.map((port) => ({ ...port, mac: '02:00:00:00:00:01', at: 'port' as const }));
    assert.match((await running.settled(stations)) ?? '', /port vsws0sink has no carrier/);
    host.put({ '/sys/class/net/vsws0sink/carrier': '1\n' });
    assert.equal(await running.settled(stations), null);
  });
});

it('tc is told by all that it needs of the kernel', async (t) => {
  const host = new FakeHost(t).hasSymbols('tcf_mirred_act', 'clsact_init');
  const found = await tc.probe(host);
  assert.ok(!found.available && /cls_u32/.test(found.missing));
  host.hasSymbols('tcf_mirred_act', 'u32_classify', 'clsact_init');
  assert.equal((await tc.probe(host)).available, true);
});
