// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import type { Undo } from '../host/host.ts';
import { carryOut } from './undo.ts';

const LINK = '/sys/class/net/vswbr0/ifindex';

/** Each kind with a host on which there is something to undo, and what must be true of that host afterwards. */
const KINDS: { undo: Undo; host: (t: TestContext) => FakeHost; done: (host: FakeHost) => boolean }[] = [
  {
    undo: { kind: 'delete-link', name: 'vswbr0' },
    host: (t) => {
      const host = new FakeHost(t).put({ [LINK]: '7\n' });
      return host.answer(/^ip link delete dev vswbr0$/, () => {
        host.files.delete(LINK);
        return {};
      });
    },
    done: (host) => host.commands.length === 1,
  },
  {
    undo: {
      ...{ kind: 'return-link', name: 'cable0', namespace: '/run/netns/vswnet9', home: '77' },
      ...{ up: true, settings: [{ path: '/proc/sys/net/ipv6/conf/cable0/disable_ipv6', value: '1' }] },
    },
    host: (t) => {
      let away = true;
      return new FakeHost(t)
        .put({ '/run/netns/other': '' })
        .answer(/^stat /, { exitCode: 1, stdout: '5 /proc/100/ns/net\n77 /run/netns/other' })
        .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- ip link show /, () => ({ exitCode: away ? 0 : 1 }))
        .answer(/^nsenter --net=\/run\/netns\/other -- ip link show /, () => ({ exitCode: away ? 1 : 0 }))
        .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- ip link set dev cable0 netns \/run\/netns\/other$/, () => {
          away = false;
          return {};
        })
        .answer(/^nsenter --net=\/run\/netns\/other -- sh -c .*\/cable0\/disable_ipv6 1$/)
        .answer(/^nsenter --net=\/run\/netns\/other -- ip link set dev cable0 nomaster up$/);
    },
    // The second time all is there, and set once more.
    done: (host) => host.commands.filter((command) => / (netns|sh -c|nomaster) /.test(command)).length === 5,
  },
  {
    undo: { kind: 'release-link', name: 'cable0', up: false, promiscuous: false },
    host: (t) => new FakeHost(t).put({ '/sys/class/net/cable0/ifindex': '4\n' }).answer(/^ip link set /),
    done: (host) => host.commands.every((one) => one === 'ip link set dev cable0 nomaster promisc off down'),
  },
  {
    undo: { kind: 'stop-container', name: 'c', directory: '/run/x', namespace: '/run/netns/vswnet9' },
    host: (t) => {
      let state = { exitCode: 0, stdout: 'RUNNING\n' };
      return new FakeHost(t)
        .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- lxc-info .*--name c /, () => state)
        .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- lxc-stop .*--name c --kill$/, () => {
          state = { exitCode: 1, stdout: "c doesn't exist\n" };
          return {};
        });
    },
    done: (host) => host.commands.filter((command) => command.includes('lxc-stop')).length === 1,
  },
  {
    undo: { kind: 'stop-container', name: 'c', directory: '/run/x' },
    host: (t) => {
      let state = { exitCode: 0, stdout: 'RUNNING\n' };
      return new FakeHost(t)
        .put({ '/run/x/c.conf': '' })
        .answer(/^lxc-info .*--name c /, () => state)
        .answer(/^lxc-stop .*--name c --kill$/, () => {
          state = { exitCode: 1, stdout: "c doesn't exist\n" };
          return {};
        });
    },
    done: (host) =>
      host.files.size === 0 && host.commands.filter((command) => command.startsWith('lxc-stop')).length === 1,
  },
  {
    undo: { kind: 'remove-path', path: '/run/x' },
    host: (t) => new FakeHost(t).put({ '/run/x/a': '', '/run/xy': '' }),
    done: (host) => [...host.files.keys()].join() === '/run/xy',
  },
  {
    undo: { kind: 'remove-empty-directory', path: '/run/lxc' },
    host: (t) => {
      let calls = 0;
      return new FakeHost(t).answer(/^rmdir --ignore-fail-on-non-empty \/run\/lxc$/, () => {
        calls += 1;
        return calls === 1 ? {} : { exitCode: 1, stderr: 'rmdir: no such file or directory' };
      });
    },
    done: (host) => host.commands.length === 2,
  },
  {
    undo: { kind: 'remove-empty-directories', paths: ['/run/lxc/lock', '/run/lxc'] },
    host: (t) => new FakeHost(t).answer(/^rmdir --ignore-fail-on-non-empty \/run\/lxc\/lock \/run\/lxc$/),
    done: (host) => host.commands.length === 2,
  },
  {
    undo: { kind: 'restore-knob', path: '/proc/sys/knob', value: '0' },
    host: (t) => new FakeHost(t).put({ '/proc/sys/knob': '1' }),
    done: (host) => host.files.get('/proc/sys/knob') === '0',
  },
  {
    undo: { kind: 'kill-process', pid: 9, startTicks: '50' },
    host: (t) => {
      const host = new FakeHost(t).put({ '/proc/9/stat': procStat(9, { startTicks: 50 }) });
      return host.answer(/^kill -KILL 9$/, () => {
        host.files.delete('/proc/9/stat');
        return {};
      });
    },
    done: (host) => host.commands.length === 1,
  },
  {
    undo: { kind: 'turn-back', path: '/proc/sys/knob', before: '1', turned: ['0'] },
    host: (t) => new FakeHost(t).put({ '/proc/sys/knob': '0\n' }),
    done: (host) => host.files.get('/proc/sys/knob') === '1' && host.events.length === 1,
  },
  {
    undo: { kind: 'run', command: ['true', 'x'] },
    host: (t) => new FakeHost(t).answer(/^true x$/),
    done: (host) => host.commands.length === 2,
  },
];

