// SPDX-License-Identifier: Apache-2.0
// Known truth: every count that vswbench reports of switches whose every fault is known beforehand (test/fixtures/impaired-switch).
// Half of the combinations of five faults, in which any four of these meet in every way, are measured at rates drawn anew for each; with the other
// frameworks, and of two pairs, a sample of them, or all where VSWBENCH_TRUTH is `all`.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { seededRandom } from '../fixtures/campaign.ts';
import type { Schedule } from '../fixtures/impaired-switch/impaired.ts';
import { arrivalsOf, countsOf, flowsOf, foreignOf } from '../fixtures/impaired-switch/truth.ts';
import { driverFile, measure, type Truth } from './impaired.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const FAULTS = ['drop', 'duplicate', 'corrupt', 'swap', 'foreign'] as const;
/** Of packets between two that the same is done to: often enough to meet, and never all of a burst. */
const [RATE_MIN, RATE_MAX] = [7, 150];
const SEED = 20_261_126;
const ALL = process.env.VSWBENCH_TRUTH === 'all';
/** Slow enough that nothing else is lost. */
const PACE = '--trials 1 -R 5k -B 4 -P 128 --warmup 50ms --duration 200ms';

const CampaignsSchema = z.object({ campaigns: z.array(z.looseObject({ id: z.string(), cases: z.int() })) });
const TABLE = 150;
const CliffsSchema = z.looseObject({
  cliffs: z.array(
    z.looseObject({
      sentence: z.string(),
      fills: z.array(
        z.looseObject({
          cache: z.looseObject({ name: z.string(), entries: z.int() }),
          seems: z.looseObject({ at: z.number() }).nullable(),
        }),
      ),
    }),
  ),
});

const ComparisonSchema = z.looseObject({
  cases: z.array(z.looseObject({ verdict: z.string(), flagsOnlyInB: z.array(z.string()) })),
});

/** Each combination of faults, by a number whose bits are the faults. */
const COMBINATIONS = Array.from({ length: 2 ** FAULTS.length }, (_, bits) => bits);
/** Those with an even number of faults: a half fraction of the whole design, of resolution V. */
const HALF = ALL
  ? COMBINATIONS
  : COMBINATIONS.filter((bits) => FAULTS.filter((_, bit) => bits & (1 << bit)).length % 2 === 0);
const SAMPLE = ALL ? COMBINATIONS : COMBINATIONS.filter((bits) => bits % 6 === 1 || bits === COMBINATIONS.length - 1);

function schedulesOf(combinations: readonly number[], seed: number): Record<string, Schedule> {
  const random = seededRandom(seed);
  const rate = () => RATE_MIN + Math.floor(random() * (RATE_MAX - RATE_MIN + 1));
  return Object.fromEntries(
    combinations.map((bits) => {
      const faults = FAULTS.flatMap((fault, bit) => (bits & (1 << bit) ? [[fault, rate()] as const] : []));
      return [`impaired-${bits}`, Object.fromEntries(faults)];
    }),
  );
}

