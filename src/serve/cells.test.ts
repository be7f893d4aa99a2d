// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cellOf } from './cells.ts';

it('sorts a cell by its first number, and by its text where it has none', () => {
  const orders = {
    '1.059': 1.059,
    '1.053 – 1.070': 1.053,
    '4vs4': 4,
    '<0.1 %': 0,
    '−3.2 %': -3.2,
    direct: 'direct',
    '–': null,
    '': null,
  };
  for (const [text, order] of Object.entries(orders)) assert.deepEqual(cellOf(text), { text, order });
});
