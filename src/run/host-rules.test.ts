// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import type { Outcome } from '../model/result.ts';
import { SETTLE } from './deployments.ts';
import { namingHostRules } from './host-rules.ts';

/** A host with one chain of nftables' family `bridge`, which has this policy and so many rules that drop. */
function host(t: TestContext, policy: 'accept' | 'drop', rules = 0): FakeHost {
  const at = { family: 'bridge', table: 'filter' };
  const hooked = { type: 'filter', hook: 'forward', prio: 0, policy };
  const nftables = [
    { table: { family: 'bridge', name: 'filter', handle: 1 } },
    { chain: { ...at, name: 'forward', handle: 1, ...hooked } },
    ...Array.from({ length: rules }, (_, index) => ({
      rule: { ...at, chain: 'forward', handle: index + 2, expr: [{ drop: null }] },
    })),
  ];
  return new FakeHost(t)
    .answer(/^grep -qw nft_do_chain /)
    .answer(/^grep -qw ebt_do_table /, { exitCode: 1 })
    .answer(/^nft --json list ruleset$/, { stdout: JSON.stringify({ nftables }) });
}

const failed = (step: string): Outcome => ({ outcome: 'failed', step, reason: 'no packet arrived' });

describe('namingHostRules', () => {
  for (const step of ['traffic', SETTLE]) {
    it(`names what drops packets where step '${step}' failed`, async (t) => {
      const outcome = await namingHostRules(failed(step), [{ host: host(t, 'drop') }]);
      assert.deepEqual(outcome, {
        ...failed(step),
        reason: 'no packet arrived; fake has rules that drop packets: nft bridge filter forward: policy drop',
      });
    });
  }
  it('names a few, and how many more there are', async (t) => {
    const outcome = await namingHostRules(failed('traffic'), [{ host: host(t, 'drop', 4) }]);
    assert.match(
      outcome.outcome === 'failed' ? outcome.reason : '',
      /: drop, and 2 more that 'vswbench doctor' tells$/,
    );
  });
  it('says nothing where no rule drops, and leaves other outcomes alone', async (t) => {
    assert.deepEqual(await namingHostRules(failed('traffic'), [{ host: host(t, 'accept') }]), failed('traffic'));
    for (const outcome of [failed('start linux-bridge'), { outcome: 'measured' }] satisfies Outcome[]) {
      assert.deepEqual(await namingHostRules(outcome, [{ host: host(t, 'drop') }]), outcome);
    }
  });
});
