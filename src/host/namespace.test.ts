// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import { NamespaceHost } from './namespace.ts';

const ENTER = 'nsenter --net=/run/netns/blue --';

function inside(t: TestContext) {
  const host = new FakeHost(t);
  return { host, blue: new NamespaceHost(host, '/run/netns/blue', 77) };
}

describe('a network namespace as a host', () => {
  it('runs and starts commands within', async (t) => {
    const { host, blue } = inside(t);
    host.answer(/^ip link$/, { stdout: 'lo\n' }).onStart(/^cat$/, () => new FakeProcess(5));
    assert.equal((await blue.run(['ip', 'link'])).stdout, 'lo\n');
    assert.equal((await blue.start(['cat'])).pid, 5);
    assert.deepEqual(host.events, [`run ${ENTER} ip link`, `start ${ENTER} cat`]);
  });

  it('shows interfaces and counters as its witness sees them, by no command', async (t) => {
    const { host, blue } = inside(t);
    host.put({
      '/proc/77/net/dev': 'counters',
      '/proc/77/root/sys/class/net/br0/ifindex': '3',
      '/proc/net/dev': 'outside',
    });
    assert.equal(await blue.read('/proc/self/net/dev'), 'counters');
    assert.equal(await blue.read('/proc/net/dev'), 'counters');
    assert.equal(await blue.read('/sys/class/net/br0/ifindex'), '3');
    assert.deepEqual(await blue.list('/sys/class/net'), ['br0']);
    assert.deepEqual(host.events, []);
  });

  it('takes what begins alike, and all other files, for the host’s', async (t) => {
    const { host, blue } = inside(t);
    host.put({ '/proc/network': 'a', '/sys/class/network/x': 'b', '/proc/sys/network': 'c', '/proc/77/net/dev': 'd' });
    for (const [path, text] of [
      ['/proc/network', 'a'],
      ['/sys/class/network/x', 'b'],
      ['/proc/sys/network', 'c'],
      ['/proc/77/net/dev', 'd'],
    ] as const)
      assert.equal(await blue.read(path), text);
  });

  it('reads and writes its own knobs, which the kernel shows of whoever asks', async (t) => {
    const { host, blue } = inside(t);
    const knob = '/proc/sys/net/ipv6/conf/all/disable_ipv6';
    host
      .put({ [knob]: 'outside' })
      .answer(/^cat /, { stdout: '0\n' })
      .answer(/^tee /);
    assert.equal(await blue.read(knob), '0\n');
    await blue.write(knob, '1');
    assert.equal(host.inputs.get(`${ENTER} tee ${knob}`), '1');
    assert.equal(host.files.get(knob), 'outside');
    host.answer(/^cat /, { exitCode: 1 }).answer(/^tee /, { exitCode: 1, stderr: 'tee: Invalid argument\n' });
    assert.equal(await blue.read(knob), null);
    await assert.rejects(blue.write(knob, '1'), new HostError(`cannot write ${knob}: tee: Invalid argument`));
  });
});
