// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { board } from '../../test/fixtures/machines/board.ts';
import { HostError } from '../host/host.ts';
import { usableCpus } from './cpus.ts';

describe('usableCpus', () => {
  const TASKSET = { '/proc/self/status': 'Cpus_allowed_list:\t0-5\n' };

  it('are those that were named, and no others', async (t) => {
    const ids = async (named: string | undefined, files = {}) =>
      (await usableCpus(new FakeHost(t).put({ ...board, ...files }), named)).map(({ id }) => id).join(',');
    assert.equal(await ids(undefined), '0,1,2,3,4,5,6,7');
    assert.equal(await ids(undefined, TASKSET), '0,1,2,3,4,5');
    assert.equal(await ids('4-7'), '4,5,6,7');
    assert.equal(await ids('7,2'), '2,7');
    assert.equal(await ids('0,6-N'), '0,6,7');
    assert.equal(await ids('all', TASKSET), '0,1,2,3,4,5');
    assert.equal(await ids('0-N:1/4'), '0,4');
  });

  const REFUSED: [string, string][] = [
    ['2-15', 'cpus (--cpus): CPUs 8-15 of fake are not online; give some of 0-5'],
    ['8', 'cpus (--cpus): CPU 8 of fake is not online; give some of 0-5'],
    ['9-N', "cpus (--cpus): '9-N' names no CPU of fake: the last one, N, is 7"],
    ['4-7', 'cpus (--cpus): CPUs 6-7 of fake may not be used (affinity or cpuset); give some of 0-5'],
  ];
  for (const [named, message] of REFUSED) {
    it(`refuses ${named} in one line`, async (t) => {
      const host = new FakeHost(t).put({ ...board, ...TASKSET });
      await assert.rejects(usableCpus(host, named), (error) => {
        assert.ok(error instanceof HostError);
        assert.equal(error.message, message);
        return true;
      });
    });
  }
});
