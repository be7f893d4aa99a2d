// SPDX-License-Identifier: Apache-2.0
// What the trials of a case tell beside its figures, while they are gone through one by one: none is kept whole.
import { median } from 'simple-statistics';
import type { Histogram } from '../model/dataplane.ts';
import type { Placement } from '../model/placement.ts';
import { isRepetition } from '../model/repetition.ts';
import type { Evidence, Flows, Ledger, LedgerTotals, Measurement, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { floodedRatio } from './flooded.ts';
import { curveOf } from './histogram.ts';
import { modeChange } from './modes.ts';
import { keptRatio } from './pace.ts';
import { sumBySize } from './sizes.ts';
import { sumOf } from './sum.ts';

/** A trial without what is large. */
export type BareTrial = Omit<Trial, 'placement' | 'histograms' | 'measurement'> & {
  measurement: BareMeasurement | null;
};
export type BareMeasurement = Omit<Measurement, 'samples' | 'ledgers' | 'uplink'>;

/** The large parts of some trials, boiled down as they pass. In any order: rounds tell which came first. */
export class LargeParts {
  private readonly testCase: TestCase;
  private readonly placements = new Map<string, { round: number; placement: Placement }>();
  private last: (NonNullable<Evidence['last']> & { round: number }) | null = null;
  private ledgers: LedgerTotals = NO_LEDGERS;
  private changed = 0;
  private firstChanged: Evidence['firstChanged'] = null;

  constructor(testCase: TestCase) {
    this.testCase = testCase;
  }

  /** Takes note of a trial, and returns what is left of it. */
  add({ placement, histograms: _, measurement, ...head }: Trial): BareTrial {
    if (measurement === null) return { ...head, measurement };
    const { samples, ledgers, uplink, ...bare } = measurement;
    const { round } = head;
    this.addPlacement(round, placement);
    if (this.last === null || round >= this.last.round) this.last = { round, ledgers, uplink };
    this.ledgers = sumLedgers([this.ledgers, ledgerTotals(ledgers)]);
    // Delays are timed packet by packet, and have no course to look at.
    const levels =
      head.outcome.outcome === 'measured' && this.testCase.dimension === 'throughput'
        ? modeChange(samples, this.testCase.burst)
        : null;
    if (levels !== null) {
      this.changed += 1;
      if (this.firstChanged === null || round < this.firstChanged.round) this.firstChanged = { round, levels };
    }
    return { ...head, measurement: bare };
  }

  /** All that was taken note of. */
  told(): Pick<Evidence, 'placements' | 'last' | 'ledgers' | 'changed' | 'firstChanged'> {
    const { last, ledgers, changed, firstChanged } = this;
    return {
      placements: [...this.placements.values()].sort((a, b) => a.round - b.round).map(({ placement }) => placement),
      last: last === null ? null : { ledgers: last.ledgers, uplink: last.uplink },
      ...{ ledgers, changed, firstChanged },
    };
  }

  private addPlacement(round: number, placement: Placement): void {
    const key = JSON.stringify(placement);
    const known = this.placements.get(key);
    if (known === undefined || round < known.round) this.placements.set(key, { round, placement });
  }
}

/** The ledgers of several cases counted together. */
export function sumLedgers(cases: readonly LedgerTotals[]): LedgerTotals {
  return cases.reduce(
    (sum, one) => ({
      ledgers: sum.ledgers + one.ledgers,
      closed: sum.closed + one.closed,
      lostPackets: plus(sum.lostPackets, one.lostPackets),
      unplacedPackets: sum.unplacedPackets + one.unplacedPackets,
    }),
    NO_LEDGERS,
  );
}

const NO_LEDGERS: LedgerTotals = { ledgers: 0, closed: 0, lostPackets: 0, unplacedPackets: 0 };

/** What one record does not tell, no sum tells. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** The totals of some ledgers. */
export function ledgerTotals(ledgers: readonly Ledger[]): LedgerTotals {
  const closed = ledgers.filter(({ closes }) => closes);
  return {
    ledgers: ledgers.length,
    closed: closed.length,
    lostPackets: closed.reduce<number | null>((sum, { lostPackets }) => plus(sum, lostPackets), 0),
    unplacedPackets: sumOf(closed, ({ unplacedPackets }) => unplacedPackets),
  };
}

/** The evidence of a case. `trials` are all of its trials, in the order of the rounds, as `LargeParts.add` left them; `roundTrips` is of the measured ones. */
export function evidenceOf(
  testCase: TestCase,
  trials: readonly BareTrial[],
  large: LargeParts,
  roundTrips: Histogram | null,
): Evidence {
  const ran = trials.flatMap(({ round, measurement }) => (measurement === null ? [] : [{ round, measurement }]));
  const all = ran.map(({ measurement }) => measurement);
  const measured = trials.flatMap(({ outcome, measurement }) =>
    outcome.outcome === 'measured' && measurement !== null ? [measurement] : [],
  );
  const disturbed = ran.filter(({ measurement }) => measurement.noise.reasons.length > 0);
  const [first] = disturbed;
  const parts = large.told();
  return {
    trials: trials.length,
    repeated: trials.filter(isRepetition).length,
    measured: measured.length,
    machines: machinesOf(trials),
    ...parts,
    disturbed: disturbed.length,
    firstDisturbed: first === undefined ? null : { round: first.round, reasons: first.measurement.noise.reasons },
    disturbances: [...new Set(disturbed.flatMap(({ measurement }) => measurement.noise.reasons))],
    receivePaths: [...new Set(all.flatMap(({ receivePath }) => receivePath ?? []))],
    roundTrips: roundTrips === null ? [] : curveOf(roundTrips),
    warmupS: rangeOf(all.flatMap(({ warmupS }) => warmupS ?? [])),
    sizes: sumBySize(all.flatMap(({ sizes }) => sizes ?? [])),
    rxModerated: all.some(({ rxModerated }) => rxModerated === true),
    offeredRatio: keptRatio(measured, 'offered'),
    receivedRatio: keptRatio(measured, 'received'),
    cost: costOf(measured, forwardsOnSender(testCase, parts.placements)),
    switchFigures: switchFiguresOf(all),
    caches: all.at(-1)?.caches ?? [],
    flows: flowsOf(measured),
    floodedRatio: floodedRatio(testCase, measured),
    background: backgroundOf(measured),
    worst: worstOf(all),
  };
}

function machinesOf(trials: readonly BareTrial[]): Evidence['machines'] {
  const named = trials.filter(({ hostnames }) => hostnames.length > 0);
  const groups = Map.groupBy(named, ({ hostnames }) => JSON.stringify(hostnames));
  return [...groups.values()].map((those) => ({ hostnames: those[0]?.hostnames ?? [], trials: those.length }));
}

function rangeOf(values: readonly number[]): { least: number; most: number } | null {
  if (values.length === 0) return null;
  const least = values.reduce((a, b) => Math.min(a, b));
  return { least, most: values.reduce((a, b) => Math.max(a, b)) };
}

/** A switch with threads of its own forwards there, and not in softirqs. */
function forwardsOnSender({ port }: TestCase, placements: readonly Placement[]): boolean {
  return port === 'netdev' && placements.every((placement) => placement.switch.length === 0);
}

function costOf(measured: readonly BareMeasurement[], forwardsOnSender: boolean): Evidence['cost'] {
  const over = (value: (measurement: BareMeasurement) => number | null): number | null => {
    const values = measured.flatMap((measurement) => value(measurement) ?? []);
    return values.length === 0 ? null : median(values);
  };
  return {
    cpuNsPerPacket: over(({ cpu, throughputPps }) => (throughputPps === 0 ? null : (1e9 * cpu.total) / throughputPps)),
    softirqCpus: over(({ noise }) => noise.softirqCpus),
    softirqOfSender: over(({ cpu, noise }) =>
      !forwardsOnSender || cpu.sender === 0 ? null : noise.softirqCpus / cpu.sender,
    ),
    senderCyclesPerPacket: over(({ cyclesPerPacket }) => cyclesPerPacket?.sender ?? null),
    receiverCyclesPerPacket: over(({ cyclesPerPacket }) => cyclesPerPacket?.receiver ?? null),
    senderInstructionsPerPacket: over(({ instructionsPerPacket }) => instructionsPerPacket?.sender ?? null),
    receiverInstructionsPerPacket: over(({ instructionsPerPacket }) => instructionsPerPacket?.receiver ?? null),
  };
}

function backgroundOf(measured: readonly BareMeasurement[]): Evidence['background'] {
  const all = measured.flatMap(({ background }) => background ?? []);
  if (all.length === 0) return null;
  const capacities = all.flatMap(({ capacityPps }) => capacityPps ?? []);
  const offered = sumOf(all, ({ offeredPackets }) => offeredPackets);
  return {
    ratePps: median(all.map(({ ratePps }) => ratePps)),
    capacityPps: capacities.length === 0 ? null : median(capacities),
    offeredPps: median(all.map(({ offeredPps }) => offeredPps)),
    lossRatio: offered === 0 ? null : sumOf(all, ({ lostPackets }) => lostPackets) / offered,
  };
}

function flowsOf(measured: readonly BareMeasurement[]): Flows | null {
  const counted = measured.flatMap(({ flows }) => flows ?? []);
  if (counted.length === 0) return null;
  return {
    count: sumOf(counted, ({ count }) => count),
    withLoss: sumOf(counted, ({ withLoss }) => withLoss),
    withReordering: sumOf(counted, ({ withReordering }) => withReordering),
    mostLostPackets: Math.max(...counted.map(({ mostLostPackets }) => mostLostPackets)),
  };
}

function switchFiguresOf(all: readonly BareMeasurement[]): Evidence['switchFigures'] {
  const byName = new Map<string, number[]>();
  for (const [name, value] of all.flatMap(({ switchFigures }) => Object.entries(switchFigures))) {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [value]);
    else known.push(value);
  }
  return Object.fromEntries([...byName].map(([name, values]) => [name, median(values)]));
}

