// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hostPair, hostRecord, inventory } from '../../test/fixtures/campaign.ts';
import type { Inventory } from '../model/inventory.ts';
import { differences } from './alike.ts';

const host = (part: Partial<Inventory> = {}) => [hostRecord({ inventory: inventory(part) })];

it('machines of one kind are alike, whatever their names, disks and moods', () => {
  const other = host({
    ...{ hostname: 'other', recordedAt: '2026-04-01T00:00:00.000Z', loadAverage: 3 },
    ...{ memoryBytes: 16 * 2 ** 30 + 4096, kernelCommandLine: 'BOOT_IMAGE=/other ro quiet' },
  });
  assert.deepEqual(differences(host(), other), []);
});

it('whatever makes a figure makes a difference, and is named', () => {
  const { knobs, mitigations, versions, cpus } = inventory();
  const changes: [Partial<Inventory>, string][] = [
    [{ kernel: '6.1.0-22-amd64' }, 'kernel'],
    [{ kernelCommandLine: 'BOOT_IMAGE=/vmlinuz ro quiet isolcpus=2-3' }, 'command line'],
    [{ cpuModel: 'another' }, 'CPU'],
    [{ microcode: '0x1' }, 'microcode'],
    [{ memoryBytes: 32 * 2 ** 30 }, 'memory'],
    [{ knobs: { ...knobs, governor: 'powersave' } }, 'knob governor'],
    [{ mitigations: { ...mitigations, mds: 'Vulnerable' } }, 'mitigation mds'],
    [{ versions: { ...versions, 'NIC eth0': 'ixgbe' } }, 'version NIC eth0'],
    [{ cpus: cpus.map((one) => ({ ...one, allowed: one.id > 0 })) }, 'CPUs to use'],
  ];
  for (const [part, what] of changes) {
    assert.deepEqual(
      differences(host(), host(part)).map((one) => one.what),
      [what],
    );
  }
});

it('a switch makes a difference only where the campaign has it', () => {
  const { versions } = inventory();
  const withSwitch = host({ versions: { ...versions, 'switch ovs': '3.1' } });
  assert.deepEqual(differences(host(), withSwitch), []);
  assert.deepEqual(differences(withSwitch, host()), [{ what: 'version switch ovs', a: '3.1', b: 'none' }]);
});

it('so does a program', () => {
  const { versions } = inventory();
  const withProgram = host({ versions: { ...versions, 'SHA-256 of basicfwd': '00cb' } });
  assert.deepEqual(differences(host(), withProgram), []);
  assert.deepEqual(differences(withProgram, host({ versions: { ...versions, 'SHA-256 of basicfwd': '00cc' } })), [
    { what: 'version SHA-256 of basicfwd', a: '00cb', b: '00cc' },
  ]);
});

it('two hosts are compared each with its like', () => {
  assert.deepEqual(differences(hostPair('a'), hostPair('b')), []);
  assert.deepEqual(differences(hostPair('a'), hostPair('b').slice(0, 1)), [{ what: 'far host', a: 'one', b: 'none' }]);
});
