// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext, test } from 'node:test';
import { FakeHost, FakeProcess, FakeUndoStack, procStat } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import {
  type Attachment,
  type ContainerSpec,
  commandPid,
  endPrograms,
  initPid,
  killContainer,
  prepareContainers,
  startContainer,
} from './lxc.ts';

const DIRECTORY = '/run/vswbench/containers';
const SPEC: ContainerSpec = {
  name: 'vswbench-0-sink',
  root: '/opt/vswbench/build/roots/0123456789ab',
  attachment: { kind: 'interface', interface: 'vswc0sink', mac: '02:00:00:00:00:02', address: '198.18.0.2/24' },
  command: ['/bin/vswload', 'receiver', '--io', 'udp'],
  isolated: null,
};

describe('prepareContainers', () => {
  it('registers every undo before it makes the folder', async (t) => {
    const host = new FakeHost(t).put({
      '/sys/fs/cgroup/cgroup.procs': '',
      '/sys/fs/cgroup/memory/cgroup.procs': '',
      '/sys/fs/cgroup/cpu/cgroup.procs': '',
      '/sys/fs/cgroup/cpu/lxc.pivot/cgroup.procs': '',
    });
    const undo = new FakeUndoStack(host);
    const directory = await prepareContainers(host, DIRECTORY, undo);
    assert.deepEqual(host.events, [
      // That of `cpu` was there before us.
      'undo remove-empty-directories /run/lxc/lock/run/vswbench,/run/lxc/lock/run,/run/lxc/lock,/run/lxc,/sys/fs/cgroup/./lxc.pivot,/sys/fs/cgroup/memory/lxc.pivot',
      'undo remove-path /run/lxc/lock/run/vswbench/containers',
      'undo remove-path /run/vswbench/containers',
      'undo end-lxc /run/vswbench/containers',
      'mkdir /run/vswbench/containers',
    ]);
    assert.deepEqual(directory, { path: DIRECTORY, ipv6: false, appArmor: false });
  });
  it('refuses version 1 of control groups to LXC 7, which cannot use it, before anything is touched', async (t) => {
    const prepared = async (version: string, files: Record<string, string>) => {
      const host = new FakeHost(t).put(files).answer(/^lxc-execute --version$/, { stdout: `${version}\n` });
      const undo = new FakeUndoStack(host);
      try {
        await prepareContainers(host, DIRECTORY, undo);
        return null;
      } catch (error) {
        assert.ok(error instanceof HostError);
        assert.deepEqual(undo.undos, []);
        return error.message;
      }
    };
    const v1 = { '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-3\n' };
    assert.equal(
      await prepared('7.0.0', v1),
      'LXC 7.0.0 needs control groups of version 2, and this host has version 1: boot with systemd.unified_cgroup_hierarchy=1, or install LXC 6',
    );
    assert.equal(await prepared('6.0.6', v1), null);
    assert.equal(await prepared('7.0.0', {}), null);
  });
  it('sees whether the kernel has AppArmor, and whether LXC is built with it', async (t) => {
    const sees = async (enabled: string, libraries: string, exitCode = 0) => {
      const host = new FakeHost(t).put({ '/sys/module/apparmor/parameters/enabled': enabled });
      host.answer(/^sh -c ldd "\$\(command -v lxc-execute\)"$/, { stdout: libraries, exitCode });
      return (await prepareContainers(host, DIRECTORY, new FakeUndoStack(host))).appArmor;
    };
    const built = '\tlibapparmor.so.1 => /lib/x86_64-linux-gnu/libapparmor.so.1 (0x00007f15cfd2d000)\n';
    assert.equal(await sees('Y\n', built), true);
    assert.equal(await sees('Y\n', '\tlibc.so.6 => /lib/libc.so.6 (0x7f)\n'), false);
    assert.equal(await sees('N\n', built), false);
    assert.equal(await sees('Y\n', '', 127), true, 'where nothing tells');
  });
  it('sees whether the kernel has IPv6', async (t) => {
    const host = new FakeHost(t).put({ '/proc/sys/net/ipv6/conf/all/disable_ipv6': '0\n' });
    assert.equal((await prepareContainers(host, DIRECTORY, new FakeUndoStack(host))).ipv6, true);
  });
});

