// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { askedOnce } from './driver-facts.ts';

function driver(part: Partial<SwitchDriver>): SwitchDriver {
  return {
    ...{ id: 'mine', title: 'mine', ports: ['netdev', 'memif'], locations: ['local', 'remote'], threads: 2 },
    probe: async () => ({ available: true, version: '1' }),
    start: () => assert.fail('started'),
    ...part,
  };
}

/** Of another type than drivers in TypeScript can answer. */
function odd<T>(value: unknown): T {
  return value as T;
}

async function missing(t: TestContext, part: Partial<SwitchDriver>): Promise<string> {
  const asked = await askedOnce(driver(part));
  const found = await asked.probe(new FakeHost(t));
  // Whoever plans asks for all of it, whether the switch is there or not.
  assert.equal(asked.threads, 0);
  assert.equal(asked.frameLimit?.('netdev', 'local') ?? null, null);
  return found.available ? assert.fail('it is there') : `${found.missing}; ${found.mend}`;
}

describe('what a driver says before anything runs', () => {
  it('is what it answers, asked once', async (t) => {
    const limits = { local: null, remote: { bytes: 1514, why: 'its ring' } };
    let asked = 0;
    const found = await askedOnce(
      driver({
        threads: (pairs) => {
          asked += 1;
          return pairs * 2;
        },
        frameLimit: (port, location) => (port === 'netdev' ? limits[location] : null),
      }),
    );
    const { threads, frameLimit } = found;
    assert.deepEqual(typeof threads === 'function' && [threads(1), threads(128), asked], [2, 256, 128]);
    limits.remote.bytes = 60;
    assert.deepEqual(frameLimit?.('netdev', 'remote'), { bytes: 1514, why: 'its ring' });
    assert.equal(frameLimit?.('netdev', 'local'), null);
    assert.equal(frameLimit?.('memif', 'remote'), null);
    assert.deepEqual(await found.probe(new FakeHost(t)), { available: true, version: '1' });
  });

  const MEND = 'mend its driver, or leave it out';
  for (const [what, part, line] of [
    [
      'threads() throws',
      { threads: () => assert.fail('no idea') },
      `threads() of mine fails: AssertionError: no idea; ${MEND}`,
    ],
    [
      'threads() answers no number for some pairs',
      { threads: (pairs) => odd(pairs === 3 ? Number.NaN : 1) },
      `threads(3) of mine fails: answers what no driver may: Invalid input: expected number, received NaN; ${MEND}`,
    ],
    [
      'threads() answers more than a machine has',
      { threads: () => 5000 },
      `threads(1) of mine fails: answers what no driver may: Too big: expected number to be <=1024; ${MEND}`,
    ],
    [
      'frameLimit() throws what is no error',
      {
        frameLimit: () => {
          throw 'text';
        },
      },
      `frameLimit() of mine fails: throws text; ${MEND}`,
    ],
    [
      'frameLimit() answers what is no limit',
      { frameLimit: (_, location) => (location === 'local' ? null : odd({ bytes: '1514', why: 'x' })) },
      `frameLimit(netdev, remote) of mine fails: answers what no driver may: bytes: Invalid input: expected number, received string; ${MEND}`,
    ],
    [
      'frameLimit() answers with a getter that throws',
      { frameLimit: () => odd(Object.defineProperty({ bytes: 60 }, 'why', { get: () => assert.fail('ask not') })) },
      `frameLimit() of mine fails: AssertionError: ask not; ${MEND}`,
    ],
  ] satisfies [string, Partial<SwitchDriver>, string][]) {
    it(`is missing, with the call named, where ${what}`, async (t) => {
      assert.equal(await missing(t, part), line);
    });
  }

  it('is missing where it never comes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = missing(t, { frameLimit: () => odd(new Promise(() => undefined)) });
    // Threads come first, on a turn of their own.
    await new Promise((turn) => setImmediate(turn));
    t.mock.timers.tick(10_000);
    assert.equal(await asked, `frameLimit() of mine fails: no answer within 10 s; ${MEND}`);
  });
});
