// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerBytesOf, headersOf, networksOf, parseVlan, parseVlans, vlansOf } from './encapsulation.ts';

const PLAIN = { vlan: 'none', qinq: 'none', ip: '4', flowFields: 'ip', flows: 1 } as const;

describe('ids of VLANs', () => {
  for (const [text, value] of [
    ['none', 'none'],
    ['1', '1'],
    ['4094', '4094'],
    ['100-199', '100-199'],
    ['7-7', '7'],
  ] as const) {
    it(`are read of ${text}`, () => assert.deepEqual(parseVlans(text), { ok: true, value: [value] }));
  }
  for (const text of ['0', '4095', '100-', '-5', '200-100', '1-4095', '007', 'all', '1..5', '']) {
    it(`are not '${text}', with what would be right`, () => {
      const parsed = parseVlans(text);
      assert.ok(!parsed.ok);
      assert.equal(parsed.error, `'${text}' is not a VLAN id from 1 to 4094, several as 100-199, or none`);
    });
  }
  it('are one where there may be no more', () => {
    assert.deepEqual(parseVlan('200'), { ok: true, value: ['200'] });
    assert.deepEqual(parseVlan('none'), { ok: true, value: ['none'] });
    for (const text of ['200-201', '7-7', '4095']) {
      assert.deepEqual(parseVlan(text), { ok: false, error: `'${text}' is not a VLAN id from 1 to 4094, or none` });
    }
  });
});

describe('headers', () => {
  it('are the usual ones where nothing else is asked for', () => {
    assert.deepEqual([headersOf(PLAIN), vlansOf(PLAIN), networksOf(PLAIN), headerBytesOf(PLAIN)], [[], [], [], 42]);
  });
  it('have the ids of a range in turn', () => {
    assert.deepEqual(vlansOf({ ...PLAIN, vlan: '100-103' }), [100, 101, 102, 103]);
    assert.deepEqual(networksOf({ ...PLAIN, vlan: '100-101' }), [100, 101]);
    assert.equal(headerBytesOf({ ...PLAIN, vlan: '100-103' }), 46);
  });
  it('have an id for each flow that differs in it, from the given one or 1 on', () => {
    assert.deepEqual(vlansOf({ ...PLAIN, flowFields: 'vlan', flows: 3 }), [1, 2, 3]);
    assert.deepEqual(vlansOf({ ...PLAIN, flowFields: 'vlan', flows: 2, vlan: '50' }), [50, 51]);
    assert.deepEqual(headersOf({ ...PLAIN, flowFields: 'vlan' }), ['vlan']);
  });
  it('are told apart by the outer tag, where there are two', () => {
    const both = { ...PLAIN, vlan: '100-199', qinq: '200', ip: '6' } as const;
    assert.deepEqual(networksOf(both), [200]);
    assert.deepEqual(headersOf(both), ['vlan', 'qinq', 'ip6']);
    assert.equal(headerBytesOf(both), 70);
  });
});