describe('startContainer', () => {
  const start = async (t: TestContext, ipv6: boolean, attachment: Attachment = SPEC.attachment) => {
    const host = new FakeHost(t).onStart(/^lxc-execute/, () => new FakeProcess());
    host.folders.add(DIRECTORY);
    await startContainer(
      host,
      { path: DIRECTORY, ipv6, appArmor: false },
      { ...SPEC, attachment },
      new FakeUndoStack(host),
    );
    return host;
  };
  it('registers the undo, describes the container, starts it', async (t) => {
    const host = await start(t, false);
    assert.deepEqual(host.events, [
      'undo stop-container vswbench-0-sink /run/vswbench/containers',
      'write /run/vswbench/containers/vswbench-0-sink.conf',
      'start lxc-execute --lxcpath /run/vswbench/containers --name vswbench-0-sink --rcfile /run/vswbench/containers/vswbench-0-sink.conf -- /bin/vswload receiver --io udp',
    ]);
  });
  it('gives the container its port as eth0, with its addresses, on a root that cannot be written', async (t) => {
    const config = (await start(t, true)).files.get(`${DIRECTORY}/vswbench-0-sink.conf`)?.split('\n') ?? [];
    for (const line of [
      `lxc.rootfs.path = dir:${SPEC.root}`,
      'lxc.rootfs.options = ro',
      'lxc.net.0.type = phys',
      'lxc.net.0.link = vswc0sink',
      'lxc.net.0.name = eth0',
      'lxc.net.0.hwaddr = 02:00:00:00:00:02',
      'lxc.net.0.ipv4.address = 198.18.0.2/24',
      'lxc.sysctl.net.ipv6.conf.all.disable_ipv6 = 1',
    ]) {
      assert.ok(config.includes(line), line);
    }
  });
  it('may run on isolated CPUs, which LXC would take away with control groups of version 1', async (t) => {
    const config = async (isolated: string | null, files: Record<string, string>) => {
      const host = new FakeHost(t).put(files).onStart(/^lxc-execute/, () => new FakeProcess());
      host.folders.add(DIRECTORY);
      await startContainer(
        host,
        { path: DIRECTORY, ipv6: false, appArmor: false },
        { ...SPEC, isolated },
        new FakeUndoStack(host),
      );
      return host.files.get(`${DIRECTORY}/vswbench-0-sink.conf`) ?? '';
    };
    const v1 = { '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-3\n' };
    assert.match(await config('0-3', v1), /^lxc\.cgroup\.cpuset\.cpus = 0-3$/m);
    assert.doesNotMatch(await config('0-3', {}), /cpuset/);
    assert.doesNotMatch(await config(null, v1), /cpuset/);
  });
  it('shows it device files of the host under the same paths, and no interface', async (t) => {
    const devices = { kind: 'devices', devices: ['/dev/vfio/vfio', '/dev/vfio/6'] } as const;
    const config = (await start(t, true, devices)).files.get(`${DIRECTORY}/vswbench-0-sink.conf`)?.split('\n') ?? [];
    for (const line of [
      'lxc.net.0.type = empty',
      'lxc.mount.entry = /dev/vfio/vfio dev/vfio/vfio none bind,create=file 0 0',
      'lxc.mount.entry = /dev/vfio/6 dev/vfio/6 none bind,create=file 0 0',
    ]) {
      assert.ok(config.includes(line), line);
    }
  });
  it('shows it device files of the host, and the network namespace that it shares', async (t) => {
    const device = 'lxc.mount.entry = /dev/netmap dev/netmap none bind,create=file 0 0';
    const devices = ['/dev/netmap'];
    const lines = async (attachment: Attachment) =>
      (await start(t, true, attachment)).files.get(`${DIRECTORY}/vswbench-0-sink.conf`)?.split('\n') ?? [];
    const shared = await lines({ kind: 'namespace', namespace: '/proc/77/ns/net', devices });
    assert.ok(shared.includes(device) && shared.includes('lxc.namespace.share.net = /proc/77/ns/net'));
    assert.ok(!shared.some((line) => /^lxc\.(net|sysctl)\./.test(line)));
    assert.ok(!(await lines(SPEC.attachment)).includes(device));
  });
  it('is kept out of AppArmor’s profiles where there are any: LXC that is built without refuses the key', async (t) => {
    const config = async (appArmor: boolean) => {
      const host = new FakeHost(t).onStart(/^lxc-execute/, () => new FakeProcess());
      host.folders.add(DIRECTORY);
      await startContainer(host, { path: DIRECTORY, ipv6: false, appArmor }, SPEC, new FakeUndoStack(host));
      return host.files.get(`${DIRECTORY}/vswbench-0-sink.conf`) ?? '';
    };
    assert.match(await config(true), /^lxc\.apparmor\.profile = unconfined$/m);
    assert.doesNotMatch(await config(false), /apparmor/);
  });
  it('does not mention IPv6 to a kernel without it, where the container would not start', async (t) => {
    assert.doesNotMatch((await start(t, false)).files.get(`${DIRECTORY}/vswbench-0-sink.conf`) ?? '', /ipv6/);
  });
});

