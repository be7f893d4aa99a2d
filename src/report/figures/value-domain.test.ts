// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookAt } from '../../model/looks.ts';
import type { Figure, Point } from './figure.ts';
import { valueDomain } from './value-domain.ts';

const point = (y: number, part: Partial<Point> = {}): Point => ({ x: '', y, low: null, high: null, ...part });

function domainOf(kind: Figure['kind'], scale: 'linear' | 'log', series: readonly (readonly Point[])[]) {
  const rows = series.map((points, place) => ({ label: `row ${place}`, look: lookAt(place, place), points }));
  const panels = [{ title: null, series: rows, gaps: [] }];
  return valueDomain({ kind, panels, y: { title: 'throughput', unit: 'Mpps', scale } });
}

describe('the axis of values', () => {
  it('begins at a power of ten where bars lie on a logarithmic one, so that each has a length', () => {
    for (const shortest of [0.1, 0.11, 0.34, 1]) {
      const [least] = domainOf('bars', 'log', [[point(shortest)], [point(60)]]);
      assert.ok(least < shortest && Number.isInteger(Math.round(1e9 * Math.log10(least)) / 1e9), `${least}`);
    }
  });

  it('has room for the figures behind bars, and is stretched by no round further than by an interval', () => {
    const plain = domainOf('bars', 'linear', [[point(10)]]);
    const told = domainOf('bars', 'linear', [[point(10, { text: '10.0' })]]);
    assert.ok(told[1] > 1.1 * plain[1]);
    const reaching = domainOf('bars', 'linear', [[point(10, { high: 1000 })]]);
    assert.deepEqual(domainOf('bars', 'linear', [[point(10, { rounds: [9, 1000] })]]), reaching);
    assert.ok(reaching[1] < 20);
  });

  it('reaches as far as bars do that are laid end to end', () => {
    const parts = [0.9, 0.8, 1.2].map((y) => [point(y, { x: 'ovs' }), point(y / 2, { x: 'vpp' })]);
    const [least, most] = domainOf('stack', 'linear', parts);
    assert.equal(least, 0);
    assert.ok(most > 2.9 && most < 3.3, `${most}`);
  });
});
