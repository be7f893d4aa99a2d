// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { SWITCHES, switchOf } from '../../test/fixtures/search-switches.ts';
import { classify } from './classify.ts';
import { NDR, PDR, RFC2544, type SearchGoal } from './goal.ts';
import { type SearchPlan, type SearchResult, search } from './search.ts';
import type { Measure } from './trial.ts';

const PLAN: SearchPlan = { goals: [NDR, PDR], minPps: 10_000, maxPps: 10_000_000, budgetMs: null };

/** Of a switch that forwards so many packets/s. */
const find = (capacityPps: number, part: Partial<SearchPlan> = {}): Promise<SearchResult> =>
  search(
    { ...PLAN, ...part },
    switchOf(() => capacityPps),
  );

/** What the trials of a load say. */
function classOf(result: SearchResult, loadPps: number | null, goal: SearchGoal) {
  return classify(
    result.trials.filter((trial) => trial.loadPps === loadPps),
    goal,
  );
}

describe('a search', () => {
  it('encloses the capacity within the width, whatever it is', async () => {
    const random = seededRandom(7);
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const capacityPps = Math.round(20_000 * 450 ** random());
      const widthRatio = [0.001, 0.005, 0.05][attempt % 3] ?? 0.005;
      const goals = [NDR, PDR].map((goal) => ({ ...goal, widthRatio }));
      const result = await find(capacityPps, { goals });
      for (const { goal, ended, lowerPps, upperPps } of result.goals) {
        const told = `${capacityPps} ${goal.name} ${lowerPps} ${upperPps}`;
        assert.ok(ended === 'found' && lowerPps !== null && upperPps !== null, told);
        const criticalPps = capacityPps / (1 - goal.lossRatio);
        // Bounds are whole packets.
        assert.ok(lowerPps <= criticalPps + 1 && upperPps >= criticalPps - 1, told);
        assert.ok(1 - lowerPps / upperPps <= widthRatio + 1 / upperPps, told);
      }
    }
  });

  it('has bounds that its trials say are such, on switches with noise, spikes and two modes', async () => {
    for (const [name, make] of Object.entries(SWITCHES)) {
      for (let seed = 1; seed <= 20; seed += 1) {
        const result = await search(PLAN, make(seededRandom(seed)));
        for (const { goal, ended, lowerPps, upperPps, conditionalThroughputPps } of result.goals) {
          const told = `${name}, seed ${seed}, ${goal.name}`;
          assert.equal(ended, 'found', told);
          assert.deepEqual(
            [classOf(result, lowerPps, goal), classOf(result, upperPps, goal)],
            ['lower', 'upper'],
            told,
          );
          assert.ok(lowerPps !== null && conditionalThroughputPps !== null, told);
          assert.ok(conditionalThroughputPps >= lowerPps * (1 - goal.lossRatio), told);
        }
      }
    }
  });

  it('throws the first trial away and counts its time', async () => {
    let trials = 0;
    const measure: Measure = async (loadPps) => {
      trials += 1;
      // Nobody was awake.
      return { kind: 'measured', lossRatio: trials === 1 ? 0.99 : Math.max(0, 1 - 1e6 / loadPps) };
    };
    const result = await search(PLAN, measure);
    assert.equal(result.trials.length, trials - 1);
    assert.ok(result.trials.every(({ lossRatio }) => lossRatio !== 0.99));
    assert.equal(result.measuredMs, trials * 1000);
  });

  it('shares trials: both goals cost little more than their three loads', async () => {
    const both = await find(3_141_592);
    assert.equal(new Set(both.trials.map(({ loadPps }) => loadPps)).size, 4);
    assert.ok(both.measuredMs <= 36_000, `${both.measuredMs}`);
  });

  it('begins where the load was found before', async () => {
    const { trials } = await find(3_141_592, { expectedPps: 3_140_000 });
    assert.ok(trials.every(({ loadPps }) => Math.abs(loadPps / 3_141_592 - 1) < 0.02));
  });

  it('comes back from an expectation that is far off, either way', async () => {
    for (const expectedPps of [20_000, 9_000_000]) {
      const { goals, measuredMs } = await find(3_141_592, { expectedPps });
      assert.ok(goals.every(({ ended }) => ended === 'found'));
      assert.ok(measuredMs < 60_000, `${measuredMs}`);
    }
  });

  it('goes down in growing steps where loss begins far below what is forwarded under overload', async () => {
    const measure: Measure = async (loadPps) => ({
      kind: 'measured',
      lossRatio: loadPps > 1e6 ? 1e-6 + Math.max(0, 1 - 3e6 / loadPps) : 0,
    });
    const { goals, measuredMs } = await search(PLAN, measure);
    const [ndr, pdr] = goals;
    assert.ok(ndr?.ended === 'found' && (ndr.lowerPps ?? 0) <= 1e6 && (ndr.upperPps ?? 0) > 1e6);
    assert.ok(pdr?.ended === 'found' && Math.abs((pdr.lowerPps ?? 0) / 3.015e6 - 1) < 0.01);
    assert.ok(measuredMs < 90_000, `${measuredMs}`);
  });

  it('tells that nothing is too much, or everything', async () => {
    const fast = await find(1e9);
    assert.deepEqual(
      fast.goals.map(({ ended, lowerPps, upperPps }) => ({ ended, lowerPps, upperPps })),
      [NDR, PDR].map(() => ({ ended: 'max-load', lowerPps: 10_000_000, upperPps: null })),
    );
    const slow = await find(1);
    assert.deepEqual(
      slow.goals.map(({ ended, lowerPps }) => ({ ended, lowerPps })),
      [NDR, PDR].map(() => ({ ended: 'min-load', lowerPps: null })),
    );
  });

  it('never takes a load that could not be offered for one that was lost or carried', async () => {
    const measure: Measure = async (loadPps) =>
      loadPps > 2e6 ? { kind: 'not-reached', reachedPps: 2e6 } : { kind: 'measured', lossRatio: 0 };
    const { goals, trials } = await search(PLAN, measure);
    for (const { ended, lowerPps, upperPps } of goals) {
      assert.deepEqual([ended, upperPps], ['tool-limited', null]);
      assert.ok(lowerPps !== null && lowerPps <= 2e6 && lowerPps > 1.98e6);
    }
    assert.ok(trials.every(({ loadPps }) => loadPps <= 2e6));
  });

  it('ends whatever the sender cannot do: nothing at all, or now and then not what it could before', async () => {
    const never = await search(PLAN, async () => ({ kind: 'not-reached', reachedPps: 0 }));
    assert.deepEqual(
      never.goals.map(({ ended, lowerPps, upperPps }) => ({ ended, lowerPps, upperPps })),
      [NDR, PDR].map(() => ({ ended: 'tool-limited', lowerPps: null, upperPps: null })),
    );
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const { goals, trials } = await search(PLAN, async (loadPps) =>
        random() < 0.1
          ? { kind: 'not-reached', reachedPps: loadPps * random() }
          : { kind: 'measured', lossRatio: Math.max(0, 1 - 3e6 / loadPps) },
      );
      assert.ok(
        goals.every(({ ended }) => ended === 'found' || ended === 'tool-limited'),
        `${seed}`,
      );
      assert.ok(trials.length < 500, `${seed}`);
    }
  });

  it('ends with what it has of a load that could be offered for a while', async () => {
    let trials = 0;
    const once = { ...PLAN, minPps: 1000, maxPps: 100_000, budgetMs: 9000 };
    const { goals } = await search(once, async () => {
      trials += 1;
      return trials < 8 ? { kind: 'measured', lossRatio: 0 } : { kind: 'not-reached', reachedPps: 99_000 };
    });
    assert.deepEqual(
      goals.map(({ ended, lowerPps, upperPps }) => ({ ended, lowerPps, upperPps })),
      goals.map(() => ({ ended: 'budget', lowerPps: 100_000, upperPps: null })),
    );
  });

  it('ends within its budget with what it has', async () => {
    const { goals, measuredMs } = await find(3_141_592, { budgetMs: 20_000 });
    assert.ok(measuredMs <= 20_000);
    assert.deepEqual(
      goals.map(({ ended }) => ended),
      ['budget', 'budget'],
    );
    assert.ok(goals.some(({ lowerPps, upperPps }) => lowerPps !== null || upperPps !== null));
  });

  it('is the same for the same trials, and so goes on from those of one that was cut off', async () => {
    const make = SWITCHES['noise of 1 %'];
    assert.ok(make !== undefined);
    const whole = await search(PLAN, make(seededRandom(5)));
    const again = await search(PLAN, make(seededRandom(5)));
    assert.deepEqual(again, whole);
  });

  it('finds the throughput of RFC 2544 with its goal', async () => {
    const { goals } = await find(1_234_567, { goals: [RFC2544] });
    const [{ lowerPps, conditionalThroughputPps } = {}] = goals;
    assert.ok(lowerPps !== null && lowerPps !== undefined && lowerPps <= 1_234_567 && lowerPps > 1_228_000);
    assert.equal(conditionalThroughputPps, lowerPps);
  });

  it('needs a goal and a load', async () => {
    await assert.rejects(
      search(
        { ...PLAN, goals: [] },
        switchOf(() => 1),
      ),
      /at least one goal/,
    );
    await assert.rejects(
      search(
        { ...PLAN, minPps: 2, maxPps: 1 },
        switchOf(() => 1),
      ),
      /no loads from 2 to 1/,
    );
  });
});