test('the command of a container is the child of its first process, or that itself', async (t) => {
  const host = new FakeHost(t).put({ '/proc/321/task/321/children': '322 \n', '/proc/9/task/9/children': '' });
  assert.deepEqual([await commandPid(host, 321), await commandPid(host, 9), await commandPid(host, 5)], [322, 9, 5]);
});

describe('initPid', () => {
  const INFO = /^lxc-info .*--name vswbench-0-sink --pid --no-humanize$/;
  const directory = { path: DIRECTORY, ipv6: false, appArmor: false };
  const CONTAINER = { name: SPEC.name, namespace: undefined, process: { pid: 300 } };
  it('tells the process and registers its end', async (t) => {
    const host = new FakeHost(t)
      .answer(INFO, { stdout: '321\n' })
      .put({ '/proc/321/stat': procStat(321, { startTicks: 77 }) });
    const undo = new FakeUndoStack(host);
    assert.equal(await initPid(host, directory, CONTAINER, undo), 321);
    assert.deepEqual(undo.undos, [{ kind: 'kill-process', pid: 321, startTicks: '77' }]);
  });
  it('asks LXC only where no child of lxc-execute leads a PID namespace', async (t) => {
    const status = (...ids: number[]) => `Name:\tx\nNSpid:\t${ids.join('\t')}\nNSsid:\t0\n`;
    const host = new FakeHost(t).answer(INFO, { stdout: '321\n' }).put({
      '/proc/300/task/300/children': '301 302 303 \n',
      '/proc/301/status': status(301),
      '/proc/302/status': status(302, 7),
      '/proc/303/status': status(303, 12, 1),
    });
    assert.equal(await initPid(host, directory, CONTAINER, new FakeUndoStack(host)), 303);
    assert.deepEqual(host.commands, []);
    host.put({ '/proc/303/status': status(303, 12, 2) });
    assert.equal(await initPid(host, directory, CONTAINER, new FakeUndoStack(host)), 321);
  });
  for (const stdout of ['', '-1\n', '0\n', 'nonsense\n']) {
    it(`says that a container has ended where lxc-info answers ${JSON.stringify(stdout)}`, async (t) => {
      const host = new FakeHost(t).answer(INFO, { stdout });
      await assert.rejects(
        initPid(host, directory, CONTAINER, new FakeUndoStack(host)),
        new HostError('container vswbench-0-sink has no process: it has ended'),
      );
    });
  }
});

