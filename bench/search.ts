// SPDX-License-Identifier: Apache-2.0
// What a search costs and how far its answers spread, on switches of known capacity: 200 seeds of each, trials of 1 s. Beside the figures that
// CSIT reports for its library (MLRsearch, two goals: NDR and 0.5 % PDR, 0.5 % width), and those of a binary search by RFC 2544 and TST 009.
//
//     node bench/search.ts [SEEDS]
//
// Exits 1 where both goals take longer than CSIT's library is reported to take: 39 s without noise, 78 s with noise of 1 %.
import { binarySearch, SIXTY_SECONDS } from '../src/search/binary.ts';
import { NDR, PDR, type SearchGoal } from '../src/search/goal.ts';
import { search } from '../src/search/search.ts';
import { seededRandom } from '../test/fixtures/campaign.ts';
import { CAPACITY_PPS, SWITCHES } from '../test/fixtures/search-switches.ts';

const SEEDS = Number(process.argv[2] ?? 200);
const LOADS = { minPps: 10_000, maxPps: 10_000_000 };
const REPORTED_S: Record<string, number> = { 'no noise': 39, 'noise of 1 %': 78 };

/** A third goal whose bounds are those of the others, and one whose are its own. */
const BETWEEN: SearchGoal = { ...PDR, name: '0.25 %', lossRatio: 0.0025 };
const APART: SearchGoal = { ...PDR, name: '2 %', lossRatio: 0.02 };

const WAYS: { name: string; goals: SearchGoal[]; expectedPps?: number }[] = [
  { name: 'NDR', goals: [NDR] },
  { name: 'NDR, PDR', goals: [NDR, PDR] },
  { name: 'NDR, PDR, warm', goals: [NDR, PDR], expectedPps: CAPACITY_PPS },
  { name: 'NDR, PDR, 0.25 %', goals: [NDR, PDR, BETWEEN] },
  { name: 'NDR, PDR, 2 %', goals: [NDR, PDR, APART] },
];

function quantile(values: readonly number[], ratio: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(ratio * sorted.length))] ?? Number.NaN;
}

function row(what: string, seconds: readonly number[], lowerPps: readonly number[]): void {
  const times = [0.5, 0.95].map((ratio) => quantile(seconds, ratio).toFixed(0).padStart(6));
  const lower = [0.05, 0.5, 0.95].map((ratio) => (quantile(lowerPps, ratio) / CAPACITY_PPS).toFixed(4).padStart(7));
  console.log(`${what.padEnd(52)} ${times.join(' ')}   ${lower.join(' ')}`);
}

/** One after the other, with the random numbers of each seed. */
async function forEachSeed<T>(run: (random: () => number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) results.push(await run(seededRandom(seed)));
  return results;
}

console.log(`${''.padEnd(52)} seconds: median, 95 %   lower bound of NDR over capacity: 5 %, median, 95 %`);
for (const [name, make] of Object.entries(SWITCHES)) {
  for (const { name: way, ...plan } of WAYS) {
    const results = await forEachSeed((random) => search({ ...LOADS, ...plan, budgetMs: null }, make(random)));
    const seconds = results.map(({ measuredMs }) => measuredMs / 1000);
    row(
      `${name}: ${way}`,
      seconds,
      results.map(({ goals }) => goals[0]?.lowerPps ?? 0),
    );
    const reported = REPORTED_S[name];
    if (way === 'NDR, PDR' && reported !== undefined && quantile(seconds, 0.5) > reported) process.exitCode = 1;
  }
  for (const [way, repeats] of [
    ['RFC 2544', 0],
    ['TST 009', 1],
  ] as const) {
    const results = await forEachSeed((random) => binarySearch({ ...LOADS, ...SIXTY_SECONDS, repeats }, make(random)));
    row(
      `${name}: ${way}, one search`,
      results.map(({ measuredMs }) => measuredMs / 1000),
      results.map(({ lowerPps }) => lowerPps ?? 0),
    );
  }
}
