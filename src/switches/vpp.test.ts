// SPDX-License-Identifier: Apache-2.0
// How VPP is found, started and asked. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import * as answers from '../../test/fixtures/vpp-answers.ts';
import type { PortRequest, Station, SwitchContext } from './driver.ts';
import { vpp } from './vpp.ts';
import { parseRuntime } from './vpp-cli.ts';
import { figures } from './vpp-figures.ts';

const VERSION = 'vpp v26.06-release built by root on vm at 2026-11-25T22:39:48\n';
const PATH = '/opt/vpp/bin/vpp';
const KNOB = '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages';
const PAIR: PortRequest[] = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
];

function installed(t: TestContext): FakeHost {
  return new FakeHost(t)
    .answer(/^printenv VSWBENCH_VPP$/, { stdout: `${PATH}\n` })
    .answer(/vpp --version$/, { stdout: VERSION })
    .answer(/^test -x \/opt\/vpp\/bin\/vppctl$/);
}

/** A VPP that comes up and does as told; what is asked of it counts behind `show`. */
function running(t: TestContext, process = new FakeProcess()): FakeHost {
  const host = installed(t)
    .put({ [KNOB]: '7\n' })
    .answer(/^chmod 0700 /)
    .answer(/^test -S \/run\/vswbench\/switch\/cli\.sock$/)
    .onStart(/vpp -c /, () => process);
  const cli = (question: RegExp, stdout = '') =>
    host.answer(new RegExp(`^/opt/vpp/bin/vppctl -s /run/vswbench/switch/cli.sock ${question.source}`), { stdout });
  cli(/show version$/, VERSION.replace('\n', '\r\n'));
  cli(/create bridge-domain 1$/, 'bridge-domain 1\r\n');
  let made = 0;
  host.answer(/ create vhost-user socket \S+ server$/, () => ({ stdout: `VirtualEthernet0/0/${made++}\r\n` }));
  cli(/create memif socket id \d filename \S+$/);
  cli(/create interface memif id 0 socket-id \d master$/);
  cli(/create host-interface name up0 /, 'host-up0\r\n');
  cli(/set interface state \S+ up$/);
  cli(/set interface l2 bridge \S+ 1$/);
  cli(/set interface rx-mode host-up0 polling$/);
  cli(/show bridge-domain 1 detail$/, answers.BRIDGE);
  cli(/show interface$/, answers.INTERFACES);
  cli(/show errors$/, answers.ERRORS);
  cli(/show hardware-interfaces brief$/, answers.LINKS);
  cli(/show l2fib all$/, answers.FORWARDING);
  cli(/clear runtime$/);
  cli(/show runtime$/, answers.RUNTIME);
  cli(/show l2fib$/, 'no l2fib entries\r\n');
  return host;
}

function contextOf(host: FakeHost, part: Partial<SwitchContext> = {}): SwitchContext {
  return switchContext(host, { ports: PAIR, portKind: 'vhost-user', cpus: [1], housekeeping: [0], ...part });
}

const stations = (sinkAt: Station['at'] = 'port'): Station[] => [
  { pair: 0, end: 'source', mac: '02:00:00:00:00:01', at: 'port' },
  { pair: 0, end: 'sink', mac: '02:00:00:00:00:02', at: sinkAt },
];

describe('looking for VPP', () => {
  it('tells its version', async (t) => {
    assert.deepEqual(await vpp.probe(installed(t)), {
      available: true,
      version: '26.06-release',
      program: '/opt/vpp/bin/vpp',
    });
  });
  it('tells how to get it where there is none', async (t) => {
    const host = new FakeHost(t).answer(/^printenv /, { exitCode: 1 }).answer(/^sh -c /, { exitCode: 127 });
    const probe = await vpp.probe(host);
    assert.ok(!probe.available);
    assert.match(probe.missing, /not installed/);
    assert.match(probe.mend, /packagecloud\.io\/fdio.*VSWBENCH_VPP/);
  });
  for (const [what, answer, complaint] of [
    ['that cannot be run', { exitCode: null, stderr: 'spawn ENOENT' }, /spawn ENOENT/],
    ['that lacks a library', { exitCode: 127, stderr: 'libvlib.so: cannot open' }, /libvlib\.so: cannot open/],
    ['that is something else', { stdout: 'vpp: a video player, 3.1\n' }, /does not tell a version of VPP/],
    ['that is too old', { stdout: 'vpp v21.10-release built by root on vm\n' }, /21\.10.*at least 22\.06/],
  ] as const) {
    it(`names one ${what}, with the reason`, async (t) => {
      const probe = await vpp.probe(installed(t).answer(/--version$/, answer));
      assert.ok(!probe.available);
      assert.match(probe.missing, complaint);
      assert.ok(probe.missing.includes(PATH));
    });
  }
  it('names one that nobody can talk to', async (t) => {
    const probe = await vpp.probe(installed(t).answer(/^test -x /, { exitCode: 1 }));
    assert.match(probe.available ? '' : probe.missing, /vppctl is missing/);
  });
});

