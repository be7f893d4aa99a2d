// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Found } from '../model/search.ts';
import { foundWords } from './found.ts';

const NDR = { figure: 'loss', mostRatio: 0 } as const;

describe('foundWords', () => {
  const words = (part: Partial<Found>) =>
    foundWords([{ objective: NDR, ended: 'found', lowerPps: null, upperPps: null, throughputPps: null, ...part }]);

  it('tells the rate between its bounds, and of which bound there is none', () => {
    assert.equal(
      words({ lowerPps: 1_201_000, upperPps: 1_207_000, throughputPps: 1_201_000 }),
      'NDR 1.201 Mpps (1.201 – 1.207)',
    );
    assert.equal(words({ lowerPps: 45_000, throughputPps: 45_000 }), 'NDR 45.0 kpps (≥ 45.0)');
    assert.equal(words({ upperPps: 1000 }), 'NDR < 1.0 kpps');
    assert.equal(words({}), 'NDR –');
  });
  it('names each objective', () => {
    const one = { ended: 'found', lowerPps: 1000, upperPps: null, throughputPps: null } as const;
    const objectives = [0, 0.005, 0.001].map((mostRatio) => ({ figure: 'loss', mostRatio }) as const);
    assert.equal(
      foundWords(objectives.map((objective) => ({ ...one, objective }))),
      'NDR ≥ 1.0 kpps; PDR ≥ 1.0 kpps; loss ≤ 0.1 % ≥ 1.0 kpps',
    );
  });
});
