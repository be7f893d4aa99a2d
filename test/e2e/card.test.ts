// SPDX-License-Identifier: Apache-2.0
// A capacity card of a switch whose rate is known, cut short on the way.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { CARD_PARTS, type Card, CardSchema } from '../../src/model/card.ts';
import { openStore } from '../../src/store/store.ts';
import { driverFile } from './impaired.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const PageSchema = z.looseObject({
  found: z.array(z.looseObject({ lowerPps: z.number().nullable() })),
  loads: z.array(z.looseObject({ share: z.number(), receivedPps: z.number(), switchCpus: z.number() })),
  roundTrips: z.array(z.looseObject({ share: z.number(), rttNs: z.looseObject({ p50: z.number() }) })),
  burst: z.looseObject({ longestPackets: z.looseObject({ median: z.number() }) }),
  flows: z.array(z.looseObject({ flows: z.int() })),
  fairness: z.looseObject({ pairs: z.int(), jain: z.number() }),
  missing: z.array(z.unknown()),
});
const DocumentSchema = z.strictObject({ v: z.literal(1), card: CardSchema, pages: z.tuple([PageSchema]) });

const RATE_PPS = 20_000;
const OPTIONS =
  '-V bucket --io raw-mmsg --budget 4s --width 5% --duration-sum 1s --warmup 50ms --duration 400ms --trials 1';

suite('vswbench card', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  function kept(): Card {
    const store = openStore(join(workspace.results, 'vswbench.db'));
    try {
      return store.card() ?? assert.fail('no card');
    } finally {
      store.close();
    }
  }

  it('goes on after a kill -9 with what it has, and tells what a switch is known to do', {
    timeout: 300_000,
  }, async () => {
    const file = driverFile(workspace, 'bucket', { rate: RATE_PPS, 'depth-ms': 5 });
    const killed = workspace.start(['card', '--switch', file, ...OPTIONS.split(' ')]);
    await killed.sees(/^\[1\/3\]/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const begun = kept().subjects[0]?.parts ?? {};
    assert.deepEqual(Object.keys(begun), ['capacity', 'load']);

    const ended = await workspace.run(['card', '--resume', '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    assertNothingLeft();
    const { card, pages } = DocumentSchema.parse(JSON.parse(ended.stdout));
    const { parts } = card.subjects[0] ?? assert.fail();
    assert.deepEqual(Object.keys(parts).sort(), [...CARD_PARTS].sort());
    assert.deepEqual([parts.capacity, parts.load], [begun.capacity, begun.load]);
    assert.ok(existsSync(join(workspace.results, `${card.id}.html`)));

    const [{ found, loads, roundTrips, burst, flows, fairness, missing }] = pages;
    assert.deepEqual(missing, [], ended.stderr);
    // No more goes through than the bucket gives, and what it holds at the begin.
    const [, pdr] = found;
    const pdrPps = pdr?.lowerPps ?? assert.fail(ended.stderr);
    assert.ok(pdrPps <= 1.1 * RATE_PPS, `${pdrPps}`);
    assert.deepEqual(loads.map(({ share }) => share).sort(), [0.1, 0.5, 0.9]);
    // A window of 0.4 s has a burst of 64 or two more or less.
    for (const { share, receivedPps } of loads) {
      assert.ok(receivedPps <= 1.1 * share * pdrPps + (2 * 64) / 0.4, `${share} of ${pdrPps}: ${receivedPps}`);
    }
    assert.deepEqual(roundTrips.map(({ share }) => share).sort(), [0, 0.1, 0.5, 0.9]);
    assert.ok(burst.longestPackets.median > 0);
    assert.equal(flows.length, 7);
    assert.equal(fairness.pairs, 4);

    const shown = await workspace.run(['card', card.id, '--json']);
    assert.equal(shown.stdout, ended.stdout);
    const again = await workspace.run(['card', '--resume', card.id, '-P', '64']);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /resumed as it was begun: leave out --packet-size/);
  });

  it('refuses what a card has values of its own for, and two pages in one', async () => {
    const own = await workspace.run(['card', '-V', 'linux-bridge', '-R', '1k', '--flows', '10']);
    assert.equal(own.code, 2);
    assert.match(own.stderr, /a card has its own rate, flows: leave that out, or call 'vswbench run'/);
    const two = await workspace.run(['card', '-V', 'linux-bridge', '--io', 'udp', '-P', '64,1500']);
    assert.equal(two.code, 2);
    assert.match(two.stderr, /one page for linux-bridge with udp\/netdev: give one value of each parameter/);
  });
});
