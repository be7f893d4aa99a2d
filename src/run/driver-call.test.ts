// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { HostError, HostLostError } from '../host/host.ts';
import { callDriver } from './driver-call.ts';
import { TrialFailure } from './failure.ts';

const never = () => new Promise<never>(() => undefined);

function call<T>(
  answer: () => T | PromiseLike<T>,
  signal = new AbortController().signal,
  limitMs = 10_000,
): Promise<T> {
  return callDriver({ step: 'health() of mine', limitMs, signals: [signal] }, answer);
}

describe('a call of a driver', () => {
  it('answers what the driver does', async () => assert.equal(await call(async () => 7), 7));

  for (const [what, thrown, reason] of [
    ['an Error', new TypeError('x is\n undefined'), 'TypeError: x is undefined'],
    ['a HostError', new HostError('no socket'), 'no socket'],
    ['a text', 'just text', 'throws just text'],
    ['nothing', undefined, 'throws undefined'],
    ['null', null, 'throws null'],
    ['a number', 7, 'throws 7'],
    ['an object without a prototype', Object.create(null), 'throws [Object: null prototype] {}'],
  ] as const) {
    it(`fails with the call's name where the driver throws ${what}, at once or later`, async () => {
      const failure = (error: unknown) =>
        error instanceof TrialFailure && error.step === 'health() of mine' && error.message === reason;
      const thrower = () => {
        throw thrown;
      };
      await assert.rejects(call(thrower), failure);
      await assert.rejects(
        call(async () => thrower()),
        failure,
      );
    });
  }

  it('shows what cannot be shown', async () => {
    const hostile = new Proxy({}, { getPrototypeOf: () => assert.fail('looked at') });
    await assert.rejects(
      call(() => Promise.reject(hostile)),
      /something that cannot be shown/,
    );
  });

  it('shortens a reason that is a whole document', async () => {
    const failed = call(() => Promise.reject('x'.repeat(10_000)));
    await assert.rejects(failed, (error) => error instanceof TrialFailure && error.message.length < 500);
  });

  it('gives up where the answer never comes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const failed = assert.rejects(call(never), { step: 'health() of mine', message: 'no answer within 10 s' });
    t.mock.timers.tick(9_999);
    t.mock.timers.tick(1);
    await failed;
  });

  it('ends at once when the user wants to stop, with the wish as its reason, and leaves no listener', async () => {
    const stop = new AbortController();
    const failed = assert.rejects(call(never, stop.signal), (error) => error === stop.signal.reason);
    stop.abort();
    await failed;
    await assert.rejects(
      call(async () => 7, stop.signal),
      (error) => error === stop.signal.reason,
    );
    const calm = new AbortController().signal;
    await call(async () => 7, calm);
    assert.deepEqual(getEventListeners(calm, 'abort'), []);
  });

  it('ignores what a call that was given up throws later', async () => {
    const stop = new AbortController();
    const late = Promise.withResolvers<never>();
    const failed = assert.rejects(call(() => late.promise, stop.signal));
    stop.abort();
    await failed;
    // An unhandled rejection would fail the test.
    late.reject(new Error('too late'));
    await new Promise((turn) => setImmediate(turn));
  });

  it('passes on that the host is gone', async () => {
    const lost = new HostLostError('host far is lost');
    await assert.rejects(
      call(() => Promise.reject(lost)),
      (error) => error === lost,
    );
  });
});
