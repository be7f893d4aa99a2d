// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { altra } from '../../test/fixtures/machines/altra.ts';
import { board } from '../../test/fixtures/machines/board.ts';
import { epyc } from '../../test/fixtures/machines/epyc.ts';
import { guest } from '../../test/fixtures/machines/guest.ts';
import { hybrid } from '../../test/fixtures/machines/hybrid.ts';
import { xeon } from '../../test/fixtures/machines/xeon.ts';
import { cpusOf } from '../host/topology.ts';
import { placeCase } from '../plan/placement.ts';
import { placementMap } from './placement-map.ts';

describe('placementMap', () => {
  const CASES: [string, Record<string, string>, number, number, string[]][] = [
    [
      'two sockets: the other one in a line',
      xeon,
      1,
      1,
      [
        'socket 0, node 0: [0 o | 40 –]  [1 W | 41 –]  [2 S | 42 –]  [3 R | 43 –]',
        '  16 idle (4-19,44-59)',
        'elsewhere: 20 idle (20-39,60-79)',
      ],
    ],
    [
      'chiplets: each cache that is used',
      epyc,
      4,
      0,
      [
        'cache of CPU 0-7,64-71: [0 o | 64 –]  [1 S0 | 65 –]  [2 R0 | 66 –]',
        '  [3 S1 | 67 –]  [4 R1 | 68 –]  [5 S2 | 69 –]  [6 R2 | 70 –]  [7 – | 71 –]',
        'cache of CPU 8-15,72-79: [8 S3 | 72 –]  [9 R3 | 73 –]  6 idle (10-15,74-79)',
        'elsewhere: 48 idle (16-63,80-127)',
      ],
    ],
    [
      'fast and slow cores',
      hybrid,
      4,
      0,
      [
        'fast: [0 S0 | 1 –]  [2 R0 | 3 –]  [4 S1 | 5 –]  [6 R1 | 7 –]  [8 S2 | 9 –]',
        '  [10 R2 | 11 –]  [12 S3 | 13 –]  [14 R3 | 15 –]',
        'slow: [16 o]  7 idle (17-23)',
      ],
    ],
    ['80 cores', altra, 1, 1, ['[0 o]  [1 W]  [2 S]  [3 R]  76 idle (4-79)']],
    [
      'a board that is full',
      board,
      4,
      0,
      ['slow: [0 S2+o]  [1 R2+o]  [2 S3+o]  [3 R3+o]', 'fast: [4 S0+o]  [5 R0+o]  [6 S1+o]  [7 R1+o]'],
    ],
    ['two CPUs', guest, 1, 1, ['[0 S+R+o]  [1 W]']],
  ];
  for (const [name, files, pairs, threads, expected] of CASES) {
    it(name, async (t) => {
      const cpus = await cpusOf(new FakeHost(t).put(files));
      const hosts = { near: { cpus }, far: null, sameMachine: false };
      const placement = placeCase({ location: 'local', pairs, placement: 'spread' }, hosts, threads);
      assert.deepEqual(placementMap(cpus, placement, 'near', 80), expected);
      for (const columns of [60, 80, 120]) {
        for (const line of placementMap(cpus, placement, 'near', columns)) assert.ok(line.length <= columns, line);
      }
    });
  }

  it('is what docs/placement.md shows of the six machines', async (t) => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/placement.md'), 'utf8');
    for (const files of [xeon, epyc, hybrid, altra, board, guest]) {
      const cpus = await cpusOf(new FakeHost(t).put(files));
      const four = { location: 'local', pairs: 4, placement: 'spread' } as const;
      const placement = placeCase(four, { near: { cpus }, far: null, sameMachine: false }, 0);
      const shown = placementMap(cpus, placement, 'near', 80).map((line) => `    ${line}`);
      assert.ok(text.includes(shown.join('\n')), shown.join('\n'));
    }
  });

  it('draws each of two hosts with what is on it', async (t) => {
    const cpus = await cpusOf(new FakeHost(t).put(guest));
    const hosts = { near: { cpus }, far: { cpus }, sameMachine: false };
    const placement = placeCase({ location: 'remote', pairs: 1, placement: 'spread' }, hosts, 0);
    assert.deepEqual(placementMap(cpus, placement, 'near', 80), ['[0 o]  [1 S]']);
    assert.deepEqual(placementMap(cpus, placement, 'far', 80), ['[0 o]  [1 R]']);
  });

  it('leaves out what may not be used, and names what is isolated', async (t) => {
    const cpus = (await cpusOf(new FakeHost(t).put(board))).map((one) => ({
      ...one,
      kind: 0,
      allowed: one.id > 1,
      isolated: one.id > 5,
    }));
    const hosts = { near: { cpus: cpus.filter(({ allowed }) => allowed) }, far: null, sameMachine: false };
    const placement = placeCase({ location: 'local', pairs: 1, placement: 'spread' }, hosts, 0);
    assert.deepEqual(placementMap(cpus, placement, 'near', 80), [
      'not isolated: [2 o]  3 idle (3-5)',
      'isolated: [6 S]  [7 R]',
    ]);
  });
});