describe('starting VPP', () => {
  it('puts every undo on record before the step, and gives it threads and plugins', async (t) => {
    const host = running(t);
    await vpp.start(contextOf(host));
    const at = (event: RegExp) => {
      const index = host.events.findIndex((line) => event.test(line));
      assert.ok(index >= 0, String(event));
      return index;
    };
    const started = at(/^start .*taskset --cpu-list 0,1 \/opt\/vpp\/bin\/vpp -c /);
    for (const undo of [
      `restore-knob ${KNOB} 7`,
      'remove-path /dev/shm/run-vswbench-switch-global_vm',
      'remove-path /dev/shm/run-vswbench-switch-vpe-api',
      'kill-marked /run/vswbench/switch',
    ]) {
      assert.ok(host.events.indexOf(`undo ${undo}`) >= 0 && host.events.indexOf(`undo ${undo}`) < started, undo);
    }
    assert.ok(at(/chmod 0700 \/run\/vswbench\/switch$/) < started);
    const startup = host.files.get('/run/vswbench/switch/startup.conf') ?? '';
    assert.match(startup, /^cpu \{ main-core 0 corelist-workers 1 \}$/m);
    assert.match(startup, /^plugins \{ plugin default \{ disable \} plugin vhost_plugin\.so \{ enable \}/m);
    assert.match(startup, /^api-segment \{ prefix run-vswbench-switch \}$/m);
  });
  it('polls with its main thread where there is but one CPU', async (t) => {
    const host = running(t);
    await vpp.start(contextOf(host, { cpus: [0], housekeeping: [0] }));
    assert.match(host.files.get('/run/vswbench/switch/startup.conf') ?? '', /^cpu \{ main-core 0 \}$/m);
  });
  it('gives each container the socket of its own port', async (t) => {
    const ports = (await vpp.start(contextOf(running(t)))).nextPorts();
    assert.deepEqual(
      ports.map((port) => 'directory' in port && [port.directory, port.device.split(',')[1]]),
      [
        ['/run/vswbench/switch/ports/0', 'path=/run/vswbench/port'],
        ['/run/vswbench/switch/ports/1', 'path=/run/vswbench/port'],
      ],
    );
  });
  it('serves memif as well', async (t) => {
    const host = running(t).answer(/show bridge-domain/, {
      stdout: answers.BRIDGE.replace('VirtualEthernet0/0/0', 'memif1/0').replace('VirtualEthernet0/0/1', 'memif2/0'),
    });
    const ports = (await vpp.start(contextOf(host, { portKind: 'memif' }))).nextPorts();
    assert.match(
      ports[1]?.kind === 'memif' ? ports[1].device : '',
      /^net_memif0,socket=\/run\/vswbench\/port,.*role=client$/,
    );
    assert.ok(host.commands.some((command) => /create memif socket id 2 filename .*\/ports\/1\/port$/.test(command)));
  });
  it('tells what VPP says where it does not obey', async (t) => {
    const host = running(t).answer(/set interface l2 bridge/, {
      stdout: 'set interface l2 bridge: unknown interface\r\n',
    });
    await assert.rejects(vpp.start(contextOf(host)), {
      name: 'HostError',
      message: /refuses 'set interface l2 bridge VirtualEthernet0\/0\/0 1': .*unknown interface/,
    });
  });
  it('tells that a port is missing in its bridge', async (t) => {
    const host = running(t).answer(/show bridge-domain/, {
      stdout: answers.BRIDGE.replace('VirtualEthernet0/0/1', 'other0'),
    });
    await assert.rejects(vpp.start(contextOf(host)), /VirtualEthernet0\/0\/1 did not become a port/);
  });
  it('tells why VPP has ended at its start', async (t) => {
    const process = new FakeProcess();
    process.end({ exitCode: 1, stderr: 'vpp: cpu 9 is not available\n' });
    const host = running(t, process).answer(/^test -S /, { exitCode: 1 });
    await assert.rejects(vpp.start(contextOf(host)), /VPP has ended: vpp: cpu 9 is not available/);
  });
});

describe('a VPP that runs', () => {
  it('counts as out what its output took', async (t) => {
    const switched = await vpp.start(contextOf(running(t)));
    const [source, sink] = (await switched.counters()) ?? [];
    assert.deepEqual(source, {
      pair: 0,
      end: 'source',
      inPackets: 7836737n,
      outPackets: 0n,
      drops: [{ reason: 'in its graph', packets: 0n }],
    });
    assert.equal(sink?.outPackets, 7836737n - 2347457n);
    assert.deepEqual(sink?.drops[0], { reason: "receiver's ring full", packets: 2347457n });
  });
  it('is settled once links are up and addresses are at their ports', async (t) => {
    const host = running(t);
    const switched = await vpp.start(contextOf(host));
    assert.equal(await switched.settled(stations()), null);
    host.answer(/show l2fib all$/, { stdout: 'no l2fib entries\r\n' });
    assert.match((await switched.settled(stations())) ?? '', /not learned 02:00:00:00:00:01 at VirtualEthernet0\/0\/0/);
    host.answer(/show hardware-interfaces brief$/, { stdout: answers.LINKS.replaceAll('  up  ', ' down ') });
    assert.match((await switched.settled(stations())) ?? '', /nobody is connected to VirtualEthernet0\/0\/0/);
  });
  it("has packets with tags by a subinterface of each port, and counts what that dropped as the port's", async (t) => {
    const host = running(t)
      .answer(/create sub-interfaces (\S+) 1 default$/, (command) => ({
        stdout: `${/sub-interfaces (\S+)/.exec(command)?.[1]}.1\r\n`,
      }))
      .answer(/set interface l3 \S+$/);
    const switched = await vpp.start(contextOf(host));
    const tagged = stations().map((station) => ({ ...station, vlans: [100] }));
    assert.match((await switched.settled(tagged)) ?? '', /not learned 02:00:00:00:00:01 at VirtualEthernet0\/0\/0/);
    host.answer(/show l2fib all$/, { stdout: answers.FORWARDING.replaceAll(/(VirtualEthernet0\/0\/\d) /g, '$1.1 ') });
    assert.equal(await switched.settled(tagged), null);
    const dropped = `VirtualEthernet0/0/0.1            3      up          0/0/0/0     ${'drops'.padEnd(16)}${'5'.padStart(16)}\r\n`;
    host.answer(/show interface$/, { stdout: answers.INTERFACES + dropped });
    const [source] = (await switched.counters()) ?? [];
    assert.deepEqual([source?.inPackets, source?.drops], [7836737n, [{ reason: 'in its graph', packets: 5n }]]);
  });
  it('has the other host behind its uplink', async (t) => {
    const host = running(t)
      .put({ '/sys/class/net/up0/flags': '0x1003\n', '/sys/class/net/up0/carrier': '1\n' })
      .answer(/^ip -json address show dev up0$/, { stdout: '[{"flags":["UP"],"mtu":1500,"addr_info":[]}]' })
      .answer(/^ip link set dev up0 (up|promisc on)$/)
      .answer(/show bridge-domain/, { stdout: answers.BRIDGE.replace('VirtualEthernet0/0/1', 'host-up0') })
      .answer(/show interface$/, { stdout: answers.UPLINK_INTERFACES })
      .answer(/show hardware-interfaces brief$/, { stdout: answers.UPLINK_LINKS })
      .answer(/show l2fib all$/, { stdout: answers.UPLINK_FORWARDING });
    const switched = await vpp.start(
      contextOf(host, { ports: PAIR.slice(0, 1), uplink: { interface: 'up0', pci: null } }),
    );
    const { events } = host;
    assert.ok(
      events.indexOf('undo restore-knob /sys/class/net/up0/flags 0x1003') <
        events.indexOf('run ip link set dev up0 promisc on'),
    );
    assert.equal(await switched.settled(stations('uplink')), null);
    host.put({ '/sys/class/net/up0/carrier': '0\n' });
    assert.match((await switched.settled(stations('uplink'))) ?? '', /uplink up0 .* no carrier/);
    assert.deepEqual(await switched.uplinkCounters?.(), {
      inPackets: 2n,
      outPackets: 2955n,
      drops: [{ reason: 'in its graph', packets: 0n }],
    });
  });
  it('says once it has ended, whatever it is asked', async (t) => {
    const process = new FakeProcess();
    const host = running(t, process);
    const switched = await vpp.start(contextOf(host));
    assert.equal(await switched.health(), null);
    process.end({ exitCode: null });
    host.answer(/vppctl/, { exitCode: 1, stderr: 'connect: Connection refused\n' });
    await process.ended;
    assert.match((await switched.health()) ?? '', /VPP has ended/);
    await assert.rejects(async () => switched.counters(), /VPP has ended/);
  });
  it('tells how busy it was: what the input spent on finding nothing is taken off', () => {
    const threads = parseRuntime(answers.RUNTIME);
    const graph = 3.39 + 149 + 37.4 + 39.8 + 9.25 + 51 + 3.87;
    const idle = new Map([['vhost-user-input', 40]]);
    const told = figures(threads, idle);
    const input = 347 - ((6170580 - 49246) * 40) / 6402432;
    assert.ok(Math.abs((told.cyclesPerPacket ?? 0) - (graph + input)) < 1e-6);
    assert.ok(Math.abs((told.busyRatio ?? 0) - (graph + input) / (graph + 347)) < 1e-9);
    assert.ok(Math.abs((told.packetsPerVector ?? 0) - 130.01) < 0.01);
    assert.deepEqual(figures([], idle), {});
    assert.equal(told.thread0BusyRatio, undefined);
    const [main, worker] = threads;
    assert.ok(main !== undefined && worker !== undefined);
    const two = figures([main, worker, { name: 'vpp_wk_1', nodes: worker.nodes.slice(-1) }], idle);
    assert.equal(two.thread0BusyRatio, told.busyRatio);
    assert.ok((two.thread1BusyRatio ?? 1) < (two.thread0BusyRatio ?? 0));
  });
});
