// SPDX-License-Identifier: Apache-2.0
// What OVS prints, as version 3.1 does. That it forwards is for the end-to-end tests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { ovs, parseFdb, parsePmdStatistics, parsePortStatistics } from './ovs.ts';

const DUMP_PORTS = `OFPST_PORT reply (OF1.4) (xid=0x2): 3 ports
  port  1: rx pkts=6251394, bytes=400089216, drop=3, errs=0, frame=?, over=?, crc=?
           tx pkts=2, bytes=120, drop=0, errs=?, coll=?
           duration=26.061s
           CUSTOM Statistics
                      ovs_tx_retries=0, ovs_tx_failure_drops=0, ovs_tx_mtu_exceeded_drops=0,
                      ovs_tx_qos_drops=0, ovs_rx_qos_drops=0, ovs_tx_invalid_hwol_drops=0,
  port LOCAL: rx pkts=0, bytes=0, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=0, bytes=0, drop=20, errs=0, coll=0
           duration=26.060s
  port  2: rx pkts=?, bytes=?, drop=?, errs=?, frame=?, over=?, crc=?
           tx pkts=?, bytes=?, drop=?, errs=?, coll=?
           duration=26.060s
           CUSTOM Statistics
                      ovs_tx_retries=1, ovs_tx_failure_drops=5652930, ovs_tx_mtu_exceeded_drops=0,
                      ovs_tx_qos_drops=0, ovs_rx_qos_drops=0, ovs_tx_invalid_hwol_drops=0,
`;

const PMD_STATISTICS = `pmd thread numa_id 0 core_id 1:
  packets received: 3643712
  packet recirculations: 0
  emc hits: 3643712
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
  it('of its ports: counters, or none while nobody is connected, and its own reasons for drops', () => {
    const table = parsePortStatistics(DUMP_PORTS);
    assert.deepEqual([...table.keys()], [1, 2]);
    const [first, second] = [table.get(1), table.get(2)];
    assert.deepEqual([first?.rxPackets, first?.rxDropped, first?.txPackets], [6251394, 3, 2]);
    assert.deepEqual([second?.rxPackets, second?.rxDropped, second?.txPackets], [null, 0, null]);
    assert.equal(second?.custom.ovs_tx_failure_drops, 5652930);
    assert.equal(first?.custom.ovs_tx_failure_drops, 0);
  });
  it('of the addresses that it knows', () => {
    const text =
      ' port  VLAN  MAC                Age\n    2     0  02:00:00:00:00:02    4\n   11     0  02:00:00:00:00:01   10\n';
    assert.deepEqual(
      [...parseFdb(text)],
      [
        ['02:00:00:00:00:02', 2],
        ['02:00:00:00:00:01', 11],
      ],
    );
  });
  it('of its polling threads, without those that do not poll', () => {
    const { busyRatio = 0, cyclesPerPacket = 0 } = parsePmdStatistics(PMD_STATISTICS);
    assert.ok(Math.abs(busyRatio - 0.5874) < 1e-4);
    assert.ok(Math.abs(cyclesPerPacket - 424.53) < 0.01);
    assert.deepEqual(parsePmdStatistics('pmd thread numa_id 0 core_id 1:\n  packets received: 0\n'), {});
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