describe('carryOut', () => {
  for (const { undo, host: make, done } of KINDS) {
    it(`${undo.kind} undoes, and is content where there is nothing left to undo`, async (t) => {
      const host = make(t);
      assert.equal(await carryOut(host, undo), null);
      assert.equal(await carryOut(host, undo), null);
      assert.ok(done(host), host.events.join('\n'));
    });
  }

  it('leaves a process alone that has been given the id of the one meant', async (t) => {
    const host = new FakeHost(t).put({ '/proc/9/stat': procStat(9, { startTicks: 51 }) });
    assert.equal(await carryOut(host, { kind: 'kill-process', pid: 9, startTicks: '50' }), null);
    assert.deepEqual(host.commands, []);
  });

  it('is content with a process that ends by itself before it is killed', async (t) => {
    const host = new FakeHost(t).put({ '/proc/9/stat': procStat(9, { startTicks: 50 }) });
    host.answer(/^kill/, () => {
      host.files.delete('/proc/9/stat');
      return { exitCode: 1, stderr: 'kill: (9) - No such process' };
    });
    assert.equal(await carryOut(host, { kind: 'kill-process', pid: 9, startTicks: '50' }), null);
  });

  it('is content with an interface that goes with its other end before it is deleted', async (t) => {
    const host = new FakeHost(t).put({ [LINK]: '7\n' });
    host.answer(/^ip link delete/, () => {
      host.files.delete(LINK);
      return { exitCode: 1, stderr: 'Cannot find device "vswbr0"' };
    });
    assert.equal(await carryOut(host, { kind: 'delete-link', name: 'vswbr0' }), null);
  });

  it('is content with a knob that went with its interface', async (t) => {
    const undo: Undo = { kind: 'restore-knob', path: '/proc/sys/net/ipv6/conf/gone/disable_ipv6', value: '0' };
    assert.equal(await carryOut(new FakeHost(t), undo), null);
  });

  it('leaves a knob as it is that somebody else has turned, tells of it, and does not fail', async (t) => {
    const host = new FakeHost(t).put({ '/proc/sys/knob': '2\n' });
    const told: string[] = [];
    const undo: Undo = { kind: 'turn-back', path: '/proc/sys/knob', before: '1', turned: ['0'] };
    assert.equal(await carryOut(host, undo, (line) => told.push(line)), null);
    assert.match(
      told.join(),
      /^\/proc\/sys\/knob is '2' by now, and left so: vswbench found '1' there and made it '0'/,
    );
    assert.deepEqual(host.events, []);
  });

  it('tells in one line what it could not do', async (t) => {
    const host = new FakeHost(t)
      .put({ [LINK]: '7\n' })
      .answer(/^ip link delete/, { exitCode: 2, stderr: 'RTNETLINK answers: Operation not permitted\n' });
    host.put({ '/proc/sys/knob': '1' }).broken.set('/proc/sys/knob', 'EACCES');
    assert.equal(
      await carryOut(host, { kind: 'delete-link', name: 'vswbr0' }),
      'cannot delete interface vswbr0: RTNETLINK answers: Operation not permitted',
    );
    assert.match((await carryOut(host, { kind: 'restore-knob', path: '/proc/sys/knob', value: '0' })) ?? '', /EACCES/);
  });
});
