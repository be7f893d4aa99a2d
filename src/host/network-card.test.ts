// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { type NetworkCard, networkCard } from './network-card.ts';

describe('networkCard', () => {
  const CASES: [string, Record<string, string>, NetworkCard][] = [
    [
      'a card with its node',
      { 'device/uevent': 'DRIVER=ixgbe\nMODALIAS=x\n', speed: '10000\n', 'device/numa_node': '1\n' },
      { driver: 'ixgbe', speedMbps: 10_000, node: 1 },
    ],
    [
      'a virtual one, which knows neither speed nor node',
      { 'device/uevent': 'DRIVER=virtio_net\n', speed: '-1\n', 'device/numa_node': '-1\n' },
      { driver: 'virtio_net', speedMbps: null, node: null },
    ],
    [
      'one without a link, as older kernels tell of it',
      { 'device/uevent': 'DRIVER=e1000e\n', speed: '4294967295\n' },
      { driver: 'e1000e', speedMbps: null, node: null },
    ],
    ['no device, whatever speed it claims', { speed: '10000\n' }, { driver: null, speedMbps: null, node: null }],
    ['nothing there', {}, { driver: null, speedMbps: null, node: null }],
  ];
  for (const [name, files, expected] of CASES) {
    it(name, async (t) => {
      const paths = Object.entries(files).map(([file, text]) => [`/sys/class/net/eth0/${file}`, text]);
      assert.deepEqual(await networkCard(new FakeHost(t).put(Object.fromEntries(paths)), 'eth0'), expected);
    });
  }
});
