// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Kept } from './kept.ts';

/** What was asked to be made, in turn. */
function maker() {
  const made: string[] = [];
  const of = (text: string) => async () => {
    made.push(text);
    return text;
  };
  return { made, of };
}

it('makes a text once as long as its state is the same, and anew when it has changed', async () => {
  const [kept, { made, of }] = [new Kept(4), maker()];
  assert.equal(await kept.of('a', '10 trials', of('old')), 'old');
  assert.equal(await kept.of('a', '10 trials', of('again')), 'old');
  assert.equal(await kept.of('a', '11 trials', of('new')), 'new');
  assert.equal(await kept.of('a', '11 trials', of('again')), 'new');
  assert.deepEqual(made, ['old', 'new']);
});

it('makes once what two ask for at the same time', async () => {
  const [kept, { made, of }] = [new Kept(4), maker()];
  const both = await Promise.all([kept.of('a', '', of('first')), kept.of('a', '', of('second'))]);
  assert.deepEqual(both, ['first', 'first']);
  assert.deepEqual(made, ['first']);
});

it('keeps no failure, and makes it for who still waits', async () => {
  const [kept, { of }] = [new Kept(4), maker()];
  const gone = kept.of('a', '', () => Promise.reject(new Error('gone')));
  const waits = kept.of('a', '', of('made'));
  await assert.rejects(gone, /gone/);
  assert.equal(await waits, 'made');
  assert.equal(await kept.of('a', '', of('again')), 'made');
});

it('forgets what was not asked for the longest', async () => {
  const [kept, { made, of }] = [new Kept(2), maker()];
  for (const what of ['a', 'b', 'a', 'c', 'a', 'b']) await kept.of(what, '', of(what));
  assert.deepEqual(made, ['a', 'b', 'c', 'b']);
});
