// SPDX-License-Identifier: Apache-2.0
// What OVS prints, as version 3.1 does. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../test/fixtures/host.ts';
import { ovs, parsePmdStatistics } from './ovs.ts';

const PMD_STATISTICS = `pmd thread numa_id 0 core_id 1:
  packets received: 3643712
  packet recirculations: 0
  emc hits: 3643709
  miss with success upcall: 2
  miss with failed upcall: 1
  idle cycles: 1086487130 (41.26%)
  processing cycles: 1546858858 (58.74%)
  avg cycles per packet: 722.71 (2633345988/3643712)
  avg processing cycles per packet: 424.53 (1546858858/3643712)
main thread:
  packets received: 7
  idle cycles: 5 (41.26%)
  processing cycles: 5 (58.74%)
`;

describe('what OVS prints', () => {
  it('of its polling threads, without those that do not poll', () => {
    const { busyRatio = 0, cyclesPerPacket = 0, cacheMisses } = parsePmdStatistics(PMD_STATISTICS);
    assert.ok(Math.abs(busyRatio - 0.5874) < 1e-4);
    assert.ok(Math.abs(cyclesPerPacket - 424.53) < 0.01);
    assert.equal(cacheMisses, 3);
    assert.deepEqual(parsePmdStatistics('pmd thread numa_id 0 core_id 1:\n  packets received: 0\n'), {});
  });

  it('of the shares that each of their caches answered', () => {
    const hits = (emc: number, smc: number, megaflow: number, misses: number) =>
      `pmd thread numa_id 0 core_id 1:\n  packets received: 100\n  emc hits: ${emc}\n  smc hits: ${smc}\n  megaflow hits: ${megaflow}\n  miss with success upcall: ${misses}\n  idle cycles: 5 (50.00%)\n  processing cycles: 5 (50.00%)\n`;
    const { emcHitRatio, smcHitRatio, megaflowHitRatio } = parsePmdStatistics(hits(70, 20, 5, 5) + hits(50, 0, 50, 0));
    assert.deepEqual([emcHitRatio, smcHitRatio, megaflowHitRatio], [0.6, 0.1, 0.275]);
  });
});

describe("OVS's ports", () => {
  const PORTS = [
    { pair: 0, end: 'source' },
    { pair: 0, end: 'sink' },
  ] as const;

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
    assert.deepEqual(await ovs.probe(debian), { available: true, version: '3.1.0, DPDK 22.11.11' });
    const elsewhere = new FakeHost(t)
      .answer(/--version$/, { exitCode: null })
      .answer(/^ovs-vswitchd --version$/, said('DPDK 24.11.1\n'))
      .answer(/^test -r/, {});
    assert.deepEqual(await ovs.probe(elsewhere), { available: true, version: '3.1.0, DPDK 24.11.1' });
  });
  it('does not take one without DPDK', async (t) => {
    const host = new FakeHost(t).answer(/--version$/, said('')).answer(/^test -r/, {});
    const probe = await ovs.probe(host);
    assert.equal(probe.available, false);
    assert.match(probe.available ? '' : probe.mend, /vswbench setup/);
  });
});
