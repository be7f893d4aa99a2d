// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { assembled, whole } from './fields.ts';
import { CELL_KEYS, defaultOf, isAsBefore, optionOf, PARAMETER_KEYS, PARAMETERS } from './parameters.ts';
import { caseKey, TestCaseSchema } from './testcase.ts';

describe('the parameters of a test case', () => {
  it('have a name of their own each, wherever they are told apart by one', () => {
    const names: ((key: (typeof PARAMETER_KEYS)[number]) => unknown)[] = [
      optionOf,
      (key) => PARAMETERS[key].column.name,
      (key) => PARAMETERS[key].title,
      (key) => PARAMETERS[key].heading,
    ];
    for (const nameOf of names) assert.equal(new Set(PARAMETER_KEYS.map(nameOf)).size, PARAMETER_KEYS.length);
  });

  it('are read back from what their options take', () => {
    const one = testCase({ testbed: 'lab', pairs: 4, packetSize: 1500, rate: 1500, touch: 'none' });
    for (const key of PARAMETER_KEYS) {
      const read = <Key extends typeof key>(name: Key) =>
        PARAMETERS[name].parse(PARAMETERS[name].written(one[name]), { fcs: false });
      assert.deepEqual(read(key), { ok: true, value: [one[key]] });
    }
  });

  it('have defaults of which the paper’s figures are made, and sizes with the FCS where they are given so', () => {
    const point = (dimension: 'throughput' | 'latency', fcs: boolean) =>
      [defaultOf('packetSize', dimension, { fcs }), defaultOf('rate', dimension, { fcs })].join(' ');
    assert.equal(point('throughput', false), '64 max');
    assert.equal(point('latency', true), '60 1000');
    for (const key of CELL_KEYS) {
      const value = defaultOf(key, 'throughput', { fcs: false });
      assert.ok(PARAMETERS[key].before === undefined || isAsBefore(key, value), `${key} is not measured as before`);
    }
  });
});

describe('the key of a test case', () => {
  it('is what it was, whatever parameters there are by now', () => {
    const one = testCase({ io: 'dpdk', port: 'memif', rate: 'max' });
    assert.equal(caseKey(one), 'throughput local 1vs1 linux-bridge dpdk/memif P=64 R=max B=64 touch=full wait=yield');
    assert.equal(
      caseKey({ ...one, rxModeration: 'off', placement: 'same-core', testbed: 'lab' }),
      `${caseKey(one)} rx-moderation=off placement=same-core testbed=lab`,
    );
  });

  it('is that of a record from before a parameter, and differs with its every other value', () => {
    const { testbed: _testbed, rxModeration: _rxModeration, placement: _placement, ...old } = testCase();
    assert.equal(caseKey(TestCaseSchema.parse(old)), caseKey(testCase()));
    for (const part of [{ testbed: 'lab' }, { rxModeration: 'off' }, { placement: 'same-cache' }] as const) {
      assert.notEqual(caseKey(testCase(part)), caseKey(testCase()));
    }
  });
});

describe('an object made field by field', () => {
  it('is refused where a field is missing', () => {
    assert.deepEqual(
      assembled<{ a: number; b: number }>(['a', 'b'], () => 1),
      { a: 1, b: 1 },
    );
    const none: { a?: number } = {};
    assert.throws(() => whole<{ a: number }>(none, ['a']), TypeError);
  });
});
