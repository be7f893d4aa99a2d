// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCpuList, parseCpuList } from './cpu-list.ts';

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
