// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { HostLostError } from '../host/host.ts';
import type { Probe, SwitchDriver } from '../switches/driver.ts';
import { probe } from './probe.ts';

function ask(answer: SwitchDriver['probe']): Promise<Probe> {
  const driver: SwitchDriver = {
    ...{ id: 'mine', title: 'mine', ports: ['netdev'], locations: ['local'], threads: 0 },
    probe: answer,
    start: () => assert.fail('started'),
  };
  return probe(driver, new FakeHost({ after: () => undefined }));
}

describe('a probe', () => {
  it('says what the driver does', async () => {
    assert.deepEqual(await ask(async () => ({ available: true, version: '7' })), { available: true, version: '7' });
  });

  const odd: [string, SwitchDriver['probe'], RegExp][] = [
    [
      'throws',
      () => {
        throw new TypeError('x');
      },
      /^probe\(\) of mine fails: TypeError: x$/,
    ],
    ['rejects', () => Promise.reject('x'), /fails: throws x$/],
    ['answers nothing', async () => undefined as never, /fails: answers what no driver may/],
    ['has no version', async () => ({ available: true, version: 5 as never }), /: version: /],
    ['has no mend', async () => ({ available: false, missing: 'x' }) as never, /: mend: /],
  ];
  for (const [what, answer, missing] of odd) {
    it(`that ${what} is a switch that is not there`, async () => {
      const found = await ask(answer);
      assert.match(found.available ? '' : found.missing, missing);
    });
  }

  it('that never answers is given up', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const found = ask(() => new Promise(() => undefined));
    t.mock.timers.tick(30_000);
    assert.match(JSON.stringify(await found), /no answer within 30 s/);
  });

  it('passes on that the host is gone', async () => {
    const lost = new HostLostError('gone');
    await assert.rejects(
      ask(() => Promise.reject(lost)),
      (error) => error === lost,
    );
  });
});
