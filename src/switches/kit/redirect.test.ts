// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../../test/fixtures/host.ts';
import { HostError } from '../../host/host.ts';
import { tcPeer } from '../tc-peer.ts';
import { xdp } from '../xdp.ts';

const PORTS = (['source', 'sink'] as const).map((end) => ({ pair: 0, end }));
const STATIONS = PORTS.map((port, index) => ({ ...port, mac: `02:00:00:00:00:0${index}`, at: 'port' as const }));
const NET_DEV = [
  ...['Inter-| Receive | Transmit', 'face |bytes packets errs drop', 'vsws0source: 600 10 0 2 0 0 0 0 0 0 0 0 0 0 0 0'],
  'vsws0sink: 0 0 0 0 0 0 0 0 480 8 0 0 0 0 0 0',
];

/** A host on which the program answers each question with the next of these lines, if any. */
function machine(t: TestContext, answers: readonly object[] = []): { host: FakeHost; process: FakeProcess } {
  const process = new FakeProcess();
  const left = [...answers];
  const send = process.send.bind(process);
  process.send = (line: string) => {
    send(line);
    const next = left.shift();
    if (next !== undefined) process.print(JSON.stringify({ v: 1, ...next }));
  };
  const host = new FakeHost(t)
    .put({ '/proc/self/net/dev': NET_DEV.join('\n') })
    .answer(/^ip -json link$/, { stdout: '[]' })
    .answer(/^ip -batch -$/, (_, input) => {
      for (const line of input.trim().split('\n')) host.events.push(`ip ${line}`);
      return {};
    })
    .onStart(/redirect /, (command) => {
      host.events.push(`program ${command.slice(command.indexOf('redirect '))}`);
      process.print('{"v":1,"type":"ready"}');
      return process;
    });
  return { host, process };
}

function start(host: FakeHost, driver = xdp) {
  return driver.start(switchContext(host, { ports: PORTS, hostNetwork: true }));
}

describe('switches of eBPF', () => {
  it('have their programs before their ports come up', async (t) => {
    const { host } = machine(t);
    await start(host);
    const steps = host.events.filter((event) => /^(undo delete-link|ip|program) /.test(event));
    assert.deepEqual(steps, [
      ...PORTS.flatMap(({ end }) => [
        `undo delete-link vsws0${end}`,
        `ip link add name vsws0${end} mtu 1500 type veth peer name vswc0${end} mtu 1500`,
      ]),
      'program redirect xdp vsws0source=vswc0source vsws0sink=vswc0sink',
      ...PORTS.map(({ end }) => `ip link set dev vsws0${end} up`),
    ]);
  });

  it('say why the program has ended', async (t) => {
    const { host, process } = machine(t);
    const running = await start(host);
    process.end({ exitCode: 1, stderr: 'redirect: cannot attach to vsws0sink\n' });
    await new Promise((next) => setImmediate(next));
    assert.match((await running.health()) ?? '', /cannot attach to vsws0sink/);
  });

  it('xdp adds what its program kept back to what the kernel dropped', async (t) => {
    const counted = (kept: number) => ({ handed_over_packets: 0, flooded_packets: 0, kept_back_packets: kept });
    const { host } = machine(t, [{ type: 'counters', ports: [counted(3), counted(0)] }]);
    const [source] = (await (await start(host)).counters()) ?? [];
    assert.deepEqual(
      source?.drops.map(({ packets }) => Number(packets)),
      [2, 3],
    );
  });

  it('xdp is settled once each address is known at its port', async (t) => {
    const stranger = (mac: string | null) => ({ type: 'stranger', mac });
    const { host, process } = machine(t, [stranger('02:00:00:00:00:01'), stranger(null)]);
    const running = await start(host);
    assert.match((await running.settled(STATIONS)) ?? '', /02:00:00:00:00:01/);
    assert.equal(await running.settled(STATIONS), null);
    assert.equal(process.sent[0], 'stranger 0 02:00:00:00:00:00 1 02:00:00:00:00:01');
  });

  it('tc-peer counts at the partner what was handed over there', async (t) => {
    const counted = (packets: number) => ({ handed_over_packets: packets, flooded_packets: 0, kept_back_packets: 0 });
    const { host } = machine(t, [{ type: 'counters', ports: [counted(10), counted(0)] }]);
    const ports = (await (await start(host, tcPeer)).counters()) ?? [];
    assert.deepEqual(
      ports.map(({ outPackets }) => outPackets),
      [0, 10],
    );
  });

  it('do not believe a line that is not of the protocol', async (t) => {
    const { host } = machine(t, [{ type: 'counters', ports: [{}] }]);
    const running = await start(host);
    await assert.rejects(async () => running.counters(), HostError);
  });
});

it('tc-peer tells from which Linux on it works', async (t) => {
  const found = await tcPeer.probe(new FakeHost(t).hasSymbols());
  assert.ok(!found.available && /no tcx/.test(found.missing) && /Linux 6\.6/.test(found.mend));
  assert.equal((await tcPeer.probe(new FakeHost(t).hasSymbols('tcx_link_attach'))).available, true);
});
