// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import { reserveHugepages } from './hugepages.ts';

const MIB = 1024 * 1024;
const MACHINE = '/sys/kernel/mm/hugepages/hugepages-2048kB';
const NODE1 = '/sys/devices/system/node/node1/hugepages/hugepages-2048kB';

/** A host with pages in some folder, of which `room` more can be had. */
function machine(t: TestContext, folder: string, pages: { total: number; free: number; room: number }) {
  const host = new FakeHost(t).put({
    [`${folder}/nr_hugepages`]: `${pages.total}\n`,
    [`${folder}/free_hugepages`]: `${pages.free}\n`,
  });
  const write = host.write.bind(host);
  host.write = (path, text) => write(path, String(Math.min(Number(text), pages.total + pages.room)));
  return { host, undo: new FakeUndoStack(host) };
}

describe('reserveHugepages', () => {
  it('adds what is missing, and registers what to go back to before', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 10, free: 4, room: 100 });
    await reserveHugepages(host, undo, [
      { node: 0, bytes: 32 * MIB, inContainer: false },
      { node: 0, bytes: 5 * MIB, inContainer: false },
    ]);
    // 16 and 3 pages are needed, 4 of them are there.
    assert.deepEqual(host.events, [`undo restore-knob ${MACHINE}/nr_hugepages 10`, `write ${MACHINE}/nr_hugepages`]);
    assert.equal(host.files.get(`${MACHINE}/nr_hugepages`), '25');
  });
  it('adds them on the node where they are needed', async (t) => {
    const { host, undo } = machine(t, NODE1, { total: 0, free: 0, room: 100 });
    await reserveHugepages(host, undo, [{ node: 1, bytes: 2 * MIB, inContainer: false }]);
    assert.equal(host.files.get(`${NODE1}/nr_hugepages`), '1');
  });
  it('touches nothing where enough are free, or none are needed', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 10, free: 10, room: 0 });
    await reserveHugepages(host, undo, [{ node: 0, bytes: 20 * MIB, inContainer: false }]);
    await reserveHugepages(host, undo, []);
    assert.deepEqual(host.events, []);
  });
  it('says how many there is room for, and the mend', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 3 });
    await assert.rejects(
      reserveHugepages(host, undo, [{ node: 0, bytes: 20 * MIB, inContainer: false }]),
      /room for 3 of 10 more hugepages of 2 MiB: free memory, or reserve them at boot \(hugepagesz=2M hugepages=10/,
    );
    assert.deepEqual(undo.undos, [{ kind: 'restore-knob', path: `${MACHINE}/nr_hugepages`, value: '0' }]);
  });
  it('says so where the host does not let it', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 3 });
    host.write = () => Promise.reject(new HostError('cannot write: EROFS'));
    await assert.rejects(
      reserveHugepages(host, undo, [{ node: 0, bytes: 2 * MIB, inContainer: false }]),
      /may not be reserved here \(cannot write: EROFS\): have the host reserve them \(echo 1 >\/sys\/\S+\/hugepages-2048kB\/nr_hugepages\)/,
    );
  });
  it('counts free pages that are promised to others as theirs', async (t) => {
    const { host, undo } = machine(t, NODE1, { total: 10, free: 10, room: 100 });
    host.put({ [`${MACHINE}/resv_hugepages`]: '8\n' });
    await reserveHugepages(host, undo, [{ node: 1, bytes: 6 * MIB, inContainer: false }]);
    assert.equal(host.files.get(`${NODE1}/nr_hugepages`), '11');
    host.put({ [`${MACHINE}/resv_hugepages`]: '30\n' });
    await reserveHugepages(host, undo, [{ node: 1, bytes: 2 * MIB, inContainer: false }]);
    assert.equal(host.files.get(`${NODE1}/nr_hugepages`), '12');
  });
  it('gives pages back that were only lent to others as lent ones', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 10, free: 0, room: 100 });
    host.put({ [`${MACHINE}/surplus_hugepages`]: '3\n' });
    await reserveHugepages(host, undo, [{ node: 0, bytes: 4 * MIB, inContainer: false }]);
    assert.equal(host.files.get(`${MACHINE}/nr_hugepages`), '12');
    assert.deepEqual(undo.undos, [{ kind: 'restore-knob', path: `${MACHINE}/nr_hugepages`, value: '7' }]);
  });
  it('says why pages of 1 GiB are no help, which are all there is on a machine that was booted for them', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 0 });
    host.put({ '/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages': '16\n' });
    await assert.rejects(
      reserveHugepages(host, undo, [{ node: 0, bytes: 2 * MIB, inContainer: true }]),
      /room for 0 of 1 more hugepages of 2 MiB \(16 of 1024 MiB are free, and no part of such a page can be had\): free/,
    );
  });
  it('uses the whole machine for a node without memory', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 100 });
    host.put({ '/sys/devices/system/node/node1/cpulist': '4-7\n' });
    await reserveHugepages(host, undo, [{ node: 1, bytes: 2 * MIB, inContainer: false }]);
    assert.equal(host.files.get(`${MACHINE}/nr_hugepages`), '1');
  });
  it('says so where the kernel has none', async (t) => {
    const host = new FakeHost(t);
    await assert.rejects(
      reserveHugepages(host, new FakeUndoStack(host), [{ node: 0, bytes: 1, inContainer: false }]),
      /no hugepages/,
    );
  });
});

