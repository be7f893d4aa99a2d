// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCpuList, parseCpuList, parseCpuNames } from './cpu-list.ts';

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
  for (const text of ['', '2-', '-2', '5-2', 'all', '0,,1', '0-9999', '1.5']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const parsed = parseCpuNames(text);
      assert.match(parsed.ok ? '' : parsed.error, /is not a list of CPUs, such as 2-15/);
    });
  }
});
