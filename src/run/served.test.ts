// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import type { TestCase } from '../model/testcase.ts';
import type { ServedQueue } from '../model/workers.ts';
import { TrialFailure } from './failure.ts';
import { readServed } from './served.ts';
import type { RunningSide } from './trial.ts';

/** Two pairs on one host whose switch says that these threads serve sender 0, receiver 0, sender 1, receiver 1, and then their second queues. */
function read(threads: readonly number[] | null, part: Partial<TestCase>): Promise<ServedQueue[] | null> {
  const ends = [0, 1].flatMap((queue) =>
    [0, 1].flatMap((pair) => (['source', 'sink'] as const).map((end) => ({ pair, end, queue }))),
  );
  const served = (threads ?? []).flatMap((thread, index) => {
    const one = ends[index];
    return one === undefined ? [] : [{ ...one, thread }];
  });
  const running = threads === null ? {} : { served: async () => served.toReversed() };
  const sides = [{ side: { role: 'near' }, running }] as unknown as RunningSide[];
  return readServed(sides, testCase({ switch: 'mine', pairs: 2, ...part }));
}

describe('what a switch says of its threads', () => {
  it('is kept in the order of pairs, and is null where it says nothing and was asked for nothing', async () => {
    const served = await read([0, 1, 1, 0], {});
    assert.deepEqual(
      served?.map(({ pair, end, thread }) => `${pair} ${end} ${thread}`),
      ['0 source 0', '0 sink 1', '1 source 1', '1 sink 0'],
    );
    assert.equal(await read(null, {}), null);
    assert.equal(await read(null, { switchThreads: 1 }), null);
  });

  it('may be what was asked for', async () => {
    assert.equal((await read([0, 0, 1, 1], { switchThreads: 2, pin: 'ports' }))?.length, 4);
    assert.equal((await read([0, 1, 0, 1], { switchThreads: 2, pin: 'receivers' }))?.length, 4);
    assert.equal((await read([0, 0, 0, 0], { switchThreads: 'auto', pin: 'receivers' }))?.length, 4);
    assert.equal((await read([1, 1, 1, 1], { switchThreads: 2 }))?.length, 4);
  });

  const wrong: [name: string, threads: number[] | null, part: Partial<TestCase>, reason: RegExp][] = [
    [
      'another thread than the asked one',
      [0, 1, 1, 1],
      { switchThreads: 2, pin: 'ports' },
      /^queue 0 of the sink of pair 0 is served by thread 1, not by 0 as --pin ports has it$/,
    ],
    [
      'a thread too many',
      [0, 0, 0, 2],
      { switchThreads: 2 },
      /^queue 0 of the sink of pair 1 is served by thread 2, and there are to be 2$/,
    ],
    ['a port that nobody serves', [0, 0, 0], {}, /^no thread serves queue 0 of the sink of pair 1$/],
    ['a queue too many', [0, 0, 0, 0, 0], {}, /^queue 1 of the source of pair 0 is one too many: there are to be 1$/],
    ['too few queues', [0, 0, 0, 0], { queues: 2 }, /^no thread serves queue 1 of the source of pair 0$/],
    ['nothing, with two threads', null, { switchThreads: 2 }, /^mine does not tell which thread serves which port$/],
    ['nothing, though it was asked for', null, { pin: 'ports' }, /^mine does not tell which thread serves which port$/],
  ];
  for (const [name, threads, part, reason] of wrong) {
    it(`fails the trial where it is ${name}`, async () => {
      await assert.rejects(read(threads, part), (error) => {
        assert.ok(error instanceof TrialFailure);
        assert.equal(error.step, 'place switch threads');
        assert.match(error.message, reason);
        return true;
      });
    });
  }
});
