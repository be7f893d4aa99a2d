// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import type { Outcome } from '../model/result.ts';
import { SETTLE } from './deployments.ts';
import { namingObstacles } from './host-rules.ts';

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
    .hasSymbols('nft_do_chain')
    .answer(/^nft --json list ruleset$/, { stdout: JSON.stringify({ nftables }) });
}

const failed = (step: string): Outcome => ({ outcome: 'failed', step, reason: 'no packet arrived' });

/** On a host's own bridge; `remote` is by its uplink. */
const LOCAL = { hostNetwork: true, remote: false };
const UPLINK = { interface: 'cable0', pci: null };

describe('namingObstacles', () => {
  for (const step of ['traffic', SETTLE]) {
    it(`names what drops packets where step '${step}' failed`, async (t) => {
      const outcome = await namingObstacles(failed(step), [{ host: host(t, 'drop'), uplink: UPLINK }], LOCAL);
      assert.deepEqual(outcome, {
        ...failed(step),
        reason: 'no packet arrived; fake has rules that drop packets: nft bridge filter forward: policy drop',
      });
    });
  }
  it('names a few, and how many more there are', async (t) => {
    const outcome = await namingObstacles(failed('traffic'), [{ host: host(t, 'drop', 4), uplink: UPLINK }], LOCAL);
    assert.match(
      outcome.outcome === 'failed' ? outcome.reason : '',
      /: drop, and 2 more that 'vswbench doctor' tells$/,
    );
  });
  it('says nothing where no rule drops, and leaves other outcomes alone', async (t) => {
    assert.deepEqual(
      await namingObstacles(failed('traffic'), [{ host: host(t, 'accept'), uplink: UPLINK }], LOCAL),
      failed('traffic'),
    );
    for (const outcome of [failed('start linux-bridge'), { outcome: 'measured' }] satisfies Outcome[]) {
      assert.deepEqual(await namingObstacles(outcome, [{ host: host(t, 'drop'), uplink: UPLINK }], LOCAL), outcome);
    }
  });

  /** The same with an XDP program and filters of tc on the uplink, of which the switch in user space meets the first alone. */
  const withPrograms = (t: TestContext) =>
    new FakeHost(t)
      .answer(/^ip -details -json link$/, { stdout: '[{"ifname":"cable0","xdp":{"mode":2}}]' })
      .answer(/^tc -json qdisc show$/, { stdout: '[{"kind":"clsact","dev":"cable0"}]' })
      .answer(/^tc -json filter show dev cable0 ingress$/, { stdout: '[{"protocol":"all"}]' })
      .answer(/^tc -json filter show dev cable0 egress$/, { stdout: '[]' })
      .hasSymbols();

  for (const [hostNetwork, has] of [
    [false, "an XDP program ('ip link set dev cable0 xdp off')"],
    [true, "an XDP program ('ip link set dev cable0 xdp off') and tc filters on ingress"],
  ] as const) {
    it(`names programs on the uplink that packets met${hostNetwork ? ' in the host’s network' : ''}`, async (t) => {
      const sides = [{ host: withPrograms(t), uplink: UPLINK }];
      assert.deepEqual(await namingObstacles(failed(SETTLE), sides, { hostNetwork, remote: true }), {
        ...failed(SETTLE),
        reason: `no packet arrived; uplink cable0 of fake has ${has}, which may drop packets`,
      });
      const local = await namingObstacles(failed(SETTLE), sides, { hostNetwork, remote: false });
      assert.deepEqual(local, failed(SETTLE));
    });
  }
});
