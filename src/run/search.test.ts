// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Measurement, Trial } from '../model/result.ts';
import { type Objective, SEARCH_DEFAULTS, type SearchLoad } from '../model/search.ts';
import type { TestCase } from '../model/testcase.ts';
import { runSearch, type SearchContext } from './search.ts';

const CASE = testCase({ dimension: 'capacity', burst: 32, rate: 'max' });
const MEASURED = { outcome: 'measured' } as const;

interface Path {
  /** What the switch forwards, packets/s, all senders together, in the trial with this number. */
  capacityPps: (index: number) => number;
  /** What each sender can offer. */
  offerPps?: number;
  /** The delay that one of a thousand packets exceeds at this rate, ns; null: no clock in common. */
  delayNs?: (pps: number) => number | null;
  cpus?: (pps: number) => number;
  outcome?: (index: number, rate: TestCase['rate']) => Trial['outcome'];
  reasons?: (index: number) => string[];
}

/** A path as a trial finds it; the number of the trial decides, so that it is the same for whoever goes on. */
function runOn(path: Path, one: TestCase, first = 0) {
  let index = first;
  return async (rate: TestCase['rate'], durationMs: number): Promise<Trial> => {
    const outcome = path.outcome?.(index, rate) ?? MEASURED;
    const senders = one.pairs * (one.direction === 'both' ? 2 : 1);
    const most = path.offerPps ?? 1e9;
    const [intended, offered] = [rate === 'max' ? most : rate, rate === 'max' ? most : Math.min(rate, most)].map(
      (pps) => Math.round((senders * pps * durationMs) / 1000),
    );
    assert.ok(intended !== undefined && offered !== undefined);
    const received = Math.min(offered, Math.round((path.capacityPps(index) * durationMs) / 1000));
    const reasons = path.reasons?.(index) ?? [];
    index += 1;
    const base = trial({ case: CASE, pps: 1e6, outcome, flags: reasons.length > 0 ? ['disturbed'] : [] });
    return {
      ...base,
      ...{ wallS: durationMs / 1000 + 0.5, overheadS: 0.4 },
      measurement:
        outcome.outcome === 'measured' && base.measurement !== null
          ? {
              ...base.measurement,
              steadyOfferedPackets: offered,
              steadyReceivedPackets: received,
              steadyCorruptedPackets: 0,
              steadyGivenUpPackets: intended - offered,
              throughputPps: (received * 1000) / durationMs,
              throughputBps: (received * 512_000) / durationMs,
              offeredPps: (offered * 1000) / durationMs,
              noise: { ...base.measurement.noise, reasons },
              cpu: { sender: 0, receiver: 0, switch: 0, total: path.cpus?.((offered * 1000) / durationMs) ?? 1.7 },
              ...delaysOf(path.delayNs?.((offered * 1000) / durationMs) ?? null, received),
            }
          : null,
    };
  };
}

function delaysOf(p999: number | null, count: number): Pick<Measurement, 'latencyNs'> {
  if (p999 === null) return {};
  const { mean, min, p50, p90, p99, max } = { mean: 1, min: 1, p50: 1, p90: 1, p99: p999 / 2, max: p999 };
  const told = { mean, min, p50, p90, p99, p999: count >= 10_000 ? p999 : null, p9999: null, max, count };
  return { latencyNs: { oneWay: { ...told, censoredCount: 0, censoredAtLeastNs: null } } };
}

async function find(path: Path, part: Partial<SearchContext> = {}) {
  const saved: SearchLoad[] = [];
  const told: number[] = [];
  const known = part.known ?? [];
  const context: SearchContext = {
    ...{ testCase: CASE, settings: SEARCH_DEFAULTS, durationMs: 1000, known },
    run: runOn(path, part.testCase ?? CASE, known.length),
    save: (load) => void saved.push(load),
    tell: (_, found) => void told.push(found.length),
    ...part,
  };
  return { ended: await runSearch(context), saved, told };
}

const searchOf = ({ measurement }: Trial) => {
  assert.ok(measurement?.search);
  return measurement.search;
};

