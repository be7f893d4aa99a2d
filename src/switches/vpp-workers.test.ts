// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PLACEMENT } from '../../test/fixtures/vpp-answers.ts';
import { cpusOf, placeQueues, servedQueues } from './vpp-workers.ts';

const PORTS = [0, 1].flatMap((pair) => [
  { pair, end: 'source' as const },
  { pair, end: 'sink' as const },
]);
const NAMES = PORTS.map((_, index) => `VirtualEthernet0/0/${index}`);
const THREE = { cpus: [3, 1, 2], housekeeping: [0], ports: PORTS, queues: 1, pin: 'ports' } as const;

/** A VPP that has given a queue of each interface to a worker, and does as it is told. */
function vppWith(placed: Map<string, number>) {
  const orders: string[] = [];
  return {
    orders,
    ask: async () =>
      [...placed]
        .map(([queue, worker]) => `Thread ${worker + 1} (vpp_wk_${worker}):\n node x-input:\n    ${queue} (polling)\n`)
        .join(''),
    order: async (command: string) => {
      const [, queue = '', worker] = /^set interface rx-placement (\S+ queue \d+) worker (\d+)$/.exec(command) ?? [];
      placed.set(queue, Number(worker));
      orders.push(command.split(' ').slice(3).join(' '));
    },
  };
}

describe("VPP's threads", () => {
  it('poll on their CPUs, and the main thread has another', () => {
    assert.deepEqual(cpusOf(THREE), { mainCpu: 0, workerCpus: [1, 2, 3] });
    assert.deepEqual(cpusOf({ cpus: [1], housekeeping: [1, 0] }), { mainCpu: 0, workerCpus: [1] });
    assert.deepEqual(cpusOf({ cpus: [0], housekeeping: [0] }), { mainCpu: 0, workerCpus: [] });
    assert.throws(() => cpusOf({ cpus: [0, 1], housekeeping: [0, 1] }), /no CPU is left for the main thread/);
  });

  it('are given the queues that they do not have yet', async () => {
    const vpp = vppWith(new Map(NAMES.map((name, index) => [`${name} queue 0`, index === 1 ? 2 : 0])));
    await placeQueues(vpp, NAMES, THREE);
    // Senders first, then receivers: of these the second goes to worker 0, where it is.
    assert.deepEqual(vpp.orders, [`${NAMES[2]} queue 0 worker 1`]);
    await placeQueues(vpp, NAMES, { ...THREE, pin: 'receivers' });
    assert.deepEqual(vpp.orders.slice(1), [
      ...[`${NAMES[2]} queue 0 worker 0`, `${NAMES[1]} queue 0 worker 1`, `${NAMES[3]} queue 0 worker 2`],
    ]);
    assert.deepEqual(await servedQueues(vpp, NAMES, THREE), [
      { pair: 0, end: 'source', queue: 0, thread: 0 },
      { pair: 0, end: 'sink', queue: 0, thread: 1 },
      { pair: 1, end: 'source', queue: 0, thread: 0 },
      { pair: 1, end: 'sink', queue: 0, thread: 2 },
    ]);
  });

  it('are left as they are where VPP decides, or has but its main thread', async () => {
    const vpp = vppWith(new Map());
    await placeQueues(vpp, NAMES, { ...THREE, pin: 'auto' });
    await placeQueues(vpp, NAMES, { ...THREE, cpus: [0] });
    assert.deepEqual(vpp.orders, []);
  });

  it('are told with the queues of ports, and not of the uplink', async () => {
    const vpp = { ...vppWith(new Map()), ask: async () => PLACEMENT };
    const served = await servedQueues(vpp, NAMES, THREE);
    assert.deepEqual(
      served.map(({ pair, end, queue, thread }) => `${pair} ${end} ${queue} ${thread}`),
      ['0 source 0 0', '1 source 0 0', '0 sink 0 1', '1 sink 0 2', '1 sink 1 2'],
    );
    const main = {
      ...vpp,
      ask: async () => `Thread 0 (vpp_main):\n node x-input:\n    ${NAMES[1]} queue 0 (polling)\n`,
    };
    await assert.rejects(servedQueues(main, NAMES, THREE), /serves VirtualEthernet0\/0\/1 with its main thread/);
    assert.deepEqual(await servedQueues(main, NAMES, { ...THREE, cpus: [0] }), [
      { pair: 0, end: 'sink', queue: 0, thread: 0 },
    ]);
  });
});
