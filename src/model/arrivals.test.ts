// SPDX-License-Identifier: Apache-2.0
// What is read as arrivals, how it is recorded, and what is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trainsOf } from './arrivals.ts';
import { PARAMETERS } from './parameters.ts';

const READING = { fcs: false };
const parse = (given: string) => PARAMETERS.arrivals.parse(given, READING);

describe('arrivals', () => {
  const good: [string, string[]][] = [
    ['regular,poisson', ['regular', 'poisson']],
    ['on-off:32/1ms', ['on-off:32/1ms']],
    ['on-off:1k/1000us,on-off:1000/1ms', ['on-off:1000/1ms']],
    ['on-off:1/250µs', ['on-off:1/250us']],
    ['on-off:1048576/3600s', ['on-off:1048576/3600s']],
    ['on-off:2/1500ms', ['on-off:2/1500ms']],
  ];
  for (const [given, value] of good) {
    it(`may be ${given}`, () => assert.deepEqual(parse(given), { ok: true, value }));
  }
  const bad: [string, RegExp][] = [
    ['bursty', /'bursty' is not regular, poisson, or on-off .* as on-off:32\/1ms/],
    ['on-off', /as on-off:32\/1ms/],
    ['on-off:32/1', /as on-off:32\/1ms/],
    ['on-off:32', /as on-off:32\/1ms/],
    ['on-off:0/1ms', /give 1 to 1048576/],
    ['on-off:2M/1ms', /give 1 to 1048576/],
    ['on-off:1/0ms', /give 1ns to 3600s/],
    ['on-off:1/2h', /as on-off:32\/1ms/],
    ['on-off:1/3601s', /give 1ns to 3600s/],
  ];
  for (const [given, error] of bad) {
    it(`are not ${given}`, () => {
      const parsed = parse(given);
      assert.match(parsed.ok ? '' : parsed.error, error);
    });
  }
  it('are of trains, or of none', () => {
    assert.deepEqual(trainsOf('on-off:32/5us'), { packets: 32, pauseNs: 5000 });
    assert.equal(trainsOf('poisson'), null);
  });
});