describe('a control group’s limit of hugepages', () => {
  const V2 = { '/proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n', '/proc/100/cgroup': '0::/a.slice/b.scope\n' };
  const needs = [
    { node: 0, bytes: 100 * MIB, inContainer: false },
    { node: 0, bytes: 32 * MIB, inContainer: true },
  ];
  const refusal = async (t: TestContext, files: Record<string, string>) => {
    const { host, undo } = machine(t, MACHINE, { total: 100, free: 100, room: 0 });
    host.put(files);
    try {
      await reserveHugepages(host, undo, needs);
      return null;
    } catch (error) {
      assert.ok(error instanceof HostError);
      assert.deepEqual(host.events, [], 'nothing is touched');
      return error.message;
    }
  };

  it('is told where the switch would be killed by it, at our own group or one above', async (t) => {
    const slice = '/sys/fs/cgroup/a.slice';
    const limited = (max: string, current: string) => ({
      ...V2,
      [`${slice}/hugetlb.2MB.max`]: max,
      [`${slice}/hugetlb.2MB.current`]: current,
      [`${slice}/b.scope/hugetlb.2MB.max`]: 'max\n',
    });
    assert.equal(
      await refusal(t, limited(`${128 * MIB}\n`, `${30 * MIB}\n`)),
      `100 MiB of hugepages are needed, and the control group ${slice} leaves 98 MiB: raise its hugetlb.2MB.max`,
    );
    assert.equal(await refusal(t, limited(`${130 * MIB}\n`, `${30 * MIB}\n`)), null, 'containers are outside of it');
    assert.match((await refusal(t, limited('0\n', '0\n'))) ?? '', /leaves 0 MiB/);
    assert.equal(await refusal(t, limited('max\n', '0\n')), null);
  });
  it('is told of the group above all where this host is a container, which holds for containers as well', async (t) => {
    const top = (bytes: number) => ({ ...V2, '/sys/fs/cgroup/hugetlb.2MB.rsvd.max': `${bytes}\n` });
    assert.match(
      (await refusal(t, top(131 * MIB))) ?? '',
      /^132 MiB of hugepages are needed, and the control group \/sys\/fs\/cgroup leaves 131 MiB: raise its hugetlb\.2MB\.rsvd/,
    );
    assert.equal(await refusal(t, top(132 * MIB)), null);
  });
  it('is that of version 1 where the controller is there', async (t) => {
    const v1 = (bytes: string) => ({
      '/proc/mounts': 'cgroup /sys/fs/cgroup/hugetlb cgroup rw,hugetlb 0 0\n',
      '/proc/100/cgroup': '4:hugetlb:/slurm\n0::/other\n',
      '/sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/hugetlb/slurm/hugetlb.2MB.limit_in_bytes': bytes,
    });
    assert.match(
      (await refusal(t, v1('1048576\n'))) ?? '',
      /\/hugetlb\/slurm leaves 1 MiB: raise its hugetlb\.2MB\.limit_in/,
    );
    assert.equal(await refusal(t, v1('9223372036854771712\n')), null);
  });
});
