// SPDX-License-Identifier: Apache-2.0
// What every store does, whatever is behind it: each back end runs these tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Card } from '../src/model/card.ts';
import { REPETITIONS_FROM } from '../src/model/repetition.ts';
import type { LatencySummary, Measurement, StoredCampaign, Trial } from '../src/model/result.ts';
import type { SearchLoad } from '../src/model/search.ts';
import { type NewCampaign, openStore, type Store, StoreError } from '../src/store/store.ts';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  histogramOf,
  hostileCampaign,
  storedCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
  twoTestbedsCampaign,
} from './fixtures/campaign.ts';
import { canary } from './fixtures/canaries.ts';

export function planOf(campaign: StoredCampaign): NewCampaign {
  return { ...campaign, cases: campaign.cases.map(({ case: one, skipped }) => ({ case: one, skipped })) };
}

export function saveAll(store: Store, campaign: StoredCampaign): void {
  store.createCampaign(planOf(campaign));
  for (const [index, { trials }] of campaign.cases.entries()) {
    for (const one of trials) store.saveTrial(campaign.id, index, one);
  }
}

/** The StoreError that `act` throws: always one line, and always with a mend at its end. */
export function failureOf(act: () => unknown): StoreError {
  try {
    act();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    assert.ok(!error.message.includes('\n'), error.message);
    assert.ok(error.mend.length > 0 && error.message.endsWith(`: ${error.mend}`), error.message);
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** A measured trial with something in every field that a trial can have. */
export function fullTrial(): Trial {
  const base = trial({ case: testCase({ pairs: 2 }), pps: 250_000.125, lossRatio: 0.1 });
  const measurement = base.measurement ?? assert.fail();
  const summary = (p50: number): LatencySummary => ({
    count: 12,
    mean: p50 * 1.1,
    min: 100.5,
    p50,
    p90: p50 * 2,
    p99: p50 * 3,
    p999: p50 * 4,
    p9999: p50 * 5,
    max: 1e10,
    censoredCount: 0,
    censoredAtLeastNs: null,
  });
  const full: Measurement = {
    ...measurement,
    intendedPackets: Number.MAX_SAFE_INTEGER,
    duplicatedPackets: 3,
    reorderedPackets: 4,
    corruptedPackets: 5,
    throughputBps: 1.7976931348623157e308,
    offeredPps: 5e-324,
    latencyNs: { rtt: summary(1), oneWay: summary(2), rttActual: summary(3), oneWayActual: summary(1 / 3) },
    pairs: measurement.pairs.toReversed(),
  };
  return {
    ...base,
    flags: ['disturbed', 'shared-cpu'],
    measurement: full,
    histograms: {
      rtt: histogramOf([100, 200, 200, 40_000]),
      rttActual: histogramOf([150]),
      oneWay: { ...histogramOf([99]), sum_squares: 1e30 },
    },
  };
}

/** Runs the tests over stores at locations at which there is nothing yet. */
export function storeContract(fresh: () => Promise<string>): void {
  /** Opens a store for the time of a test. */
  async function opened(context: TestContext, location?: string): Promise<Store> {
    const store = openStore(location ?? (await fresh()));
    context.after(() => store.close());
    return store;
  }

  describe('a campaign', () => {
    for (const [name, campaign] of [
      ['of every outcome', table2Campaign()],
      ['with sweeps and latency', sweepCampaign()],
      ['on two testbeds', twoTestbedsCampaign()],
      ['with hostile text', hostileCampaign()],
      ['without trials', storedCampaign({ endedAt: null })],
      ['that goes on for a precision', storedCampaign({ precision: { ratio: 0.02, trialsMax: 30 } })],
      [
        'with every field filled',
        storedCampaign({
          cases: [{ case: testCase({ pairs: 2, rate: 'max' }), skipped: null, trials: [fullTrial()] }],
        }),
      ],
    ] as const) {
      it(`${name} is read as it was written, also after the file was closed`, async (context) => {
        const path = await fresh();
        const store = await opened(context, path);
        saveAll(store, campaign);
        assert.deepEqual(store.load(campaign.id), campaign);
        store.close();
        assert.deepEqual((await opened(context, path)).load('latest'), campaign);
      });
    }

    it('is the latest where it was created last, whatever its clock said', async (context) => {
      const store = await opened(context);
      assert.equal(store.load('latest'), null);
      for (const id of ['20261122-2359-a3f', '20261122-2358-000']) store.createCampaign(planOf(storedCampaign({ id })));
      assert.equal(store.load()?.id, '20261122-2358-000');
      assert.equal(store.load('20261122-2359-a3f')?.id, '20261122-2359-a3f');
      assert.equal(store.load('nosuch'), null);
    });

    it('is listed with its progress', async (context) => {
      const store = await opened(context);
      assert.deepEqual(store.list(), []);
      const done = table2Campaign();
      saveAll(store, done);
      const shards = { count: 3, of: 312, parts: [{ index: 2, trials: 104 }], unlike: [] };
      const begun = { ...sweepCampaign(), id: 'begun', endedAt: null, shards };
      store.createCampaign(planOf(begun));
      assert.deepEqual(store.head('begun')?.shards, shards);
      // A trial that was disturbed and repeated counts once, and is owed until it is.
      const once = trial({ case: testCase(), pps: 1, flags: ['disturbed'] });
      store.saveTrial('begun', 3, once);
      assert.equal(store.list()[1]?.repetitionsOwed, 1);
      store.saveTrial('begun', 3, { ...once, ordinal: once.ordinal + REPETITIONS_FROM });
      const row = { title: done.title, startedAt: done.startedAt, endedAt: done.endedAt, shards: null };
      assert.deepEqual(store.list(), [
        // Ten of its eleven cases can run; one of those stopped after two of six rounds.
        { ...row, id: done.id, cases: 11, trialsDone: 56, trialsPlanned: 60, repetitionsOwed: 1 },
        {
          ...row,
          id: 'begun',
          title: begun.title,
          endedAt: null,
          cases: 52,
          trialsDone: 1,
          trialsPlanned: 312,
          repetitionsOwed: 0,
          shards,
        },
      ]);
    });

    it('can be gone through trial by trial, without its large parts, while others are', async (context) => {
      const store = await opened(context);
      const campaign = sweepCampaign();
      saveAll(store, campaign);
      const index = campaign.cases.findIndex(({ trials }) => trials.some(({ histograms }) => 'rtt' in histograms));
      const whole = campaign.cases[index]?.trials ?? [];
      const bare = whole.map((one) => ({
        ...one,
        histograms: {},
        measurement: one.measurement && { ...one.measurement, samples: [] },
      }));
      assert.deepEqual([...store.trials(campaign.id, index)], whole);
      assert.deepEqual([...store.trials(campaign.id, index, { samples: false, histograms: false })], bare);
      const [first, second] = [store.trials(campaign.id, index), store.trials(campaign.id, index)];
      assert.deepEqual([first.next().value, second.next().value, first.next().value], [whole[0], whole[0], whole[1]]);
      first.return();
      second.return();
      store.endCampaign(campaign.id, '2026-03-01T12:00:00.000Z');
      assert.equal(store.head(campaign.id)?.endedAt, '2026-03-01T12:00:00.000Z');
      assert.deepEqual([...store.trials('nosuch', 0)], []);
    });

    it('is resumed by what decides on further trials, and no more is read of them', async (context) => {
      const store = await opened(context);
      const campaign = sweepCampaign();
      saveAll(store, campaign);
      const expected = campaign.cases.map(({ trials, ...planned }) => ({
        ...planned,
        trials: trials.map(({ round, ordinal, seed, flags, outcome: { outcome }, measurement }) => {
          const rtt = measurement?.latencyNs?.rtt;
          const latency = rtt === undefined ? {} : { latencyNs: { rtt: { p50: rtt.p50 } } };
          return {
            ...{ round, ordinal, seed, flags, outcome: { outcome } },
            measurement: measurement && {
              throughputPps: measurement.throughputPps,
              ...latency,
              background: null,
              burst: null,
              churn: null,
            },
          };
        }),
      }));
      assert.deepEqual(store.begun()?.cases, expected);
      assert.equal(store.begun('nosuch'), null);
    });

    it('has cards, each as it was last', async (context) => {
      const store = await opened(context);
      assert.equal(store.card(), null);
      const card: Card = {
        ...{ id: 'card-1', startedAt: '2026-03-01T09:59:58.000Z', asked: { packetSize: '64' }, driverFiles: [] },
        subjects: [{ switch: 'ovs', io: 'dpdk', port: 'vhost-user', parts: {} }],
      };
      store.saveCard(card);
      store.saveCard({ ...card, id: 'card-2' });
      const [subject] = card.subjects;
      assert.ok(subject !== undefined);
      const further: Card = { ...card, subjects: [{ ...subject, parts: { capacity: { campaign: 'x' } } }] };
      store.saveCard(further);
      assert.deepEqual(store.card('card-1'), further);
      assert.equal(store.card()?.id, 'card-2');
      assert.equal(store.card('nosuch'), null);
      assert.throws(() => store.saveCard({ ...card, subjects: [] }), StoreError);
    });

    it('has canaries in the order of their time, each as it was last', async (context) => {
      const store = await opened(context);
      const first = canary({ campaign: 'a', measuredAt: '2026-03-02T00:00:00.000Z' });
      const second = canary({ campaign: 'b', measuredAt: '2026-03-01T00:00:00.000Z' });
      store.saveCanary(first);
      store.saveCanary(second);
      const accepted = { by: 'ann', at: '2026-03-03T00:00:00.000Z', why: 'a new kernel' };
      store.saveCanary({ ...first, accepted });
      assert.deepEqual(store.canaries(), [second, { ...first, accepted }]);
      assert.deepEqual(store.canaries(first.testbed), [second, { ...first, accepted }]);
      assert.deepEqual(store.canaries('another'), []);
      assert.throws(() => store.saveCanary({ ...first, hosts: [] }), StoreError);
    });

    it('is resumed with the longest bursts that were found', async (context) => {
      const store = await opened(context);
      const campaign = burstCampaign();
      saveAll(store, campaign);
      const longest = store.begun()?.cases.map(({ trials }) => trials[0]?.measurement?.burst);
      assert.deepEqual(longest, [{ longestPackets: 1340 }, { longestPackets: 310_000 }]);
      assert.deepEqual(store.load(campaign.id)?.cases, campaign.cases);
    });

    it('is resumed with how long others were blocked, and at half of which rate', async (context) => {
      const store = await opened(context);
      const campaign = churnCampaign();
      saveAll(store, campaign);
      const churns = store.begun()?.cases.map(({ trials }) => trials[0]?.measurement?.churn);
      assert.deepEqual(churns, [
        { blockedMs: 15, ratePps: 200_000, ndrPps: 400_000 },
        { blockedMs: 0, ratePps: 200_000, ndrPps: null },
      ]);
      assert.deepEqual(store.load(campaign.id)?.cases, campaign.cases);
    });

    it('is resumed with the capacity of which its backgrounds are shares', async (context) => {
      const store = await opened(context);
      const one = testCase({ background: '50%' });
      const { measurement, ...rest } = trial({ case: one, pps: 1000 });
      const counts = { intendedPackets: 9, offeredPackets: 9, receivedPackets: 8, lostPackets: 1 };
      const background = { ratePps: 9, capacityPps: 18, ...counts, offeredPps: 9, throughputPps: 8, ledgers: [] };
      const campaign = storedCampaign({
        cases: [
          {
            case: one,
            skipped: null,
            trials: [{ ...rest, measurement: measurement && { ...measurement, background } }],
          },
        ],
      });
      saveAll(store, campaign);
      assert.deepEqual(store.load(campaign.id)?.cases[0]?.trials[0]?.measurement?.background, background);
      assert.deepEqual(store.begun(campaign.id)?.cases[0]?.trials[0]?.measurement?.background, { capacityPps: 18 });
    });

    it('ends when it is told to', async (context) => {
      const store = await opened(context);
      store.createCampaign(planOf(storedCampaign({ id: 'x', endedAt: null })));
      assert.equal(store.load('x')?.endedAt, null);
      store.endCampaign('x', '2026-03-01T11:00:00.000Z');
      assert.equal(store.load('x')?.endedAt, '2026-03-01T11:00:00.000Z');
    });
  });

  describe('a store refuses', () => {
    const one = trial({ case: testCase(), pps: 1 });
    const campaign = storedCampaign({ cases: [{ case: testCase(), skipped: null, trials: [] }] });

    it('a campaign or test case that it does not have', async (context) => {
      const store = await opened(context);
      store.createCampaign(planOf(campaign));
      for (const act of [
        () => store.saveTrial('nosuch', 0, one),
        () => store.endCampaign('nosuch', '2026-03-01T11:00:00.000Z'),
      ]) {
        const failure = failureOf(act);
        assert.equal(failure.code, 'unknown-campaign');
        assert.match(failure.message, /has no campaign nosuch: 'vswbench list'/);
      }
      assert.match(failureOf(() => store.saveTrial(campaign.id, 1, one)).message, /has no test case 1/);
    });

    it('the same thing twice, and keeps nothing of the second', async (context) => {
      const path = await fresh();
      const store = await opened(context, path);
      store.createCampaign(planOf(campaign));
      store.saveTrial(campaign.id, 0, one);
      const rows = () => [store.list(), store.load(campaign.id)];
      const before = rows();
      assert.equal(failureOf(() => store.createCampaign(planOf(campaign))).code, 'refused');
      assert.equal(failureOf(() => store.saveTrial(campaign.id, 0, one)).code, 'refused');
      const twice = { case: testCase(), skipped: null };
      const doubled = { ...planOf(campaign), id: 'doubled', cases: [twice, twice] };
      assert.equal(failureOf(() => store.createCampaign(doubled)).code, 'refused');
      assert.deepEqual(rows(), before);
    });

    it('what it could not read back, and goes on', async (context) => {
      const store = await opened(context);
      store.createCampaign(planOf(campaign));
      const measurement = one.measurement ?? assert.fail();
      const failure = failureOf(() =>
        store.saveTrial(campaign.id, 0, { ...one, measurement: { ...measurement, throughputPps: Number.NaN } }),
      );
      assert.equal(failure.code, 'refused');
      assert.match(failure.message, /trial 0 of campaign .* cannot be recorded \(measurement\.throughputPps: /);
      assert.equal(failureOf(() => store.createCampaign({ ...planOf(campaign), id: 'y', seed: -1 })).code, 'refused');
      store.saveTrial(campaign.id, 0, one);
      assert.deepEqual(store.load(campaign.id)?.cases[0]?.trials, [one]);
    });
  });

  describe('a search that is cut short', () => {
    const load = (ratePps: number | null): SearchLoad => ({
      ...{ ratePps, durationMs: 1000, intendedPackets: 1000, offeredPackets: 1000, lostPackets: 3 },
      ...{
        duplicatedPackets: 0,
        reorderedPackets: 0,
        receivedPps: 997,
        offeredPps: 1000,
        cpus: 1.5,
        p99Ns: 9000,
        p999Ns: null,
        disturbances: [],
      },
    });

    it('has its trials for whoever goes on, until it is over', async (context) => {
      const path = await fresh();
      const campaign = capacityCampaign();
      const store = await opened(context, path);
      store.createCampaign(planOf(campaign));
      for (const ratePps of [null, 500, 400]) store.saveLoad(campaign.id, 0, 7, load(ratePps));
      store.saveLoad(campaign.id, 0, 8, load(1));
      store.saveLoad(campaign.id, 1, 7, load(2));
      const again = await opened(context, path);
      assert.deepEqual(again.loads(campaign.id, 0, 7), [load(null), load(500), load(400)]);
      const [found] = campaign.cases[0]?.trials ?? [];
      assert.ok(found !== undefined);
      const failed = {
        ...found,
        measurement: null,
        outcome: { outcome: 'failed', step: 'switch', reason: 'gone' },
      } as const;
      again.saveTrial(campaign.id, 0, { ...failed, ordinal: 8 });
      assert.deepEqual(again.loads(campaign.id, 0, 8), [load(1)], 'of one that failed they stay');
      again.saveTrial(campaign.id, 0, { ...found, ordinal: 7 });
      assert.deepEqual(again.loads(campaign.id, 0, 7), []);
      assert.deepEqual(again.loads(campaign.id, 1, 7), [load(2)]);
      assert.deepEqual(
        again.load(campaign.id)?.cases[0]?.trials.find(({ ordinal }) => ordinal === 7)?.measurement?.search,
        found.measurement?.search,
      );
    });
    it('comes with its campaign, goes on where it was, and is over with a trial that is brought', async (context) => {
      const store = await opened(context);
      const { cases, ...head } = capacityCampaign();
      const [found] = cases[0]?.trials ?? [];
      assert.ok(found !== undefined);
      const searches = [
        { caseIndex: 0, ordinal: found.ordinal, loads: [load(null), load(500)] },
        { caseIndex: 1, ordinal: 7, loads: [load(2)] },
      ];
      store.importCampaign({ ...head, cases }, () => [], searches);
      assert.deepEqual(store.searches(head.id), searches);
      assert.deepEqual(store.searches('nosuch'), []);
      store.importTrials(head.id, (index) => (index === 0 ? [found] : []), head, [
        { caseIndex: 1, ordinal: 7, loads: [load(3)] },
      ]);
      assert.deepEqual(store.searches(head.id), [{ caseIndex: 1, ordinal: 7, loads: [load(2), load(3)] }]);
    });

    it('refuses what is no trial of it, and a case that there is not', async (context) => {
      const store = await opened(context);
      const campaign = capacityCampaign();
      store.createCampaign(planOf(campaign));
      assert.equal(failureOf(() => store.saveLoad(campaign.id, 0, 0, { ...load(1), lostPackets: -1 })).code, 'refused');
      assert.equal(failureOf(() => store.saveLoad(campaign.id, 9, 0, load(1))).code, 'refused');
      assert.equal(failureOf(() => store.saveLoad('none', 0, 0, load(1))).code, 'unknown-campaign');
    });
  });

  it('keeps what became of the knobs, of a campaign that went on the worst of its parts', async () => {
    const store = openStore(await fresh());
    store.createCampaign(storedCampaign({ tune: ['governor'] }));
    const { id } = storedCampaign();
    const governor = { knob: 'governor', before: 'powersave', after: 'performance', note: null };
    const tuning = () => store.head(id)?.hosts[0]?.tuning.map(({ state }) => state);
    assert.deepEqual(tuning(), []);
    store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'applied' }]);
    assert.deepEqual(tuning(), ['applied']);
    store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'lost' }]);
    store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'applied' }]);
    assert.deepEqual(tuning(), ['lost']);
    assert.deepEqual(store.head(id)?.tune, ['governor']);
    assert.throws(() => store.recordTuning(id, 'local', 'far', []), StoreError);
    store.close();
  });

  it('keeps what drivers left on a host, each thing once', async () => {
    const store = openStore(await fresh());
    saveAll(store, storedCampaign());
    const { id } = storedCampaign();
    const left = () => store.head(id)?.hosts[0]?.leftBehind;
    assert.deepEqual(left(), []);
    const link = { switch: 'mine', what: 'interface mybr0', kept: null };
    const stays = { ...link, kept: 'it is busy' };
    for (const thing of [link, stays, link]) store.recordLeftBehind(id, 'local', 'near', thing);
    assert.deepEqual(left(), [link, stays]);
    assert.throws(() => store.recordLeftBehind(id, 'local', 'far', link), StoreError);
    store.close();
  });

  it('gives a campaign an id that no other has, of whichever process', async (context) => {
    const path = await fresh();
    const [ours, theirs] = [await opened(context, path), await opened(context, path)];
    const plan = planOf(storedCampaign({ id: 'a' }));
    const ids = ['a', 'b', 'c'];
    const anotherId = () => ids.shift() ?? assert.fail('asked once more');
    assert.equal(ours.createCampaign(plan, anotherId), 'a');
    assert.equal(theirs.createCampaign(plan, anotherId), 'b');
    theirs.createCampaign({ ...plan, id: 'c' });
    assert.equal(failureOf(() => ours.createCampaign(plan)).code, 'refused');
    ids.unshift('b');
    assert.throws(() => ours.createCampaign(plan, anotherId), /asked once more/);
    assert.equal(
      ours.createCampaign(plan, () => 'd'),
      'd',
    );
    assert.deepEqual(
      ours.list().map(({ id }) => id),
      ['a', 'b', 'c', 'd'],
    );
  });
}