function worstOf(all: readonly BareMeasurement[]): Evidence['worst'] {
  if (all.length === 0) return null;
  const most = (value: (measurement: BareMeasurement) => number): number =>
    all.reduce((worst, one) => Math.max(worst, value(one)), Number.NEGATIVE_INFINITY);
  const told = (value: (measurement: BareMeasurement) => number | null): number | null =>
    all.reduce<number | null>((worst, one) => {
      const next = value(one);
      return next === null || (worst !== null && worst > next) ? worst : next;
    }, null);
  return {
    stealRatio: most(({ noise }) => noise.stealRatio),
    involuntarySwitchesPerS: most(({ noise }) => noise.involuntarySwitchesPerS),
    softirqCpus: most(({ noise }) => noise.softirqCpus),
    interruptsPerS: told(({ noise }) => noise.interruptsPerS),
    frequencyChangeRatio: told(({ noise }) => noise.frequencyChangeRatio),
    cpuPressureRatio: told(({ noise }) => noise.cpuPressureRatio),
    strangersRatio: told(({ noise }) => noise.strangersRatio),
    duplicatedPackets: most((one) => one.duplicatedPackets),
    reorderedPackets: most((one) => one.reorderedPackets),
    corruptedPackets: most((one) => one.corruptedPackets),
  };
}
