// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import { DriverHost } from './driver-host.ts';
import { endProcesses, stateOf, takeAway } from './leftovers.ts';

const DIRECTORY = '/run/vswbench/near/switch';

/** A host with a driver on it, and what is left when that has gone. */
async function visit(t: TestContext) {
  const host = new FakeHost(t)
    .answer(/^ip /)
    .answer(/^umount /)
    .put({
      '/sys/class/net/lo/ifindex': '1\n',
      '/proc/1/stat': procStat(1),
      '/proc/self/mounts': 'proc /proc proc rw 0 0\n',
      '/proc/sys/kernel/msgmnb': '16384\n',
    });
  host.folders.add('/run');
  const over = new AbortController();
  const driver = new DriverHost(host, { id: 'v1', directory: DIRECTORY, over: over.signal });
  const before = await stateOf(host);
  return { ...{ host, over, driver, before }, after: () => takeAway(host, before, driver.deeds, DIRECTORY) };
}

describe('what a driver leaves', () => {
  it('is nothing where it made nothing', async (t) => {
    const v = await visit(t);
    await v.driver.run(['ip', 'link']);
    assert.deepEqual(await v.after(), []);
  });

  it('is an interface that its commands made, and none of a stranger’s that came meanwhile', async (t) => {
    const v = await visit(t);
    await v.driver.run(['ip', '-batch', '-'], { input: 'link add tap7 type veth peer name tap8\n' });
    v.host.put({ '/sys/class/net/tap7/ifindex': '7\n', '/sys/class/net/docker0/ifindex': '8\n' });
    assert.deepEqual(await v.after(), [{ what: 'interface tap7', kept: null }]);
    assert.ok(v.host.commands.includes('ip link delete dev tap7'));
    assert.ok(!v.host.commands.some((command) => command.includes('docker0')));
  });

  it('is told and left alone where the driver only named it', async (t) => {
    const v = await visit(t);
    v.host.answer(/^my-daemon /);
    await v.driver.run(['my-daemon', '--interface=tap7']);
    v.host.put({ '/sys/class/net/tap7/ifindex': '7\n' });
    assert.deepEqual(await v.after(), [{ what: 'interface tap7', kept: 'remove it: ip link delete dev tap7' }]);
    assert.ok(!v.host.commands.includes('ip link delete dev tap7'));
  });

  it('is not what was there before', async (t) => {
    const v = await visit(t);
    await v.driver.run(['ip', 'link', 'add', 'lo', 'type', 'bridge']);
    assert.deepEqual(await v.after(), []);
  });

  it('is a network namespace, and what is mounted in its folder', async (t) => {
    const v = await visit(t);
    await v.driver.run(['ip', 'netns', 'add', 'mine']);
    v.host.put({ '/run/netns/mine': '', '/run/netns/yours': '' });
    v.host.put({ '/proc/self/mounts': `proc /proc proc rw 0 0\nx ${DIRECTORY}/a tmpfs rw 0 0\ny /mnt tmpfs rw 0 0\n` });
    assert.deepEqual(
      (await v.after()).map(({ what }) => what),
      [`mount ${DIRECTORY}/a`, 'network namespace mine'],
    );
  });

  it('is an interface of the host’s own in such a namespace, which comes back before that goes, or keeps it', async (t) => {
    for (const moved of [true, false]) {
      const v = await visit(t);
      v.host.put({ '/sys/class/net/cable/ifindex': '2\n', '/sys/class/net/other/ifindex': '3\n' });
      const before = await stateOf(v.host);
      await v.driver.run(['ip', 'netns', 'add', 'mine']);
      v.host.put({ '/run/netns/mine': '' });
      for (const name of ['cable', 'other']) v.host.files.delete(`/sys/class/net/${name}/ifindex`);
      v.host
        .answer(/^ip -netns mine link show dev /, (line) => ({ exitCode: line.endsWith(' cable') ? 0 : 1 }))
        .answer(/^ip -netns mine link set dev cable netns 100$/, moved ? {} : { exitCode: 2, stderr: 'File exists\n' });
      const what = "the host's interface cable in network namespace mine";
      const kept = moved ? [null, null] : ['File exists', `${what} would go with it`];
      assert.deepEqual(await takeAway(v.host, before, v.driver.deeds, DIRECTORY), [
        { what, kept: kept[0] },
        { what: 'network namespace mine', kept: kept[1] },
      ]);
      assert.equal(v.host.commands.includes('ip netns delete mine'), moved);
    }
  });

  it('is a file out of its folder, and a knob that it turned: as it was before the first time', async (t) => {
    const v = await visit(t);
    v.host.put({ '/run/old': 'text' });
    v.host.folders.add(DIRECTORY);
    for (const path of ['/run/new', '/run/old', `${DIRECTORY}/x`]) await v.driver.write(path, 'text');
    for (const value of ['1', '2']) await v.driver.write('/proc/sys/kernel/msgmnb', value);
    assert.deepEqual(
      (await v.after()).map(({ what }) => what),
      ['/proc/sys/kernel/msgmnb at 2 instead of 16384', '/run/new'],
    );
    assert.equal(v.host.files.get('/proc/sys/kernel/msgmnb'), '16384');
    assert.deepEqual([v.host.files.has('/run/new'), v.host.files.has('/run/old')], [false, true]);
    // A second look finds nothing more.
    assert.deepEqual(await v.after(), []);
  });

  it('is every process that bears its mark, and no other', async (t) => {
    const v = await visit(t);
    v.host.put({
      ...{ '/proc/70/environ': 'A=1\0VSWBENCH_VISIT=v1\0', '/proc/70/comm': 'daemon\n', '/proc/70/stat': procStat(70) },
      ...{ '/proc/71/environ': 'VSWBENCH_VISIT=v2\0', '/proc/71/comm': 'other\n', '/proc/71/stat': procStat(71) },
    });
    v.host
      .answer(/^grep .*VSWBENCH_VISIT=v1 /, () => ({
        stdout: v.host.files.has('/proc/70/stat') ? '/proc/70/environ' : '',
      }))
      .answer(/^kill -KILL 70$/, () => {
        v.host.files.delete('/proc/70/stat');
        return {};
      });
    assert.deepEqual(await endProcesses(v.host, v.before, 'v1'), [{ what: 'process daemon (70)', kept: null }]);
    assert.ok(v.host.files.has('/proc/71/stat'));
  });
});

describe('a host as a driver has it', () => {
  it('does nothing any more when the visit is over', async (t) => {
    const v = await visit(t);
    v.over.abort('the visit of mine is over');
    const over = { name: 'HostError', message: 'the visit of mine is over' };
    await assert.rejects(v.driver.run(['ip', 'link', 'add', 'x']), over);
    await assert.rejects(v.driver.start(['x']), over);
    await assert.rejects(v.driver.write('/run/x', ''), over);
    await assert.rejects(v.driver.read('/run/x'), over);
    assert.deepEqual(v.host.commands, []);
  });
});
