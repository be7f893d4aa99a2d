// SPDX-License-Identifier: Apache-2.0
// The longest burst without a loss as a trial of a campaign (RFC 9004): trains of one length after another, on a switch that stays up.
// docs/decisions/0028-bursts.md.
import { type Burst, type BurstLoad, passes } from '../model/burst.ts';
import type { Flag, Measurement, Trial } from '../model/result.ts';
import { sendersOf, type TestCase } from '../model/testcase.ts';
import { type LongestBounds, longest } from '../search/longest.ts';
import { disturbancesOf, type MeasuredTrial, Parts } from './part-trial.ts';

/** What a burst needs of the campaign around it. */
export interface BurstContext {
  testCase: TestCase;
  /** Of the first look, without trains. */
  durationMs: number;
  run(asked: TestCase, phases: { durationMs: number; warmupMs?: number }): Promise<Trial>;
  /** Told of the trains of each length, and how near the bounds are. */
  tell(load: BurstLoad, bounds: LongestBounds): void;
}

/** The shortest trains that are tried, and how long the path takes at most to forward the longest: beyond that it is a rate, and no burst. */
const SHORTEST_PACKETS = 32;
const LONGEST_MS = 100;
/** Trains of a length, and of one near the longest. RFC 9004 (5.5) has 50 repetitions for each size of frames. */
const TRAINS = { look: 20, close: 50 } as const;
const WIDTH_RATIO = 0.01;
/** Between the beginnings of two trains the path can forward so many times a train, and has this time beside. */
const ROOM = 2;
const SPARE_US = 1000;
/**
 * Trains have to be sent so much faster than the path forwards that what waits is told from the error of both rates. Where they are not, what is
 * lost is lost by something else than a queue that fills.
 */
const FASTER = 1.05;
/** Applications tell how they do each 20 ms, and a trial needs to be told some of these. */
const LEAST_MS = 200;

/** Searches, and returns what it found as one trial. */
export async function runBurst(context: BurstContext): Promise<Trial> {
  const parts = new Parts();
  return parts.whole(async () => {
    const { testCase } = context;
    const look = await parts.measured(
      () => context.run(testCase, { durationMs: context.durationMs }),
      'at the highest rate',
    );
    const forwardedPps = look.measurement.throughputPps / sendersOf(testCase);
    const trains = new TrainLoads(context, parts, forwardedPps);
    const bounds = await longest(
      {
        ...{ shortest: SHORTEST_PACKETS, longest: (forwardedPps * LONGEST_MS) / 1000 },
        ...{ step: testCase.burst, widthRatio: WIDTH_RATIO },
      },
      (packets, isClose) => trains.pass(packets, isClose ? TRAINS.close : TRAINS.look),
      (soFar) => trains.tell(soFar),
    );
    return concluded(trains.standing ?? look, burstOf(bounds, forwardedPps, trains.all));
  });
}

/** The trains of each length that was tried. */
class TrainLoads {
  readonly all: BurstLoad[] = [];
  /** The trial of the longest trains that came through, or of the first where none did. */
  standing: MeasuredTrial | null = null;
  private readonly context: BurstContext;
  private readonly parts: Parts;
  private readonly forwardedPps: number;

  constructor(context: BurstContext, parts: Parts, forwardedPps: number) {
    this.context = context;
    this.parts = parts;
    this.forwardedPps = forwardedPps;
  }

  async pass(packets: number, trains: number): Promise<boolean> {
    const { context } = this;
    const { asked, durationMs } = trainsOf(context.testCase, packets, trains, this.forwardedPps);
    const run = () => context.run(asked, { durationMs, warmupMs: 0 });
    const trial = await this.parts.measured(run, `in trains of ${packets}`);
    const load = loadOf(packets, trial.measurement);
    const passed = passes(load);
    this.all.push(load);
    if (passed || this.standing === null) this.standing = trial;
    return passed;
  }

  tell(bounds: LongestBounds): void {
    const last = this.all.at(-1);
    if (last !== undefined) this.context.tell(last, bounds);
  }
}

/** Trains of this length, sent as fast as the sender can, so far apart that the path is empty when the next one comes. */
export function trainsOf(
  testCase: TestCase,
  packets: number,
  trains: number,
  forwardedPps: number,
): { asked: TestCase; durationMs: number } {
  const apartUs = SPARE_US + Math.ceil((ROOM * packets * 1e6) / Math.max(1, forwardedPps));
  // Rounded down, so that the pause is never more than the rate leaves.
  const rate = Math.max(1, Math.floor((packets * 1e6) / apartUs));
  return {
    asked: { ...testCase, rate, arrivals: `on-off:${packets}/${apartUs}us` },
    durationMs: Math.max(LEAST_MS, Math.ceil((trains * apartUs) / 1000)),
  };
}

function loadOf(packets: number, { trains, ...measurement }: Measurement): BurstLoad {
  if (trains === null) throw new RangeError('the applications tell nothing of trains');
  return {
    packets,
    trains: trains.begun,
    passed: trains.passed,
    trainNs: trains.wholeP50Ns,
    lostPackets: Math.max(0, measurement.lostPackets),
    disturbances: measurement.noise.reasons,
  };
}

/** What the bounds say: while a train is sent the path forwards some of it, and the rest is what waits on it (RFC 9004, 5.6). */
export function burstOf({ lower, upper }: LongestBounds, forwardedPps: number, loads: BurstLoad[]): Burst {
  const trainNs = loads.find(({ packets }) => packets === lower)?.trainNs ?? null;
  const trainPps = lower === null || trainNs === null ? null : (1e9 * lower) / trainNs;
  const longestPackets = lower !== null && upper !== null ? (lower + upper) / 2 : (lower ?? 0);
  const known =
    lower !== null && upper !== null && trainPps !== null && forwardedPps > 0 && trainPps > FASTER * forwardedPps;
  const depthPackets = known ? longestPackets * (1 - forwardedPps / trainPps) : null;
  return {
    ended: lower === null ? 'shortest' : upper === null ? 'longest' : 'found',
    ...{ lowerPackets: lower, upperPackets: upper, longestPackets, trainPps, forwardedPps, depthPackets },
    depthNs: depthPackets === null ? null : (1e9 * depthPackets) / forwardedPps,
    loads,
  };
}

function concluded(standing: MeasuredTrial, burst: Burst): Trial {
  const reasons = disturbancesOf(burst.loads);
  const { measurement } = standing;
  const flags = standing.flags.filter((flag) => !OF_TRAINS.has(flag));
  return {
    ...standing,
    flags: [...flags, ...(reasons.length > 0 ? (['disturbed'] as const) : []), ...flagsOf(burst)],
    measurement: { ...measurement, noise: { ...measurement.noise, reasons }, burst },
  };
}

/** What a part is marked with that says nothing of the whole. */
const OF_TRAINS: ReadonlySet<Flag> = new Set(['disturbed', 'rate-not-reached']);

function flagsOf({ ended }: Burst): Flag[] {
  switch (ended) {
    case 'longest':
      return ['longest-burst-passed'];
    case 'shortest':
      return ['shortest-burst-lost'];
    case 'found':
      return [];
    default:
      return ended satisfies never;
  }
}