describe('killContainer', () => {
  const STATE = /^lxc-info .*--state --no-humanize$/;
  const container = { name: SPEC.name, directory: DIRECTORY };
  const config = `${DIRECTORY}/${SPEC.name}.conf`;

  it('has nothing to stop where there is no such container, and removes its description', async (t) => {
    const host = new FakeHost(t).answer(STATE, { exitCode: 1, stdout: "x doesn't exist\n" }).put({ [config]: '' });
    assert.equal(await killContainer(host, container), null);
    assert.ok(!host.files.has(config));
    assert.equal(host.commands.length, 1);
  });
  it('stops one that runs', async (t) => {
    const host = new FakeHost(t).answer(STATE, { stdout: 'RUNNING\n' }).answer(/^lxc-stop .*--kill$/);
    assert.equal(await killContainer(host, container), null);
    assert.equal(host.commands.filter((command) => command.startsWith('lxc-stop')).length, 1);
  });
  it('removes the cgroups that a monitor which was killed has left', async (t) => {
    const host = new FakeHost(t)
      .answer(STATE, { stdout: 'STOPPED\n' })
      .answer(/^rmdir /)
      .put({
        '/sys/fs/cgroup/memory/cgroup.procs': '',
        [`/sys/fs/cgroup/memory/lxc.payload.${SPEC.name}/cgroup.procs`]: '',
        [`/sys/fs/cgroup/memory/lxc.monitor.${SPEC.name}/cgroup.procs`]: '',
      });
    assert.equal(await killContainer(host, container), null);
    assert.deepEqual(host.commands.slice(1), [
      `rmdir /sys/fs/cgroup/memory/lxc.payload.${SPEC.name}`,
      `rmdir /sys/fs/cgroup/memory/lxc.monitor.${SPEC.name}`,
    ]);
  });
  it('removes a cgroup as soon as the processes in it are gone that were killed', async (t) => {
    const group = `/sys/fs/cgroup/memory/lxc.payload.${SPEC.name}`;
    let left = 2;
    const host = new FakeHost(t)
      .answer(STATE, { stdout: 'STOPPED\n' })
      .answer(/^rmdir /, () => {
        left -= 1;
        if (left > 0) return { exitCode: 1, stderr: 'rmdir: Device or resource busy' };
        host.files.delete(`${group}/cgroup.procs`);
        return {};
      })
      .put({ '/sys/fs/cgroup/memory/cgroup.procs': '', [`${group}/cgroup.procs`]: '9\n' });
    assert.equal(await killContainer(host, container), null);
    assert.deepEqual(host.commands.slice(1), [`rmdir ${group}`, `rmdir ${group}`]);
  });
  it('tells why one does not stop, and keeps its description for the next attempt', async (t) => {
    const host = new FakeHost(t)
      .answer(STATE, { stdout: 'RUNNING\n' })
      .answer(/^lxc-stop/, { exitCode: null, stderr: 'it took too long and was ended' })
      .put({ [config]: '' });
    assert.equal(
      await killContainer(host, container),
      'cannot stop container vswbench-0-sink: it took too long and was ended',
    );
    assert.ok(host.files.has(config));
  });
});

describe('endPrograms', () => {
  const asked = /^grep .*--regexp \/run\/vswbench\/containers( \/proc\/\d+\/cmdline)+$/;
  const host = (t: TestContext) =>
    new FakeHost(t).put({ '/proc/7/comm': 'lxc-info\n', '/proc/8/comm': 'ls\n' }).answer(asked, {
      stdout: '/proc/7/cmdline\n/proc/8/cmdline\n',
    });

  it('waits for one that ends by itself, and leaves others alone that name the folder', async (t) => {
    const machine = host(t);
    let looks = 0;
    machine.answer(asked, () => ({ stdout: `${looks++ < 2 ? '/proc/7/cmdline\n' : ''}/proc/8/cmdline\n` }));
    assert.equal(await endPrograms(machine, DIRECTORY), null);
    assert.equal(looks, 3);
  });
  it('ends one that goes on', { timeout: 30_000 }, async (t) => {
    const machine = host(t);
    machine.answer(/^kill -KILL 7$/, () => {
      machine.files.delete('/proc/7/comm');
      return {};
    });
    assert.equal(await endPrograms(machine, DIRECTORY), null);
    assert.ok(machine.commands.includes('kill -KILL 7'));
  });
});
