// SPDX-License-Identifier: Apache-2.0
// What OVS prints, as version 3.1 does.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFdb, parsePortStatistics, unknownAt } from './ovs-daemons.ts';

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

describe('what OVS prints', () => {
  it('of its ports: counters, or none while nobody is connected, and its own reasons for drops', () => {
    const table = parsePortStatistics(DUMP_PORTS);
    assert.deepEqual([...table.keys()], [1, 2]);
    const [first, second] = [table.get(1), table.get(2)];
    assert.deepEqual([first?.rxPackets, first?.rxDropped, first?.txPackets], [6251394n, 3n, 2n]);
    assert.deepEqual([second?.rxPackets, second?.rxDropped, second?.txPackets], [null, 0n, null]);
    assert.equal(second?.custom.ovs_tx_failure_drops, 5652930n);
    assert.equal(first?.custom.ovs_tx_failure_drops, 0n);
  });
  it('of the addresses that it knows', () => {
    const text =
      ' port  VLAN  MAC                Age\n    2     0  02:00:00:00:00:02    4\n   11   100  02:00:00:00:00:01   10\n';
    assert.deepEqual(
      [...parseFdb(text)],
      [
        ['02:00:00:00:00:02 0', 2],
        ['02:00:00:00:00:01 100', 11],
      ],
    );
  });
  it('of an address, which it has to know in each VLAN at the port', () => {
    const mac = '02:00:00:00:00:01';
    const known = new Map([
      [`${mac} 100`, 2],
      [`${mac} 101`, 2],
      [`${mac} 102`, 3],
    ]);
    assert.equal(unknownAt(known, { mac, vlans: [100, 101] }, 2), null);
    assert.equal(unknownAt(known, { mac, vlans: [100, 101, 102] }, 2), `${mac} at port 2 in VLAN 102`);
    assert.equal(unknownAt(known, { mac, vlans: [100, 103] }, 2), `${mac} at port 2 in VLAN 103`);
    assert.equal(unknownAt(known, { mac }, 2), `${mac} at port 2`);
  });
});
