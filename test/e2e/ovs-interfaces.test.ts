// SPDX-License-Identifier: Apache-2.0
// Open vSwitch on interfaces of the kernel: every packet has its place, and nothing is left of its daemons, taps and programs.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertMeasured, documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

suite('Open vSwitch on interfaces', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  it('carries what sockets send by each type of port, and every lost packet has its place', async (t) => {
    const briefly = '--warmup 50ms --duration 200ms --trials 1 --repeat none --no-report'.split(' ');
    const asked = '-V ovs-afxdp,ovs-system,ovs-tap --io udp-mmsg'.split(' ');
    const ended = await workspace.run(['run', '--json', ...asked, ...briefly]);
    const { results } = documentOf(ended);
    const skipped = results.find(({ outcome }) => outcome === 'skipped');
    if (skipped !== undefined) return t.skip(skipped.reason ?? '');
    assert.equal(results.length, 3);
    assertMeasured(results);
    assertNothingLeft();
  });
});
