// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost, FakeProcess, OWN_NETWORK, switchContext, withOwnNetwork } from '../../../test/fixtures/host.ts';
import { makeSilent, openNetwork } from './network.ts';

describe('openNetwork', () => {
  it('makes a namespace with a name, whose undo is on record before', async (t) => {
    const host = withOwnNetwork(new FakeHost(t));
    const network = await openNetwork(switchContext(host, { ports: [] }));
    assert.equal(network.namespace, OWN_NETWORK.namespace);
    assert.deepEqual(host.events.slice(0, 3), [
      'undo delete-namespace vswnet100',
      'run ip netns add vswnet100',
      'undo kill-marked /run/vswbench/switch/network',
    ]);
    assert.match(host.events[3] ?? '', /ipv6\/conf\/default\/disable_ipv6.* echo 1 .*bridge-nf-call-\*.* echo 0 /);
  });

  it('is the host’s own where that was asked for, which is told', async (t) => {
    const host = new FakeHost(t);
    const network = await openNetwork(switchContext(host, { ports: [], hostNetwork: true }));
    assert.deepEqual([network.host, network.namespace, network.flags], [host, null, ['host-network']]);
    assert.deepEqual(host.events, []);
  });

  it('says what does without a namespace where none can be had', async (t) => {
    const witness = new FakeProcess();
    witness.end({ exitCode: 255, stderr: 'mount of /sys failed: Operation not permitted' });
    const host = new FakeHost(t).answer(/^ip netns add /).onStart(/ ip netns exec /, () => witness);
    await assert.rejects(
      openNetwork(switchContext(host, { ports: [] })),
      /^HostError: cannot make a network namespace: mount of \/sys failed: Operation not permitted \(--host-network/,
    );
  });

  it('is not well when nobody sees into it any more', async (t) => {
    const witness = new FakeProcess(77);
    witness.print('ready');
    const host = new FakeHost(t).answer(/^ip netns add /).onStart(/ ip netns exec /, () => witness);
    const { health } = await openNetwork(switchContext(host, { ports: [] }));
    assert.equal(await health(), null);
    witness.end({ exitCode: null });
    await witness.ended;
    assert.match((await health()) ?? '', /network namespace vswnet100 was ended/);
  });
});

describe('makeSilent', () => {
  const [made, up] = ['link add name a type dummy', 'link set dev a up'];
  const knob = '/proc/sys/net/ipv6/conf/a/disable_ipv6';

  it('silences what it made in the host’s own network before it goes on', async (t) => {
    const host = new FakeHost(t).put({ [knob]: '0' });
    host.answer(/^ip -batch -$/, (_, input) => {
      host.events.push(input.trim());
      return {};
    });
    const network = await openNetwork(switchContext(host, { ports: [], hostNetwork: true }));
    await makeSilent(network, ['a'], [made], [up]);
    assert.deepEqual(host.events, ['run ip -batch -', made, `write ${knob}`, 'run ip -batch -', up]);
  });

  it('starts one program in a namespace of ours, where nothing speaks', async (t) => {
    const host = withOwnNetwork(new FakeHost(t)).answer(/ ip -batch -$/);
    const network = await openNetwork(switchContext(host, { ports: [] }));
    const before = host.events.length;
    await makeSilent(network, ['a'], [made], [up]);
    const command = `${OWN_NETWORK.enter}ip -batch -`;
    assert.deepEqual(host.events.slice(before), [`run ${command}`]);
    assert.equal(host.inputs.get(command), `${made}\n${up}\n`);
  });
});
