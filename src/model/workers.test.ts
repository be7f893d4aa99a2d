// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Pin, type ServedQueue, servedAsAsked, threadOf } from './workers.ts';

const PORTS = [0, 1, 2].flatMap((pair) => (['source', 'sink'] as const).map((end) => ({ pair, end })));

/** By the queues of senders, and of receivers, the thread of each: `012 012`. */
function told(served: readonly ServedQueue[] | null): string | null {
  const of = (end: ServedQueue['end']) =>
    PORTS.filter((port) => port.end === end)
      .flatMap((port) => [0, 1].map((queue) => served && threadOf(served, { ...port, queue })))
      .filter((thread) => thread !== null)
      .join('');
  return served && `${of('source')} ${of('sink')}`;
}

describe('which thread of a switch serves which queue', () => {
  const cases: [pin: Pin, threads: number, queues: number, expected: string | null][] = [
    ['auto', 2, 1, null],
    ['ports', 1, 1, '000 000'],
    ['ports', 2, 1, '010 101'],
    ['ports', 3, 1, '012 012'],
    // What is left of the threads is the receivers'.
    ['ports', 4, 1, '012 301'],
    ['ports', 4, 2, '012301 230123'],
    ['receivers', 1, 1, '000 000'],
    ['receivers', 2, 1, '000 111'],
    ['receivers', 3, 1, '000 121'],
    ['receivers', 3, 2, '000000 121212'],
  ];
  for (const [pin, threads, queues, expected] of cases) {
    it(`${pin}, ${threads} threads, ${queues} queues a port: ${expected ?? 'as the switch decides'}`, () => {
      assert.equal(told(servedAsAsked(pin, PORTS, { threads, queues })), expected);
    });
  }
  it('is nobody for a queue that is not among them', () => {
    assert.equal(threadOf([], { pair: 0, end: 'source', queue: 0 }), null);
  });
});
