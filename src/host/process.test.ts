// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import { endChildren, killMarked, parseProcessStat, startTicksOf } from './process.ts';

/** As Linux 6.1 prints it. */
const NODE =
  '17710 (node-MainThread) S 17700 17700 8779 0 -1 4194560 444430 923 10 2 618 179 1 0 20 0 11 0 496180 11629334528 362982 18446744073709551615 8577024 55083077 140729259776528 0 0 0 0 4096 1536 0 0 0 17 1 0 0 0 0 0 120222368 120616000 657518592 140729259780715 140729259780733 140729259780733 140729259782088 0\n';

describe('parseProcessStat', () => {
  it('takes each figure from its field', () => {
    assert.deepEqual(parseProcessStat(NODE), {
      name: 'node-MainThread',
      state: 'S',
      userTicks: 618,
      cpu: 1,
      systemTicks: 179,
      startTicks: '496180',
    });
  });
  for (const name of ['a b', 'tmux: server', '(sd-pam)', ') R 1 (', 'kworker/0:1-ev)', '']) {
    it(`is not misled by the name '${name}'`, () => {
      const text = procStat(7, { name, userTicks: 3, systemTicks: 4, startTicks: 99 });
      assert.deepEqual(parseProcessStat(text), {
        name,
        state: 'S',
        userTicks: 3,
        systemTicks: 4,
        cpu: 0,
        startTicks: '99',
      });
    });
  }
  for (const text of ['', 'nonsense', '1 (torn) S 1 1', '1 (torn']) {
    it(`refuses '${text}'`, () => {
      assert.equal(parseProcessStat(text), null);
    });
  }
});

describe('startTicksOf', () => {
  it('tells when a process began', async (t) => {
    const host = new FakeHost(t).put({ '/proc/7/stat': procStat(7, { startTicks: 555 }) });
    assert.equal(await startTicksOf(host, 7), '555');
  });
  it('is null where there is none of that id', async (t) => {
    assert.equal(await startTicksOf(new FakeHost(t), 7), null);
  });
  it('is null for a zombie: it has ended, whatever its parent thinks', async (t) => {
    const host = new FakeHost(t).put({ '/proc/7/stat': procStat(7, { state: 'Z' }) });
    assert.equal(await startTicksOf(host, 7), null);
  });
});

describe('endChildren', () => {
  it('asks those of the name, of any thread, and waits until they are gone', async (t) => {
    const host = new FakeHost(t).put({
      '/proc/5/task/5/children': '6 7 ',
      '/proc/5/task/9/children': '8 ',
      '/proc/6/comm': 'sleep\n',
      ...Object.fromEntries([7, 8].map((pid) => [`/proc/${pid}/comm`, 'hostagent\n'])),
      ...Object.fromEntries([7, 8].map((pid) => [`/proc/${pid}/task/${pid}/comm`, 'hostagent\n'])),
      ...Object.fromEntries([6, 7, 8].map((pid) => [`/proc/${pid}/stat`, procStat(pid, { startTicks: 555 })])),
    });
    const asked: string[] = [];
    host.answer(/^kill -TERM /, (command) => {
      asked.push(command);
      host.files.delete('/proc/7/stat');
      // Not yet asked for by its parent, which stands still.
      setTimeout(() => host.put({ '/proc/8/stat': procStat(8, { state: 'Z', startTicks: 555 }) }), 20);
      return {};
    });
    assert.equal(await endChildren(host, 5, 'hostagent'), null);
    assert.deepEqual(asked, ['kill -TERM 7 8']);
    assert.match(host.files.get('/proc/8/stat') ?? '', / Z /);
  });
});

describe('killMarked', () => {
  const process = () => ({ '/proc/7/stat': procStat(7, { startTicks: 555 }), '/proc/7/task/7/comm': 'switch\n' });

  it('waits for one that has lost its environment, but not yet its memory', async (t) => {
    const host = new FakeHost(t).put(process());
    let looks = 0;
    host.answer(/^grep .*VSWBENCH_MARK=here/, () => ({ stdout: looks++ === 0 ? '/proc/7/environ\n' : '' }));
    let kills = 0;
    host.answer(/^kill -KILL 7$/, () => {
      kills += 1;
      if (kills === 3) host.files.delete('/proc/7/stat');
      return {};
    });
    assert.equal(await killMarked(host, 'here'), null);
    assert.equal(kills, 3);
  });
  it('waits for the threads of one whose first thread has ended', async (t) => {
    const host = new FakeHost(t).put({ ...process(), '/proc/7/task/8/comm': 'poller\n' });
    let looks = 0;
    host.answer(/^grep /, () => ({ stdout: looks++ === 0 ? '/proc/7/environ\n' : '' }));
    let kills = 0;
    host.answer(/^kill -KILL 7$/, () => {
      kills += 1;
      host.put({ '/proc/7/stat': procStat(7, { state: 'Z', startTicks: 555 }) });
      if (kills === 2) host.files.delete('/proc/7/task/8/comm');
      return {};
    });
    assert.equal(await killMarked(host, 'here'), null);
    assert.equal(kills, 2);
  });
  it('leaves one alone that has the id of one that is gone', async (t) => {
    const host = new FakeHost(t).put(process());
    let looks = 0;
    host.answer(/^grep /, () => ({ stdout: looks++ === 0 ? '/proc/7/environ\n' : '' }));
    let kills = 0;
    host.answer(/^kill -KILL 7$/, () => {
      kills += 1;
      host.put({ '/proc/7/stat': procStat(7, { startTicks: 556 }) });
      return {};
    });
    assert.equal(await killMarked(host, 'here'), null);
    assert.equal(kills, 1);
  });
});
