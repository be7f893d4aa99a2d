// SPDX-License-Identifier: Apache-2.0
// What OVS prints, as version 3.1 does. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import { PMD_QUEUES } from '../../test/fixtures/ovs-answers.ts';
import type { SwitchContext } from './driver.ts';
import { ovs } from './ovs.ts';

describe("OVS's ports", () => {
  const PORTS = [
    { pair: 0, end: 'source' },
    { pair: 0, end: 'sink' },
  ] as const;

  /** An OVS that is up, whose ports are served at once. */
  const up = async (t: TestContext, part: Partial<SwitchContext>) => {
    const host = new FakeHost(t)
      .answer(/ovs-vswitchd-dpdk --version$/, { stdout: 'ovs-vswitchd (Open vSwitch) 3.1.0\nDPDK 22.11.11\n' })
      .answer(/^test -/)
      .answer(/^ovsdb-tool create /)
      .answer(/^ovs-vsctl .* [a-z-]+ /)
      .answer(/dump-ports/, { stdout: 'reply: 1 ports\n  port  1: rx pkts=0, bytes=0, drop=0\n' })
      .answer(/pmd-rxq-show/, { stdout: PMD_QUEUES.replaceAll('-3 ', '-1 ') })
      .onStart(/^env .*ovsdb-server /, () => new FakeProcess(11))
      .onStart(/^env .*ovs-vswitchd-dpdk /, () => new FakeProcess(12));
    const running = await ovs.start(switchContext(host, { ports: PORTS, ...part }));
    running.nextPorts();
    await running.connect?.(new AbortController().signal);
    return { host, running };
  };

  it('are polled by the threads that were asked for, which is a mask of CPUs and an affinity of each port', async (t) => {
    const { host } = await up(t, { cpus: [5, 2], pin: 'receivers' });
    const commands = host.commands.join('\n');
    assert.match(commands, /other_config:pmd-cpu-mask="0x24"/);
    assert.deepEqual(
      [...commands.matchAll(/add-port \S+ (\S+) .*?pmd-rxq-affinity="(\S+)"/g)].map(([, ...pin]) => pin),
      [
        ['p0-1', '0:5'],
        ['p1-1', '0:2'],
      ],
    );
  });

  it('are left to OVS where nobody asks', async (t) => {
    const { host } = await up(t, { cpus: [5, 2] });
    assert.doesNotMatch(host.commands.join('\n'), /affinity/);
  });

  it('have the threads that OVS says, numbered as their CPUs are', async (t) => {
    const { running } = await up(t, { cpus: [5, 2] });
    assert.deepEqual(await running.served?.(), [
      { ...PORTS[0], queue: 0, thread: 1 },
      { ...PORTS[1], queue: 0, thread: 0 },
    ]);
  });

  it('are connected one after another for the first time: OVS allocates the buffers for all of them with the first', async (t) => {
    let asked = 0;
    const host = new FakeHost(t)
      .answer(/ovs-vswitchd-dpdk --version$/, { stdout: 'ovs-vswitchd (Open vSwitch) 3.1.0\nDPDK 22.11.11\n' })
      .answer(/^test -/)
      .answer(/^ovsdb-tool create /)
      .answer(/^ovs-vsctl .* [a-z-]+ /)
      .answer(/dump-ports/, () => {
        asked += 1;
        const packets = asked < 3 ? '?' : '0';
        return { stdout: `reply: 1 ports\n  port  1: rx pkts=${packets}, bytes=?, drop=?\n` };
      })
      .onStart(/^env .*ovsdb-server /, () => new FakeProcess(11))
      .onStart(/^env .*ovs-vswitchd-dpdk /, () => new FakeProcess(12));
    const running = await ovs.start(switchContext(host, { ports: PORTS }));
    const connected = async () => {
      const { length } = host.commands;
      running.nextPorts();
      await running.connect?.(new AbortController().signal);
      return host.commands
        .slice(length)
        .filter((command) => /^ovs-/.test(command))
        .map((command) =>
          [...command.matchAll(/dump-ports|del-port \S+ \S+|add-port \S+ (\S+)/g)].map(([, name]) => name ?? '-'),
        );
    };
    assert.deepEqual(await connected(), [['p0-1'], ['-'], ['-'], ['-'], ['p1-1']]);
    // From then on the buffers are there.
    assert.deepEqual(await connected(), [['-', '-', 'p0-2', 'p1-2']]);
  });
});

describe('looking for OVS', () => {
  const said = (dpdk: string) => ({ stdout: `ovs-vswitchd (Open vSwitch) 3.1.0\n${dpdk}` });

  it('finds the daemon that has DPDK, where Debian puts it or on the path', async (t) => {
    const debian = new FakeHost(t)
      .answer(/^\/usr\/lib\/openvswitch-switch-dpdk\/ovs-vswitchd-dpdk --version$/, said('DPDK 22.11.11\n'))
      .answer(/^test -r/, {});
    assert.deepEqual(await ovs.probe(debian), {
      ...{ available: true, version: '3.1.0, DPDK 22.11.11' },
      program: '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk',
    });
    const elsewhere = new FakeHost(t)
      .answer(/--version$/, { exitCode: null })
      .answer(/^ovs-vswitchd --version$/, said('DPDK 24.11.1\n'))
      .answer(/^test -r/, {});
    assert.deepEqual(await ovs.probe(elsewhere), {
      ...{ available: true, version: '3.1.0, DPDK 24.11.1' },
      program: 'ovs-vswitchd',
    });
  });
  it('does not take one without DPDK', async (t) => {
    const host = new FakeHost(t).answer(/--version$/, said('')).answer(/^test -r/, {});
    const probe = await ovs.probe(host);
    assert.equal(probe.available, false);
    assert.match(probe.available ? '' : probe.mend, /vswbench setup/);
  });
});
