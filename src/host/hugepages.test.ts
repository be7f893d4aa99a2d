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
      { node: 0, bytes: 32 * MIB },
      { node: 0, bytes: 5 * MIB },
    ]);
    // 16 and 3 pages are needed, 4 of them are there.
    assert.deepEqual(host.events, [`undo restore-knob ${MACHINE}/nr_hugepages 10`, `write ${MACHINE}/nr_hugepages`]);
    assert.equal(host.files.get(`${MACHINE}/nr_hugepages`), '25');
  });
  it('adds them on the node where they are needed', async (t) => {
    const { host, undo } = machine(t, NODE1, { total: 0, free: 0, room: 100 });
    await reserveHugepages(host, undo, [{ node: 1, bytes: 2 * MIB }]);
    assert.equal(host.files.get(`${NODE1}/nr_hugepages`), '1');
  });
  it('touches nothing where enough are free, or none are needed', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 10, free: 10, room: 0 });
    await reserveHugepages(host, undo, [{ node: 0, bytes: 20 * MIB }]);
    await reserveHugepages(host, undo, []);
    assert.deepEqual(host.events, []);
  });
  it('says how many there is room for, and the mend', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 3 });
    await assert.rejects(
      reserveHugepages(host, undo, [{ node: 0, bytes: 20 * MIB }]),
      /room for 3 of 10 more hugepages of 2 MiB: free memory, or reserve them at boot \(hugepages=10/,
    );
    assert.deepEqual(undo.undos, [{ kind: 'restore-knob', path: `${MACHINE}/nr_hugepages`, value: '0' }]);
  });
  it('says so where the host does not let it', async (t) => {
    const { host, undo } = machine(t, MACHINE, { total: 0, free: 0, room: 3 });
    host.write = () => Promise.reject(new HostError('cannot write: EROFS'));
    await assert.rejects(
      reserveHugepages(host, undo, [{ node: 0, bytes: 2 * MIB }]),
      /may not be reserved here \(cannot write: EROFS\): have the host reserve them \(sysctl vm.nr_hugepages=1\)/,
    );
  });
  it('says so where the kernel has none', async (t) => {
    const host = new FakeHost(t);
    await assert.rejects(reserveHugepages(host, new FakeUndoStack(host), [{ node: 0, bytes: 1 }]), /no hugepages/);
  });
});