suite('known truth', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  for (const { options, combinations } of [
    { options: '--io raw-mmsg -S 1vs1', combinations: HALF },
    { options: '--io udp,udp-mmsg,raw -S 1vs1', combinations: SAMPLE },
    { options: `--io ${ALL ? 'udp,udp-mmsg,raw,raw-mmsg' : 'udp,raw-mmsg'} -S 2vs2`, combinations: SAMPLE },
  ]) {
    it(`counts exactly what was done: ${options}, ${combinations.length} combinations of faults`, {
      timeout: 600_000,
    }, async () => {
      // Other rates for each of these runs, and the same in each of them.
      const truths = await measure(workspace, schedulesOf(combinations, SEED + options.length), `${options} ${PACE}`);
      for (const truth of truths) assertExact(truth, 'dropped by the switch: by its schedule');
      assertNothingLeft();
    });
  }

  it('tells packets that are too far behind to be told from copies', { timeout: 60_000 }, async () => {
    const schedule = { late: 500, behind: 65_600 };
    const during = (duration: string) =>
      measure(
        workspace,
        { 'impaired-late': schedule },
        `--io raw-mmsg --trials 1 -R 50k -B 32 -P 64 --warmup 200ms --duration ${duration}`,
      );
    const isLate = ({ measurement }: Truth) => measurement.latePackets > 0;
    // A busy machine takes longer to send so many.
    let trials = (await during('1300ms')).filter(isLate);
    if (trials.length === 0) trials = (await during('8s')).filter(isLate);
    assert.ok(trials.length > 0);
    for (const truth of trials) {
      // One is still waited for when the flow ends.
      assertExact(truth, "between 'switch, in' and 'switch, out'");
    }
  });

  it('knows of each flow what it lost, and which had packets out of order among their own', {
    timeout: 120_000,
  }, async () => {
    const flows = 20;
    const switches = {
      // Neighbours change places: out of order for the pair, and for no flow.
      'impaired-swaps': { drop: 12, swap: 7 },
      'impaired-holds': { drop: 6, late: 100, behind: 45 },
    };
    const trials = await measure(workspace, switches, `--io raw-mmsg --flows ${flows} ${PACE}`);
    for (const { schedule, measurement } of trials) {
      const told = JSON.stringify(schedule);
      const expected = flowsOf(arrivalsOf(schedule, measurement.offeredPackets), flows);
      assert.deepEqual(measurement.flows, expected, told);
      assert.ok(expected.withLoss > 0 && expected.withLoss < flows && measurement.reorderedPackets > 0, told);
      assert.equal(expected.withReordering > 0, 'late' in schedule, told);
    }
  });

  it('places a table of 150 flows by its counters', { timeout: 120_000 }, async () => {
    const file = driverFile(workspace, 'impaired-table', { table: TABLE, 'miss-us': 1 });
    const grid = '--from 32 --to 710 --step x1.41'.split(' ');
    // So slow that nothing is lost: what is looked at is which packets missed the table, and not how fast the machine is.
    const trials = '--io raw-mmsg -R 20k -B 4 --trials 1 --warmup 100ms --duration 200ms'.split(' ');
    const command = ['sweep', 'flows', '--json', '--switch', file, '-V', 'impaired-table', ...grid, ...trials];
    const ended = await workspace.run(command);
    assert.notEqual(ended.stdout, '', ended.stderr);
    const [cliffs] = CliffsSchema.parse(JSON.parse(ended.stdout)).cliffs;
    const [fill] = cliffs?.fills ?? [];
    assert.deepEqual([fill?.cache.name, fill?.cache.entries], ['flow table', TABLE], ended.stderr);
    assert.ok(within(fill?.seems?.at ?? 0), ended.stderr);
    assertNothingLeft();
  });

  it('tells a loss on one way as the loss of that way alone where both ends send', { timeout: 180_000 }, async () => {
    const schedule = { drop: 12 };
    const trials = await measure(
      workspace,
      { 'impaired-one-way': schedule },
      `--io udp,raw-mmsg --direction both ${PACE}`,
    );
    for (const { case: testCase, measurement } of trials) {
      const { ways, ledgers } = measurement;
      const [there, back] = [ways?.there ?? assert.fail(), ways?.back ?? assert.fail()];
      const { lost } = countsOf(arrivalsOf(schedule, there.offeredPackets), there.offeredPackets);
      assert.ok(lost > 0 && back.offeredPackets > 0, testCase.io);
      assert.deepEqual([there.lostPackets, back.lostPackets], [lost, 0], testCase.io);
      assert.equal(back.receivedPackets, back.offeredPackets, testCase.io);
      assert.deepEqual(
        ledgers.map(({ from, closes, drops }) => ({ from, closes, drops })),
        [
          { from: 'source', closes: true, drops: [{ where: 'dropped by the switch: by its schedule', packets: lost }] },
          { from: 'sink', closes: true, drops: [] },
        ],
        testCase.io,
      );
    }
  });

  it('knows of each size of a mix what it lost, and how many bits came', { timeout: 120_000 }, async () => {
    const switches = { 'impaired-short': { above: 600 }, 'impaired-sizes': { drop: 5 } };
    const trials = await measure(workspace, switches, `--io raw-mmsg ${PACE.replace('-P 128', '-P imix')}`);
    for (const { schedule, measurement, case: testCase } of trials) {
      const told = `${testCase.io} ${JSON.stringify(schedule)}`;
      const order = [60, 60, 60, 60, 60, 60, 60, 566, 566, 566, 566, 1514];
      const sent = Array.from({ length: measurement.offeredPackets }, (_, number) => order[number % 12] ?? 0);
      const isLost = (bytes: number, number: number) =>
        'above' in schedule ? bytes > 600 : number % (schedule.drop ?? 1) === (schedule.drop ?? 1) - 1;
      const expected = [60, 566, 1514].map((bytes) => ({
        ...{ from: bytes, to: bytes, sentPackets: sent.filter((one) => one === bytes).length },
        lostPackets: sent.filter((one, number) => one === bytes && isLost(one, number)).length,
      }));
      assert.deepEqual(measurement.sizes, expected, told);
      assert.ok(measurement.lostPackets > 0, told);
      const arrived = sent.filter((bytes, number) => !isLost(bytes, number));
      const mean = arrived.reduce((sum, bytes) => sum + bytes, 0) / arrived.length;
      // The measured window begins and ends within a period of the mix.
      assert.ok(Math.abs(measurement.throughputBps / measurement.throughputPps / 8 / mean - 1) < 0.02, told);
    }
  });

  it("takes another trial's packets for nobody's, whatever their numbers", { timeout: 60_000 }, async () => {
    const schedule = { leftover: 1000 };
    const trials = await measure(
      workspace,
      { 'impaired-leftover': schedule },
      `--io udp -S 1vs1 ${PACE.replace('--trials 1', '--trials 2')}`,
    );
    // The first one of a switch has nothing before it, which is not to be seen if that one was disturbed.
    assert.ok(trials.some(({ measurement }) => measurement.foreignPackets === 3));
    for (const { measurement } of trials) {
      assert.ok([0, 3].includes(measurement.foreignPackets), `${measurement.foreignPackets}`);
      assert.equal(measurement.lostPackets, 0);
      assert.equal(measurement.steadyReceivedPackets, measurement.steadyOfferedPackets);
    }
  });

  it('gives a switch that duplicates no more throughput than its twin, and flags it', {
    timeout: 120_000,
  }, async () => {
    const trials = await measure(
      workspace,
      { 'impaired-twin': {}, 'impaired-doubles': { duplicate: 10 } },
      '--io udp -S 1vs1 --trials 6 -R 5k -B 4 -P 128 --warmup 50ms --duration 300ms',
    );
    const of = (name: string) => trials.filter((trial) => trial.case.switch === name);
    const range = (name: string) => {
      const rates = of(name).map(({ measurement }) => measurement.throughputPps);
      return { low: Math.min(...rates), high: Math.max(...rates) };
    };
    const [twin, doubles] = [range('impaired-twin'), range('impaired-doubles')];
    // The smallest and the largest of six are the bounds of the interval of 95 %.
    assert.ok(twin.low <= doubles.high && doubles.low <= twin.high, JSON.stringify({ twin, doubles }));
    for (const { measurement } of of('impaired-doubles')) {
      const { rawPps, throughputPps } = measurement;
      assert.ok(rawPps !== null && Math.abs(rawPps / throughputPps - 1.1) < 0.01, `${rawPps} of ${throughputPps}`);
    }
    const campaigns = CampaignsSchema.parse(JSON.parse((await workspace.run(['list', '--json'])).stdout)).campaigns;
    const { id = '' } = campaigns.findLast(({ cases }) => cases === 2) ?? {};
    const compared = await workspace.run(['compare', id, '--switches', 'impaired-twin,impaired-doubles', '--json']);
    const [pair] = ComparisonSchema.parse(JSON.parse(compared.stdout)).cases;
    // At this pace both receive what was asked for, so that neither is called faster.
    assert.deepEqual([pair?.verdict, pair?.flagsOnlyInB.includes('duplicates')], ['not compared', true]);
  });
});

