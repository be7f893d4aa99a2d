// SPDX-License-Identifier: Apache-2.0
// How often verdicts are wrong, and how often they find what is there: by simulation, of the rule that vswbench uses
// (src/stats/standing.ts) and of others that it could use. Nothing is measured. Prints the tables of
// docs/decisions/0014-verdicts.md as Markdown, and then those of every cell; the same seed prints the same ones. About ten minutes.
//
//     node bench/verdicts.ts [REPETITIONS] [SEED]
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { splitmix32 } from '../src/model/random.ts';
import { ALPHA, chains, holm, shaffer } from '../src/stats/correction.ts';
import { mannWhitney } from '../src/stats/ranks.ts';
import { signedRank } from '../src/stats/signed-rank.ts';
import { judge } from '../src/stats/standing.ts';

const [repetitions = 4000, seed = 3] = process.argv.slice(2).map(Number);

const ROUNDS = [3, 4, 6, 10, 30];
const CONTENDERS = [2, 5, 20];
/** The least difference between contenders that are not equal, in standard deviations of the noise: what so many rounds may show. */
const STEP: Record<number, number> = { 3: 4, 4: 4, 6: 2.5, 10: 1.8, 30: 1 };
/** Permutations of one comparison. */
const PERMUTATIONS = 99;
/** Contenders whose permutations take too long to be simulated. */
const PERMUTED_MAX = 5;

/** Many contenders take longer, and are simulated this many times less often. */
const MANY_COST = 4;

/** The noise of a trial as a part of its figure. */
const SPREAD = 0.03;

type Random = () => number;
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What a trial and a round add to the logarithm of a figure. */
interface Noise {
  name: string;
  ofTrial: (random: Random, contender: number) => number;
  ofRounds?: (random: Random, rounds: number) => number[];
}

const NOISES: readonly Noise[] = [
  { name: 'normal', ofTrial: normal },
  { name: 'skewed', ofTrial: (random) => Math.log(1 - random()) },
  { name: 'drifting', ofTrial: normal, ofRounds: walk },
  { name: 'two-level', ofTrial: (random) => (random() < 0.3 ? -3 : 0) + 0.3 * normal(random) },
  { name: 'outliers', ofTrial: (random) => normal(random) * (random() < 0.1 ? 10 : 1) },
  // Equal contenders have the same noise, others another.
  { name: 'unlike', ofTrial: (random, contender) => normal(random) * (Math.floor(contender / 2) % 2 === 0 ? 1 : 4) },
];

/** A machine that grows slower and faster: a random walk. */
function walk(random: Random, rounds: number): number[] {
  let level = 0;
  return Array.from({ length: rounds }, () => {
    level += 1.5 * normal(random);
    return level;
  });
}

/** Logarithms of the figures, by contender and round. */
type Figures = readonly (readonly number[])[];
/** P-values of all pairs by row, corrected. Rules that begin alike share what they begin with. */
type Rule = (figures: Figures, unpaired: readonly number[]) => number[];

const RULES: Record<string, { rule: Rule; contendersMax?: number }> = {
  'as it is': { rule: chosen },
  'Mann-Whitney, Holm (as before)': { rule: (_, pValues) => holm(pValues) },
  'Mann-Whitney, Shaffer': { rule: (figures, pValues) => shaffer(pValues, figures.length) },
  'Mann-Whitney, chains': { rule: (figures, pValues) => chains(pValues, figures.length) },
  'aligned with all, Shaffer': { rule: (figures) => shaffer(pairwise(aligned(figures), unpaired), figures.length) },
  'signed ranks, Shaffer': {
    rule: (figures) =>
      shaffer(
        pairwise(figures, (a, b) => signedRank(differences(a, b)).pValue),
        figures.length,
      ),
  },
  'max T within rounds': { rule: maxT, contendersMax: PERMUTED_MAX },
};

function chosen(figures: Figures): number[] {
  const contenders = figures.map((logs, index) => ({
    key: String(index),
    figures: logs.map((log, round) => ({ round, value: Math.exp(SPREAD * log) })),
  }));
  const { areApart } = judge(contenders, 'higher');
  return contenders.flatMap(({ key }, index) =>
    contenders.slice(index + 1).map((other) => (areApart(key, other.key) ? 0 : 1)),
  );
}

