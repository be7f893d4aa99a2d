// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canary } from '../../test/fixtures/canaries.ts';
import { renderCanaries } from './canary.ts';

const PLAIN = { columns: 200, color: false };
const UDP = 'throughput local 1vs1 direct udp P=64 R=max B=64 touch=full wait=yield';

test('a steady testbed tells what would be found, and how often that errs', () => {
  const text = renderCanaries(
    {
      canaries: [canary({ accepted: { by: 'ann', at: '2026-03-01T10:00:00.000Z', why: 'a new\u001b kernel' } })],
      standing: { state: 'steady', lastGoodAt: '2026-03-20T10:00:00.000Z' },
      certainty: { falseAlarms: { alarms: 0, splits: 200 }, smallest: { [UDP]: 0.0731 } },
    },
    PLAIN,
  );
  assert.match(text, /^Testbed local: steady\n/);
  assert.match(text, /show a change of: throughput of udp 7\.3 %\./);
  assert.match(text, /A\/A: 0 of 200 random orders/);
  assert.match(text, /accepted by ann at 2026-03-01 10:00 UTC: a new/);
  assert.ok(!text.includes('\u001b'));
});

test('a drifted testbed tells by how much, since when, what changed, and what is to be done', () => {
  const ratio = { ratio: 0.85, low: 0.83, high: 0.87 };
  const text = renderCanaries(
    {
      canaries: [canary()],
      standing: {
        ...{ state: 'drifted', lastGoodAt: '2026-03-20T10:00:00.000Z', foundAt: '2026-03-21T10:00:00.000Z' },
        shifts: [{ figure: UDP, ratio, pValue: 1e-7 }],
        changes: [{ what: 'kernel', a: '6.1.0-18', b: '6.1.0-20' }],
      },
      certainty: null,
    },
    PLAIN,
  );
  assert.match(text, /not what it was until 2026-03-20 10:00 UTC/);
  assert.match(text, /throughput of udp −15 % \(−17 % to −13 %, p < 0\.0001\)/);
  assert.match(text, /What changed in its record: kernel 6\.1\.0-18 → 6\.1\.0-20\./);
  assert.match(text, /vswbench canary --accept WHY/);
});