/** Within a factor of 1.25 of what the table holds. */
function within(flows: number): boolean {
  return Math.max(flows / TABLE, TABLE / flows) < 1.25;
}

function assertExact({ case: testCase, schedule, measurement }: Truth, where: string): void {
  const told = `${testCase.switch} ${testCase.io} ${testCase.pairs}: ${JSON.stringify(schedule)}`;
  const pairs = measurement.pairs.map(({ offeredPackets }) => {
    assert.ok(offeredPackets > 3 * RATE_MAX, `${told}: ${offeredPackets} packets`);
    return {
      ...countsOf(arrivalsOf(schedule, offeredPackets), offeredPackets),
      foreign: foreignOf(schedule, offeredPackets),
    };
  });
  const total = (count: keyof (typeof pairs)[number]) => pairs.reduce((sum, pair) => sum + pair[count], 0);
  assert.deepEqual(
    {
      lost: measurement.lostPackets,
      duplicated: measurement.duplicatedPackets,
      reordered: measurement.reorderedPackets,
      corrupted: measurement.corruptedPackets,
      unidentified: measurement.unidentifiedPackets,
      late: measurement.latePackets,
      foreign: measurement.foreignPackets,
      received: measurement.receivedPackets,
    },
    {
      lost: total('lost'),
      duplicated: total('duplicated'),
      reordered: total('reordered'),
      corrupted: total('corrupted'),
      unidentified: total('unidentified'),
      late: total('late'),
      foreign: total('foreign'),
      received: total('received'),
    },
    told,
  );
  for (const [index, { lost }] of pairs.entries()) {
    const ledger = measurement.ledgers[index];
    assert.ok(ledger?.closes, told);
    assert.deepEqual([ledger.lostPackets, ledger.unplacedPackets], [lost, 0], told);
    const drops = lost === 0 ? [] : [{ where, packets: lost }];
    assert.deepEqual(ledger.drops, drops, told);
  }
}
