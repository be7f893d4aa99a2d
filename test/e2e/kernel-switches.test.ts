// SPDX-License-Identifier: Apache-2.0
// Switches of the kernel's, its bridge with what stands around it among them: every packet has its place, and nothing is left of them.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { TUN_DEVICE } from '../../src/switches/driver.ts';
import { assertMeasured, documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

suite('switches of the kernel', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  const briefly = '--warmup 50ms --duration 300ms --trials 1 --repeat none --no-report'.split(' ');

  it('carry what sockets send, of several pairs, and every lost packet has its place', async () => {
    const asked = '-V macvlan,tc --io udp,raw-mmsg -S 2vs2 -R 2k -B 4'.split(' ');
    const ended = await workspace.run(['run', '--json', ...asked, ...briefly]);
    const { results } = documentOf(ended);
    assert.equal(results.length, 4);
    assertMeasured(results);
    assertNothingLeft();
  });

  it('redirect by eBPF, each packet to its place, and nothing stays attached', async (t) => {
    const asked = '-V tc-peer,xdp,xdp-generic --io udp-mmsg -S 2vs2 -R 2k -B 4'.split(' ');
    const ended = await workspace.run(['run', '--json', ...asked, ...briefly]);
    const { results } = documentOf(ended);
    const skipped = results.find(({ outcome }) => outcome === 'skipped');
    if (skipped !== undefined) return t.skip(skipped.reason ?? '');
    assert.equal(results.length, 3);
    assertMeasured(results);
    assertNothingLeft();
  });

  it('linux-bridge has rules and a tunnel on the way of every packet', async (t) => {
    const asked = '-V linux-bridge --io udp --nft-rules 20 --overlay none,vxlan -R 2k -B 4'.split(' ');
    const { results } = documentOf(await workspace.run(['run', '--json', ...asked, ...briefly]));
    assert.equal(results.length, 2);
    for (const { case: one, outcome, trials, reason } of results) {
      const what = `${one.nftRules} rules, overlay ${one.overlay}`;
      if (outcome === 'skipped') t.diagnostic(`${what}: ${reason}`);
      else {
        assert.equal(outcome, 'measured', `${what}: ${reason}`);
        assert.ok((trials[0]?.receivedPackets ?? 0) > 0, what);
      }
    }
    assertNothingLeft();
  });

  it('carry what is written to TAP devices, too long a queue of which is told by the interface', {
    skip: !existsSync(TUN_DEVICE) && `no ${TUN_DEVICE}: modprobe tun`,
  }, async () => {
    const asked = '-V linux-bridge,tc --io tap -R max -B 64'.split(' ');
    const ended = await workspace.run(['run', '--json', ...asked, ...briefly]);
    const { results } = documentOf(ended);
    assert.equal(results.length, 2);
    for (const { case: one, outcome, trials, reason } of results) {
      assert.equal(outcome, 'measured', `${one.switch} ${one.io}: ${reason}`);
      const [trial = assert.fail()] = trials;
      assert.ok((trial.receivedPackets ?? 0) > 0);
      assert.ok(trial.ledgers?.every(({ closes, unplacedPackets }) => closes && unplacedPackets === 0));
    }
    assertNothingLeft();
  });

  it('tc has a port go and come beside others', async () => {
    const asked = '-V tc -D churn --io raw -R 5k --duration 2s'.split(' ');
    const ended = await workspace.run(['run', '--json', ...asked, ...briefly.slice(0, 2), ...briefly.slice(4)]);
    for (const { case: one, outcome, reason } of documentOf(ended).results) {
      assert.equal(outcome, 'measured', `${one.switch}: ${reason}`);
    }
    assertNothingLeft();
  });
});
