// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ratesOf } from './rates.ts';

/** A sample each 100 ms of somebody who has sent, received and used so much by then. */
function samples(...counts: [sent: number, received: number, cpuMs: number][]) {
  return counts.map(([tx_packets, rx_unique_packets, cpuMs], index) => ({
    ...{ t_ns: 1e9 + index * 100e6, tx_packets, rx_unique_packets, cpu_ns: cpuMs * 1e6 },
  }));
}

it('tells the rates between the last two samples, of all pairs together', () => {
  const senders = [samples([0, 0, 0], [500, 0, 100], [1500, 0, 180]), samples([0, 0, 0], [0, 0, 10], [300, 0, 30])];
  const receivers = [samples([0, 0, 0], [0, 400, 50], [0, 1300, 100]), samples([0, 0, 0], [0, 0, 0], [0, 200, 50])];
  assert.deepEqual(ratesOf({ senders, receivers, others: receivers }, 1e9), {
    ...{ tS: 0.2, offeredPps: 13_000, receivedPps: 11_000, senderCpus: 1, receiverCpus: 1 },
  });
});

it('counts the CPU time of one that does both once', () => {
  const client = [samples([0, 0, 0], [10, 10, 50])];
  const server = [samples([0, 10, 0], [0, 20, 100])];
  const rates = ratesOf({ senders: client, receivers: client, others: server }, 1e9);
  assert.deepEqual([rates?.receivedPps, rates?.senderCpus, rates?.receiverCpus], [100, 0.5, 1]);
});

it('tells nothing before everybody has two samples', () => {
  const [one, two] = [[samples([0, 0, 0])], [samples([0, 0, 0], [1, 1, 1])]];
  assert.equal(ratesOf({ senders: two, receivers: one, others: one }, 0), null);
  assert.equal(ratesOf({ senders: [], receivers: [], others: [] }, 0), null);
});
