// SPDX-License-Identifier: Apache-2.0
// What is read as flows and their order, and what is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PARAMETERS } from './parameters.ts';

const READING = { fcs: false };

describe('flows', () => {
  for (const given of ['1,100,10k,1M', ['1', '100', '10k', '1M'], '1, 100 ,10000,1000000']) {
    it(`are counts, with a comma between two: ${JSON.stringify(given)}`, () => {
      assert.deepEqual(PARAMETERS.flows.parse(given, READING), { ok: true, value: [1, 100, 10_000, 1_000_000] });
    });
  }
  for (const given of ['0', '2M', '1.5', 'many']) {
    it(`are not ${given}`, () => {
      assert.equal(PARAMETERS.flows.parse(given, READING).ok, false);
    });
  }
});

describe('the order of flows', () => {
  for (const given of ['round-robin', 'uniform', 'new', 'zipf:1.1', 'zipf:0.5', 'zipf:10', 'zipf:2']) {
    it(`may be ${given}`, () => {
      assert.deepEqual(PARAMETERS.flowOrder.parse(given, READING), { ok: true, value: [given] });
    });
  }
  for (const given of [
    'random',
    'zipf',
    'zipf:',
    'zipf:0',
    'zipf:0.00',
    'zipf:10.5',
    'zipf:11',
    'zipf:-1',
    'zipf:1e1',
  ]) {
    it(`is not ${given}`, () => {
      const parsed = PARAMETERS.flowOrder.parse(given, READING);
      assert.match(
        parsed.ok ? '' : parsed.error,
        /is not round-robin, uniform, new, or zipf with an exponent up to 10/,
      );
    });
  }
});
