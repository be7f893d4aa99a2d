// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import { ownNameOf } from './interface-name.ts';

/** As ip(8) of iproute2 6.1 prints them: the end of a veth, another name, one that could be an option. */
const LINKS = [
  { ifindex: 1, ifname: 'lo', flags: ['LOOPBACK'] },
  { ifindex: 2, ifname: 'eno1', altnames: ['enp3s0f0', 'enx0123456789abcdef'], flags: [] },
  { ifindex: 3, link_index: 4, ifname: 'cable', link_netnsid: 0, flags: [] },
  { ifindex: 7, ifname: '5', flags: [] },
  { ifindex: 8, ifname: 'a;b', altnames: ['good'], flags: [] },
  { ifindex: 9, ifname: 'eno2', altnames: ['cable'], flags: [] },
];

const hostOf = (t: TestContext) => new FakeHost(t).answer(/^ip -json link show$/, { stdout: JSON.stringify(LINKS) });

describe('ownNameOf', () => {
  const KNOWN: [string, string][] = [
    ['eno1', 'eno1'],
    ['enp3s0f0', 'eno1'],
    ['enx0123456789abcdef', 'eno1'],
    ['5', '5'],
    // A name of its own comes before another one's other name.
    ['cable', 'cable'],
  ];
  for (const [name, own] of KNOWN) {
    it(`of ${name} is ${own}`, async (t) => {
      assert.deepEqual(await ownNameOf(hostOf(t), name), { own });
    });
  }

  const MISSING: [string, string][] = [
    ['2', 'host fake has no interface 2: 2 is the number of eno1; give its name'],
    ['ENO1', 'host fake has no interface ENO1: did you mean eno1?'],
    ['eth0', "host fake has no interface eth0: name the testbed's uplink as 'ip link' does there"],
  ];
  for (const [name, missing] of MISSING) {
    it(`says what ${name} may be, which is not there`, async (t) => {
      assert.deepEqual(await ownNameOf(hostOf(t), name), { missing });
    });
  }

  it('refuses one whose own name could be taken for something else, in one line', async (t) => {
    await assert.rejects(ownNameOf(hostOf(t), 'good'), (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(
        error.message,
        "interface good of host fake is 'a;b' to the kernel, which programs take for something else: rename it (ip link set dev good name NEW)",
      );
      return true;
    });
  });
});
