// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bridge } from './vpp-bridge.ts';

/** A VPP that obeys, and what it was told. */
function obedient() {
  const told: string[] = [];
  const make = async (command: string) => {
    told.push(command);
    return command;
  };
  const order = async (command: string) => {
    told.push(command);
  };
  return { told, make, order, ask: async () => '' };
}

describe("VPP's bridge", () => {
  it('has ports by a subinterface where packets have tags, made once', async () => {
    const vpp = obedient();
    const bridge = new Bridge(vpp);
    await bridge.make();
    for (const name of ['a', 'b']) await bridge.join(name);
    vpp.told.length = 0;
    await bridge.carry({ tagged: false });
    assert.deepEqual(vpp.told, []);
    await bridge.carry({ tagged: true });
    assert.deepEqual(vpp.told.slice(0, 4), [
      'create sub-interfaces a 1 default',
      'set interface state a.1 up',
      'set interface l3 a',
      'set interface l2 bridge a.1 1',
    ]);
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => bridge.memberOf(name)),
      ['a.1', 'b.1', 'c'],
    );
    vpp.told.length = 0;
    await bridge.carry({ tagged: true });
    assert.deepEqual(vpp.told, []);
    await bridge.carry({ tagged: false });
    await bridge.carry({ tagged: true });
    assert.deepEqual(
      vpp.told.filter((command) => / a(\.| |$)/.test(command)),
      [
        ...['set interface l3 a.1', 'set interface l2 bridge a 1'],
        ...['set interface l3 a', 'set interface l2 bridge a.1 1'],
      ],
    );
  });

  it('makes the subinterface of a port anew that was deleted', async () => {
    const vpp = obedient();
    const bridge = new Bridge(vpp);
    await bridge.join('up');
    await bridge.carry({ tagged: true });
    bridge.forget('up');
    await bridge.join('up');
    assert.equal(bridge.memberOf('up'), 'up');
    vpp.told.length = 0;
    await bridge.carry({ tagged: true });
    assert.equal(vpp.told[0], 'create sub-interfaces up 1 default');
  });
});
