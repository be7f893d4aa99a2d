// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../../test/fixtures/host.ts';
import { HostError } from '../../host/host.ts';
import { containerEnd, refuseTaken, switchEnd } from './veth.ts';

describe('interface names', () => {
  const ends = Array.from({ length: 128 }, (_, pair) => (['source', 'sink'] as const).map((end) => ({ pair, end })));
  const names = ends.flat().flatMap((port) => [containerEnd(port), switchEnd(port)]);
  it('are all different', () => assert.equal(new Set(names).size, 4 * 128));
  it('are as short as the kernel wants them: at most 15 characters', () => {
    assert.ok(names.every((name) => name.length <= 15));
  });
});

describe('refuseTaken', () => {
  it('is content where none of the names is taken', async (t) => {
    await refuseTaken(machine(t), ['vswbr0', 'vsws0sink']);
  });
  it('refuses one that is there, and says what to do', async (t) => {
    await assert.rejects(refuseTaken(machine(t), ['vswbr0', 'vswbr1']), (error) => {
      return error instanceof HostError && /vswbr1 exists already: run 'vswbench clean'/.test(error.message);
    });
  });
});

function machine(t: TestContext): FakeHost {
  const stdout = '[{"ifname":"lo","operstate":"UNKNOWN"},{"ifname":"vswbr1","operstate":"UP"}]';
  return new FakeHost(t).answer(/^ip -json link$/, { stdout });
}
