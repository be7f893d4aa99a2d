// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatBps,
  formatPps,
  type Parsed,
  parseDurationMs,
  parseQuantities,
  parseQuantity,
  percentOf,
} from './units.ts';

function accepted<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) assert.fail(parsed.error);
  return parsed.value;
}

function refused(parsed: Parsed<unknown>): string {
  if (parsed.ok) assert.fail(`accepted as ${String(parsed.value)}`);
  assert.ok(!parsed.error.includes('\n'), 'an error is one line');
  return parsed.error;
}

describe('parseQuantity', () => {
  const good: [string, number][] = [
    ['0', 0],
    ['64', 64],
    ['064', 64],
    [' 64 ', 64],
    ['1.0', 1],
    ['1k', 1000],
    ['1K', 1000],
    ['1.5k', 1500],
    ['0.5k', 500],
    // 1.1 * 1e6 is 1100000.0000000002 in binary floating point.
    ['1.1M', 1_100_000],
    ['4.35M', 4_350_000],
    ['20M', 20_000_000],
    ['14.880952M', 14_880_952],
    ['10G', 10_000_000_000],
    // More than 15 significant digits are exact or refused, never rounded.
    ['1234567890123456', 1_234_567_890_123_456],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, expected] of good) {
    it(`reads '${text}'`, () => assert.equal(accepted(parseQuantity(text)), expected));
  }

  for (const text of ['', ' ', 'k', '.5k', '5.', '-1', '+1', '1e6', '0x40', '1 k', '1kk', '1m', '64B', 'NaN', '1,5k']) {
    it(`refuses '${text}' as no number`, () => assert.match(refused(parseQuantity(text)), /is not a number.*1\.5k/));
  }

  for (const text of ['1.5', '1.0001k', '1.0000000000000000001k', '0.1234567M']) {
    it(`refuses '${text}' as not whole`, () => assert.match(refused(parseQuantity(text)), /is not a whole number/));
  }

  for (const text of ['9007199254740993', '99999999999999999999', '10000000G', '9'.repeat(400)]) {
    it(`refuses ${text.slice(0, 20)} as too large`, () => {
      assert.match(refused(parseQuantity(text)), /is too large/);
    });
  }
});

describe('parseQuantities', () => {
  it('refuses a comma that may be a decimal one, with both readings', () => {
    const ambiguous = refused(parseQuantities('64,1,5M'));
    assert.equal(ambiguous, "'1,5M' reads as 1 and 5 M, or as 1.5 M; for one number write 1.5M, for two 1,5000000");
    assert.deepEqual(accepted(parseQuantities('1, 5M')), [1, 5e6]);
    assert.deepEqual(accepted(parseQuantities('1,5000000')), [1, 5e6]);
    assert.deepEqual(accepted(parseQuantities('5M,1')), [5e6, 1]);
    assert.deepEqual(accepted(parseQuantities('1,1.5M')), [1, 1.5e6]);
  });
  const good: [string, number[]][] = [
    ['64', [64]],
    ['64,256,1500', [64, 256, 1500]],
    ['64, 256 , 1500', [64, 256, 1500]],
    ['1500,64,1500,64', [1500, 64]],
    ['1M..4M/1M', [1e6, 2e6, 3e6, 4e6]],
    [' 1M .. 2M / 500k ', [1e6, 1.5e6, 2e6]],
    ['1.5M..2.5M/0.5M', [1.5e6, 2e6, 2.5e6]],
    ['64..64/1', [64]],
    ['64..200/64', [64, 128, 192]],
    ['0..2/1', [0, 1, 2]],
    ['1,3..5/1,4,10', [1, 3, 4, 5, 10]],
    ['1..20/x2', [1, 2, 4, 8, 16]],
    ['1..1k/x10', [1, 10, 100, 1000]],
    ['1 .. 8/x1.41, 3', [1, 2, 3, 4, 6, 8]],
    ['100..200/x1.5', [100, 150]],
    ['7..7/x2', [7]],
  ];
  for (const [text, expected] of good) {
    it(`reads '${text}'`, () => assert.deepEqual(accepted(parseQuantities(text)), expected));
  }

  it('takes a range of 1000 values and refuses one of 1001', () => {
    assert.equal(accepted(parseQuantities('1..1000/1')).length, 1000);
    assert.match(refused(parseQuantities('1..1001/1')), /has 1001 values; at most 1000/);
    assert.match(refused(parseQuantities('1..20M/1')), /has 20000000 values; at most 1000/);
  });

  const bad: [string, RegExp][] = [
    ['', /'' is not a number/],
    ['64,', /'' is not a number/],
    ['64,,128', /'' is not a number/],
    ['1..10', /is not a range.*first\.\.last\/step/],
    ['..10/1', /is not a range/],
    ['1..10/', /is not a range/],
    ['1..x/1', /in range '1\.\.x\/1': 'x' is not a number/],
    ['1..10/0', /is empty.*step must not be 0/],
    ['10..1/1', /is empty: first must not exceed last/],
    ['1..10/1.5', /'1\.5' is not a whole number/],
    ['1..10/x1', /in range '1\.\.10\/x1': 'x1' is not a factor above 1, as x2 or x1\.41/],
    ['1..10/x', /'x' is not a number/],
    ['1..10/x2k', /'x2k' is not a factor/],
    ['0..10/x2', /is empty: first must not exceed last, nor be 0/],
    ['10..1/x2', /is empty/],
    ['1..1M/x1.01', /has 1389 values; at most 1000/],
  ];
  for (const [text, expected] of bad) {
    it(`refuses '${text}'`, () => assert.match(refused(parseQuantities(text)), expected));
  }
});