describe('runSearch', () => {
  it('finds what each objective allows, of all senders together, and one trial stands for it', async () => {
    for (const [part, senders] of [
      [{}, 1],
      [{ pairs: 4 }, 4],
      [{ pairs: 2, direction: 'both' }, 4],
    ] as const) {
      const one = testCase({ dimension: 'capacity', burst: 32, rate: 'max', ...part });
      const { ended, saved, told } = await find({ capacityPps: () => 1e6, offerPps: 3e6 / senders }, { testCase: one });
      const { found, loads } = searchOf(ended);
      assert.deepEqual(
        found.map(({ ended: how }) => how),
        ['found', 'found'],
      );
      for (const { objective, lowerPps, upperPps } of found) {
        assert.ok(objective.figure === 'loss');
        const criticalPps = 1e6 / (1 - objective.mostRatio);
        assert.ok(lowerPps !== null && upperPps !== null);
        assert.ok(lowerPps <= criticalPps + senders && upperPps >= criticalPps - senders);
        assert.ok(1 - lowerPps / upperPps < 0.00501);
      }
      assert.equal(ended.measurement?.throughputPps, found[0]?.throughputPps);
      assert.equal(ended.measurement?.throughputBps, 512 * (found[0]?.throughputPps ?? 0));
      assert.deepEqual(saved, loads);
      assert.ok(told.length > 0 && told.every((objectives) => objectives === 2));
      assert.equal(loads[0]?.ratePps, null, 'the first look has no pace');
    }
  });

  it('comes to the same wherever it was cut short', async () => {
    const random = seededRandom(3);
    const noise = Array.from({ length: 300 }, () => 1e6 * (1 + 0.02 * (random() - 0.5)));
    const path: Path = { capacityPps: (index) => noise[index] ?? 1e6, offerPps: 2e6 };
    const whole = searchOf((await find(path)).ended);
    for (let cut = 0; cut <= whole.loads.length; cut += 1) {
      const { ended, saved } = await find(path, { known: whole.loads.slice(0, cut) });
      assert.deepEqual(searchOf(ended), whole, `cut after ${cut}`);
      assert.deepEqual(saved, whole.loads.slice(cut));
    }
  });

  it('does not go by trials of another search', async () => {
    const path: Path = { capacityPps: () => 1e6, offerPps: 2e6 };
    const other = searchOf((await find(path, { durationMs: 500 })).ended).loads;
    const { ended, saved } = await find(path, { known: other });
    assert.deepEqual(searchOf(ended).loads, saved);
    assert.ok(saved.every(({ durationMs }) => durationMs === 1000));
  });

  const settingsOf = (...objectives: Objective[]) => ({ settings: { ...SEARCH_DEFAULTS, objectives } });
  const NDR = { figure: 'loss', mostRatio: 0 } as const;

  it('goes by delays and CPU time as by loss, and the objective that binds is the figure', async () => {
    // 100 us at 400 kpps, 1.5 CPUs at 500 kpps.
    const path: Path = {
      ...{ capacityPps: () => 1e6, offerPps: 2e6 },
      ...{ delayNs: (pps) => pps / 4, cpus: (pps) => 1 + pps / 1e6 },
    };
    const objectives = [NDR, { figure: 'p999', mostNs: 100_000 }, { figure: 'cpu', mostCpus: 1.5 }] as const;
    const { ended } = await find(path, settingsOf(...objectives));
    const { found, loads } = searchOf(ended);
    for (const [index, truePps] of [1e6, 400_000, 500_000].entries()) {
      const one = found[index];
      assert.ok(one?.ended === 'found' && one.lowerPps !== null && one.upperPps !== null, JSON.stringify(one));
      assert.ok(one.lowerPps <= truePps + 1 && one.upperPps >= truePps - 1 && one.upperPps * 0.9949 < one.lowerPps);
    }
    assert.equal(ended.measurement?.throughputPps, found[1]?.throughputPps);
    assert.equal(
      ended.measurement?.steadyOfferedPackets,
      found[1]?.lowerPps,
      'the trial that stands for it is at that rate',
    );
    assert.ok(
      loads.every(({ ratePps }) => ratePps === null || ratePps >= 11_000),
      'each has its p99.9',
    );
    assert.ok(loads.length < 100, `${loads.length}`);
  });

  it('has no figure where one objective allows no rate', async () => {
    const path: Path = { capacityPps: () => 1e6, offerPps: 2e6, delayNs: () => 5e6 };
    const { ended } = await find(path, settingsOf(NDR, { figure: 'p99', mostNs: 100_000 }));
    assert.deepEqual([ended.measurement?.throughputPps, searchOf(ended).found[1]?.ended], [0, 'min-load']);
  });

  it('fails at once where an objective is of delays that nobody can tell', async () => {
    const path: Path = { capacityPps: () => 1e6, offerPps: 2e6, delayNs: () => null };
    const { ended, saved } = await find(path, settingsOf(NDR, { figure: 'p999', mostNs: 100_000 }));
    assert.ok(ended.outcome.outcome === 'failed' && /need one clock/.test(ended.outcome.reason));
    assert.deepEqual(saved, []);
  });

  it('says how much could be offered where that is the limit, and takes nothing that was not sent for lost', async () => {
    const { ended } = await find({ capacityPps: () => 1e9, offerPps: 400_000 });
    const [ndr] = searchOf(ended).found;
    assert.equal(ndr?.ended, 'tool-limited');
    assert.deepEqual([ndr?.lowerPps, ndr?.upperPps], [400_000, null]);
    assert.ok(ended.flags.includes('load-not-offered'));
    // A rate above what the sender can do.
    const asked = testCase({ dimension: 'capacity', burst: 32, rate: 1_000_000 });
    const paced = searchOf((await find({ capacityPps: () => 1e9, offerPps: 400_000 }, { testCase: asked })).ended);
    assert.equal(paced.found[0]?.ended, 'tool-limited');
    const lowerPps = paced.found[0]?.lowerPps ?? 0;
    assert.ok(lowerPps <= 400_000 && lowerPps > 400_000 * 0.995, `${lowerPps}`);
    assert.ok(paced.loads.every(({ lostPackets }) => lostPackets === 0));
  });

  it('goes no higher than it was told to, which is no limit of the tool', async () => {
    const asked = testCase({ dimension: 'capacity', burst: 32, rate: 100_000 });
    const { ended } = await find({ capacityPps: () => 1e6 }, { testCase: asked });
    assert.deepEqual(
      searchOf(ended).found.map(({ ended: how, lowerPps }) => [how, lowerPps]),
      [
        ['max-load', 100_000],
        ['max-load', 100_000],
      ],
    );
    assert.deepEqual(ended.flags, []);
  });

  it('tells a switch that loses something at any rate', async () => {
    const { ended } = await find({ capacityPps: () => 10, offerPps: 1e6 });
    assert.equal(ended.measurement?.throughputPps, 0);
    assert.ok(ended.flags.includes('lowest-load-lost'));
    assert.deepEqual(searchOf(ended).found[0]?.lowerPps, null);
  });

  it('ends with the bounds that it has when its time is over', async () => {
    const settings = { ...SEARCH_DEFAULTS, budgetMs: 15_000 };
    const { ended, saved } = await find({ capacityPps: () => 1e6, offerPps: 3e6 }, { settings });
    assert.ok(ended.flags.includes('search-cut-short'));
    assert.ok(saved.length <= 16, `${saved.length}`);
    const [ndr] = searchOf(ended).found;
    assert.ok(ndr?.ended === 'budget' && ndr.lowerPps !== null);
    assert.equal(
      ended.measurement?.throughputPps,
      ndr.lowerPps,
      'what its trials say so far, none of which lost a packet there',
    );
  });

  it('runs a trial that was not measured once more, and fails with the second', async () => {
    const invalid = { outcome: 'invalid', reason: 'the ledger does not close' } as const;
    const once = await find({ capacityPps: () => 1e6, offerPps: 2e6, outcome: (i) => (i === 4 ? invalid : MEASURED) });
    assert.equal(once.ended.outcome.outcome, 'measured');
    const failed = { outcome: 'failed', step: 'switch', reason: 'it has ended' } as const;
    const twice = await find({ capacityPps: () => 1e6, offerPps: 2e6, outcome: (i) => (i >= 4 ? failed : MEASURED) });
    assert.equal(twice.ended.measurement, null);
    assert.ok(twice.ended.outcome.outcome === 'failed');
    assert.match(twice.ended.outcome.reason, /^at \d+ packets\/s: it has ended$/);
    assert.equal(twice.saved.length, 4, 'what was measured before is kept');
  });

  it('is disturbed where most of its trials were', async () => {
    const path = { capacityPps: () => 1e6, offerPps: 2e6 };
    const few = await find({ ...path, reasons: (index) => (index % 3 === 0 ? ['steal 9 %'] : []) });
    assert.deepEqual([few.ended.flags, few.ended.measurement?.noise.reasons], [[], []]);
    const most = await find({ ...path, reasons: (index) => (index % 3 === 0 ? [] : ['steal 9 %']) });
    assert.deepEqual([most.ended.flags, most.ended.measurement?.noise.reasons], [['disturbed'], ['steal 9 %']]);
  });

  it('tells its time as one trial: all of it, and what was neither warm-up nor measured', async () => {
    const { ended } = await find({ capacityPps: () => 1e6, offerPps: 2e6 });
    assert.ok(ended.wallS >= 0 && ended.overheadS >= 0 && ended.overheadS <= ended.wallS);
  });
});
