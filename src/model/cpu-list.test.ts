// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dependsOnMachine, formatCpuList, parseCpuList, parseCpuNames } from './cpu-list.ts';

describe('parseCpuList', () => {
  const CASES: [string, number[]][] = [
    ['0-3,8\n', [0, 1, 2, 3, 8]],
    ['0', [0]],
    ['1,3,5-6', [1, 3, 5, 6]],
    ['\n', []],
    ['', []],
  ];
  for (const [text, cpus] of CASES) {
    it(JSON.stringify(text), () => {
      assert.deepEqual(parseCpuList(text), cpus);
    });
  }
});

describe('formatCpuList', () => {
  const CASES: [number[], string][] = [
    [[8, 0, 1, 2, 3, 3], '0-3,8'],
    [[5], '5'],
    [[1, 2, 4], '1-2,4'],
    [[], ''],
  ];
  for (const [cpus, text] of CASES) {
    it(JSON.stringify(cpus), () => {
      assert.equal(formatCpuList(cpus), text);
    });
  }
});

describe('parseCpuNames', () => {
  it('reads numbers and ranges, each once', () => {
    assert.deepEqual(parseCpuNames('4-6, 0,5'), { ok: true, value: [0, 4, 5, 6] });
  });
  const READ: [string, number, number[]][] = [
    // Of each four the first two, as in the kernel's own documentation.
    ['0-7:2/4', 9, [0, 1, 4, 5]],
    ['0-7:2', 9, [0, 2, 4, 6]],
    ['0,4-N', 6, [0, 4, 5, 6]],
    ['N', 3, [3]],
    ['all', 2, [0, 1, 2]],
    [' all ', 1, [0, 1]],
    ['0-6:1/3,N', 7, [0, 3, 6, 7]],
  ];
  for (const [text, last, cpus] of READ) {
    it(`reads ${JSON.stringify(text)} where ${last} is the last`, () => {
      assert.deepEqual(parseCpuNames(text, last), { ok: true, value: cpus });
      assert.equal(dependsOnMachine(text), /[Na]/.test(text));
    });
  }
  for (const text of [
    '',
    '2-',
    '-2',
    '5-2',
    '0,,1',
    '0-9999',
    '1.5',
    'N-2',
    '0-7:5/4',
    '0-7:0/2',
    '0-7:0',
    '3:2',
    'every',
    '0 2',
    '0x',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const parsed = parseCpuNames(text);
      assert.match(parsed.ok ? '' : parsed.error, /is not a list of CPUs, such as 2-15/);
    });
  }
  it('refuses a mask, and says what list it is', () => {
    const refusal = (text: string) => {
      const parsed = parseCpuNames(text);
      return parsed.ok ? '' : parsed.error;
    };
    assert.equal(refusal('0xff'), "'0xff' is a mask, and not a list of CPUs: give 0-7");
    assert.equal(refusal('0x5'), "'0x5' is a mask, and not a list of CPUs: give 0,2");
    assert.equal(refusal('0x1,00000000'), "'0x1,00000000' is a mask, and not a list of CPUs: give 32");
    assert.equal(refusal('0x0'), "'0x0' is a mask, and not a list of CPUs: it names none");
  });
});
