// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { seenFrom } from './home.ts';

const MTU = '/sys/class/net/cable/mtu';

/** At home in namespace 77; another one of the machine, with the inode 88, has a name. */
function machine(t: TestContext): FakeHost {
  return new FakeHost(t)
    .put({ [MTU]: '9000', '/run/netns/other': '' })
    .answer(/^stat .*\/proc\/self\/ns\/net$/, { stdout: '77\n' })
    .answer(/^stat .*\/run\/netns\/other$/, { stdout: '77 /proc/100/ns/net\n88 /run/netns/other\n' });
}

describe('a host as it is seen', () => {
  it('from its own namespace, or from nobody knows which, is itself', async (t) => {
    const host = machine(t);
    assert.equal(await seenFrom(host, '77'), host);
    assert.equal(await seenFrom(host, null), host);
  });

  it('from another one has the interfaces of that, and all else in common', async (t) => {
    const host = machine(t)
      .answer(/^nsenter --net=\/run\/netns\/other -- unshare --mount .* cat \/sys\/class\/net\/cable\/mtu$/, {
        stdout: '8986\n',
      })
      .answer(/^nsenter --net=\/run\/netns\/other -- unshare --mount .* tee \/sys\/class\/net\/cable\/mtu$/);
    const there = await seenFrom(host, '88');
    assert.equal(await there.read(MTU), '8986\n');
    await there.write(MTU, '1500');
    assert.deepEqual([...host.inputs.values()], ['1500']);
    assert.equal(host.files.get(MTU), '9000');
    assert.equal(await there.read('/proc/sys/vm/nr_hugepages'), null);
  });

  it('from one that is gone has no interfaces', async (t) => {
    const there = await seenFrom(machine(t), '99');
    assert.equal(await there.read(MTU), null);
    assert.deepEqual(await there.list('/sys/class/net'), []);
    await assert.rejects(there.write(MTU, '1500'), /its network namespace is gone/);
  });
});