function pairwise(figures: Figures, test: (a: readonly number[], b: readonly number[]) => number): number[] {
  return figures.flatMap((a, index) => figures.slice(index + 1).map((b) => test(a, b)));
}

function unpaired(a: readonly number[], b: readonly number[]): number {
  return mannWhitney(a, b)?.pValue ?? 1;
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, round) => (b[round] ?? 0) - value);
}

/** Hodges and Lehmann's alignment: less the mean of the round. */
function aligned(figures: Figures): Figures {
  const rounds = (figures[0] ?? []).map((_, round) => mean(figures.map((logs) => logs[round] ?? 0)));
  return figures.map((logs) => logs.map((log, round) => log - (rounds[round] ?? 0)));
}

/** Westfall and Young's: each |t| beside the largest of all pairs, when the figures of each round are dealt out anew. */
function maxT(figures: Figures): number[] {
  const random = splitmix32(1);
  const size = (a: readonly number[], b: readonly number[]): number => {
    const steps = differences(a, b);
    return Math.abs(mean(steps)) / (sampleStandardDeviation(steps) || Number.EPSILON);
  };
  const seen = pairwise(figures, size);
  const beyond = seen.map(() => 1);
  for (let permutation = 0; permutation < PERMUTATIONS; permutation += 1) {
    const dealt = figures.map((logs) => [...logs]);
    for (const round of (figures[0] ?? []).keys()) {
      for (let last = dealt.length - 1; last > 0; last -= 1) {
        const [one, other] = [dealt[last], dealt[random() % (last + 1)]];
        if (one !== undefined && other !== undefined) [one[round], other[round]] = [other[round] ?? 0, one[round] ?? 0];
      }
    }
    const largest = Math.max(...pairwise(dealt, size));
    for (const [index, own] of seen.entries()) if (largest >= own) beyond[index] = (beyond[index] ?? 0) + 1;
  }
  return beyond.map((count) => count / (PERMUTATIONS + 1));
}

/** Where the contenders lie, in steps. */
const EQUAL: Record<string, (contender: number) => number> = {
  'all equal': () => 0,
  'equal by twos': (contender) => 100 * Math.floor(contender / 2),
};
const UNEQUAL: Record<string, (contender: number) => number> = {
  'one apart': (contender) => (contender === 0 ? 1 : 0),
  'a ladder': (contender) => contender,
};

interface Cell {
  noise: Noise;
  contenders: number;
  rounds: number;
}

/** Of each rule the share of campaigns with a false difference, and the mean share of the true ones that were found; percent. */
function simulate({ noise, contenders, rounds }: Cell, places: (contender: number) => number) {
  const draw = splitmix32(seed);
  const random: Random = () => draw() / 2 ** 32;
  const at = Array.from({ length: contenders }, (_, contender) => places(contender) * (STEP[rounds] ?? 1));
  const isEqual = (i: number, j: number) =>
    at[i] === at[j] && (noise.name !== 'unlike' || Math.floor(i / 2) % 2 === Math.floor(j / 2) % 2);
  const times = Math.ceil(repetitions / (contenders > PERMUTED_MAX ? MANY_COST : 1));
  const rules = Object.entries(RULES).filter(([, { contendersMax = 20 }]) => contenders <= contendersMax);
  const counts = new Map(rules.map(([name]) => [name, { wrong: 0, found: 0 }]));
  for (let repetition = 0; repetition < times; repetition += 1) {
    const moods = noise.ofRounds?.(random, rounds) ?? new Array<number>(rounds).fill(0);
    const figures = at.map((place, contender) => moods.map((mood) => place + mood + noise.ofTrial(random, contender)));
    const pValues = pairwise(figures, unpaired);
    for (const [name, { rule }] of rules) {
      const count = counts.get(name);
      const pairs = rule(figures, pValues).values();
      let [wrong, found, unequal] = [0, 0, 0];
      for (let i = 0; i < contenders; i += 1) {
        for (let j = i + 1; j < contenders; j += 1) {
          const isFound = (pairs.next().value ?? 1) <= ALPHA + 1e-12;
          if (at[i] !== at[j]) unequal += 1;
          if (isFound && isEqual(i, j)) wrong = 1;
          if (isFound && at[i] !== at[j]) found += 1;
        }
      }
      if (count !== undefined)
        Object.assign(count, { wrong: count.wrong + wrong, found: count.found + found / (unequal || 1) });
    }
  }
  const percent = (count: number) => (100 * count) / times;
  return new Map(
    [...counts].map(([name, { wrong, found }]) => [name, { wrong: percent(wrong), found: percent(found) }]),
  );
}

