// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Testbed } from './model.ts';
import { missingFrom, parseTestbedLike } from './testbed-like.ts';

const WORDS = ['direct', 'sriov', 'dpdk'];

const LAB: Pick<Testbed, 'name' | 'capabilities'> = {
  name: 'lab-3',
  capabilities: {
    ...{ cpus: 8, memoryBytes: 64 * 2 ** 30, kernel: '6.7.3-amd64', cpuModel: 'AMD EPYC 7003', virtual: false },
    ...{ remote: true, switches: ['direct', 'sriov'], frameworks: ['udp'] },
  },
};

function missing(text: string): string[] {
  const parsed = parseTestbedLike(text, WORDS);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return missingFrom(parsed.value, LAB);
}

describe('a wish for a testbed', () => {
  it('holds where all of its terms do', () => {
    assert.deepEqual(missing('sriov, cpus>=8,kernel>=6.7,memory>=64G,cpu~epyc,name=lab-3,remote,!virtual'), []);
  });

  it('names the terms that do not hold', () => {
    assert.deepEqual(missing('dpdk,cpus>8,kernel<6.7,memory=32GiB,name!=lab-3,!remote,direct'), [
      ...['dpdk', 'cpus>8', 'kernel<6.7', 'memory=32GiB', 'name!=lab-3', '!remote'],
    ]);
  });

  it('compares versions number by number, as far as they are given', () => {
    assert.deepEqual(missing('kernel=6.7,kernel>=6.7.3,kernel<6.10,kernel<=7'), []);
    assert.deepEqual(missing('kernel>=6.7.4'), ['kernel>=6.7.4']);
  });

  it('says what is wrong, and where', () => {
    const errorOf = (text: string) => {
      const parsed = parseTestbedLike(text, WORDS);
      return parsed.ok ? null : parsed.error;
    };
    assert.equal(errorOf('direct,,cpus>1'), 'direct,^,cpus>1: a term is missing here');
    assert.equal(errorOf('direct, cpus>=many'), 'direct, ^cpus>=many: is no whole number');
    assert.equal(
      errorOf('colour=red'),
      "^colour=red: 'colour' is not known: cpus, memory, kernel, cpu, name, or a switch or framework alone",
    );
    assert.equal(errorOf('cpu>4'), '^cpu>4: cpu takes =, != or ~ (contains)');
    assert.equal(errorOf('kernel~6'), "^kernel~6: kernel takes no '~'");
    assert.match(
      errorOf('sriof') ?? '',
      /^\^sriof: 'sriof' is no switch, framework or trait: known are virtual, remote, direct/,
    );
  });
});