describe('parseDurationMs', () => {
  const good: [string, number][] = [
    ['0', 0],
    ['0.0', 0],
    ['500ms', 500],
    ['3s', 3000],
    ['1.5s', 1500],
    ['0.001s', 1],
    [' 2m ', 120_000],
    ['2min', 120_000],
    ['1.5h', 5_400_000],
    // 1.1 * 60e3 is 66000.00000000001 in binary floating point.
    ['1.1m', 66_000],
  ];
  for (const [text, expected] of good) {
    it(`reads '${text}'`, () => assert.equal(accepted(parseDurationMs(text)), expected));
  }

  for (const text of ['', 's', '-1s', '3 s', '1e3', '3sec', '1h30m', '1d']) {
    it(`refuses '${text}'`, () => assert.match(refused(parseDurationMs(text)), /is not a duration.*500ms/));
  }

  it('refuses a number without a unit, and says both that it may be', () => {
    assert.equal(refused(parseDurationMs('500')), "'500' lacks a unit; give 500ms or 500s (units: ms, s, m, h)");
    assert.match(refused(parseDurationMs('0.5')), /give 0\.5ms or 0\.5s/);
  });

  it('refuses what it would have to round to another duration', () => {
    assert.match(refused(parseDurationMs('0.4ms')), /is not a whole number of milliseconds/);
    assert.match(refused(parseDurationMs('1.0005s')), /is not a whole number of milliseconds/);
  });

  it('refuses what no number can hold', () => {
    assert.match(refused(parseDurationMs(`${'9'.repeat(400)}s`)), /is too large/);
  });
});

describe('formatPps and formatBps', () => {
  const texts: [number, string][] = [
    [0, '0.00 pps'],
    [1, '1.00 pps'],
    [12.34, '12.3 pps'],
    [123.45, '123.5 pps'],
    [345_200, '345.2 kpps'],
    [8_014_000, '8.01 Mpps'],
    [14_880_952, '14.9 Mpps'],
    [1.5e9, '1.50 Gpps'],
    // Rounding must not leave a prefix that is one too small.
    [999.97, '1.00 kpps'],
    [999_960, '1.00 Mpps'],
    [999_999_999, '1.00 Gpps'],
    [999_940, '999.9 kpps'],
    [1.2345e12, '1235 Gpps'],
    [-2500, '-2.50 kpps'],
  ];
  for (const [pps, expected] of texts) {
    it(`writes ${pps} as ${expected}`, () => assert.equal(formatPps(pps), expected));
  }

  it('writes bits per second with decimal prefixes', () => {
    assert.equal(formatBps(10e9), '10.0 Gbit/s');
    assert.equal(formatBps(176_742_400), '176.7 Mbit/s');
  });
});

describe('percentOf', () => {
  it('keeps what was asked for, and ends in no zeros', () => {
    assert.deepEqual(
      [0.02, 0.005, 0.00255, 0, 1].map((ratio) => percentOf(ratio)),
      ['2 %', '0.5 %', '0.255 %', '0 %', '100 %'],
    );
    // 100 * 0.07 is 7.000000000000001 in binary floating point.
    assert.equal(percentOf(0.07), '7 %');
  });
  it('rounds what was measured', () => {
    assert.deepEqual(
      [0.98765, 0.02, 1 / 3].map((ratio) => percentOf(ratio, 1)),
      ['98.8 %', '2 %', '33.3 %'],
    );
  });
});