/** What each rule got in a cell, percent. */
type Row = Cell & { figures: Map<string, number> };

const CELLS: readonly Cell[] = NOISES.flatMap((noise) =>
  CONTENDERS.flatMap((contenders) => ROUNDS.map((rounds) => ({ noise, contenders, rounds }))),
);

function print(
  title: string,
  heads: readonly string[],
  rows: readonly { names: string[]; figures: Map<string, number> }[],
) {
  const rules = Object.keys(RULES);
  console.log(`\n### ${title}\n\n| ${[...heads, ...rules].join(' | ')} |`);
  console.log(`|${heads.map(() => '---|').join('')}${'--:|'.repeat(rules.length)}`);
  for (const { names, figures } of rows) {
    console.log(`| ${[...names, ...rules.map((rule) => figures.get(rule)?.toFixed(1) ?? '–')].join(' | ')} |`);
  }
}

/** Of some cells, by what they have in common, each rule's figures put together. */
function together(
  rows: readonly Row[],
  names: (cell: Cell) => string[],
  join: (figures: number[]) => number,
): { names: string[]; figures: Map<string, number> }[] {
  return [...Map.groupBy(rows, (row) => names(row).join()).values()].map((those) => ({
    names: those[0] === undefined ? [] : names(those[0]),
    figures: new Map(
      Object.keys(RULES).flatMap((rule): [string, number][] => {
        const figures = those.flatMap((row) => row.figures.get(rule) ?? []);
        return figures.length === 0 ? [] : [[rule, join(figures)]];
      }),
    ),
  }));
}

/** The worst of the arrangements. */
const wrong = CELLS.map((cell): Row => {
  const places = Object.entries(EQUAL).filter(([name]) => cell.noise.name !== 'unlike' || name !== 'all equal');
  const all = places.map(([, place]) => simulate(cell, place));
  const figures = new Map(
    Object.keys(RULES).flatMap((rule): [string, number][] => {
      const ratios = all.flatMap((one) => one.get(rule)?.wrong ?? []);
      return ratios.length === 0 ? [] : [[rule, Math.max(...ratios)]];
    }),
  );
  return { ...cell, figures };
});
const found = Object.values(UNEQUAL).map((place) =>
  CELLS.map((cell): Row => {
    return { ...cell, figures: new Map([...simulate(cell, place)].map(([rule, one]) => [rule, one.found])) };
  }),
);

const sizes = ({ contenders, rounds }: Cell) => [String(contenders), String(rounds)];
const all = ({ noise, ...cell }: Cell) => [noise.name, ...sizes({ noise, ...cell })];
const DEFAULT_ROUNDS = [6, 10];
print(
  'Campaigns with a false difference, %, at the worst noise',
  ['contenders', 'rounds'],
  together(wrong, sizes, (figures) => Math.max(...figures)),
);
print(
  'True differences found, %, mean of both arrangements',
  ['noise', 'contenders', 'rounds'],
  together(
    found.flat().filter(({ rounds }) => DEFAULT_ROUNDS.includes(rounds)),
    all,
    mean,
  ),
);
print(
  'Campaigns with a false difference, %, every cell',
  ['noise', 'contenders', 'rounds'],
  together(wrong, all, mean),
);
for (const [index, name] of Object.keys(UNEQUAL).entries()) {
  print(
    `True differences found, %: ${name}, every cell`,
    ['noise', 'contenders', 'rounds'],
    together(found[index] ?? [], all, mean),
  );
}
