// SPDX-License-Identifier: Apache-2.0
// Whether verdicts are to be trusted: the same path against itself must rarely be called different, a twin that is 10 % slower must
// nearly always be found, and one that is 5 % slower mostly. Real trials of `direct`, of the same once more and of both twins, in
// rounds of all four; each comparison has six rounds of its own, judged as the campaign's summary would. A round during which other
// programs took the CPUs shows the noise of those, and is left out: that is asked of the CPU time that the applications got, never of
// the figures that are compared. Exits with 1 where a promise is not kept. About fifteen minutes on a machine that does nothing else.
//
//     node bench/compare.ts [COMPARISONS] [MINUTES] [--to FILE]    measures, and keeps the rounds in a file
//     node bench/compare.ts [COMPARISONS] --from FILE              judges such rounds again, and measures nothing
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { roundFigures } from '../src/stats/figures.ts';
import { judge } from '../src/stats/standing.ts';
import { openStore } from '../src/store/store.ts';

const root = join(import.meta.dirname, '..');
const { values: files, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, to: { type: 'string' } },
});
const [comparisons = 40, minutesMax = 30] = positionals.map(Number);

const SAME = 'direct';
const AGAIN = 'direct-again';
const SLOWER = 'direct-slower';
const LITTLE_SLOWER = 'direct-little-slower';
const TWINS = [AGAIN, SLOWER, LITTLE_SLOWER];

/** What is promised of each twin: of itself, how often it may be called different at most; of the others, how often they are found. */
// At a true rate of 5 % more than 2 of 40 come in a third of all runs, and more than 4 in one of twenty.
const FALSE_MAX_RATIO = 4 / 40;
const FOUND_MIN_RATIO = new Map([
  [SLOWER, 39 / 40],
  [LITTLE_SLOWER, 30 / 40],
]);
/** Rounds of each comparison. */
const ROUNDS = 6;
/** Rounds of one campaign: between campaigns others may have the machine. */
const CAMPAIGN_ROUNDS = 12;
/** Another vswbench may be at work on this machine; two wait for each other. */
const ATTEMPTS = 200;
const RETRY_MS = 3000;

/** Before each campaign the machine is to be idle for a second, at least so much of it; after some time it is measured anyway. */
const IDLE_MIN_RATIO = 0.9;
const IDLE_WAIT_MAX_S = 10;

/** An application that polls gets this much of its CPU, unless something else does. The senders of slower twins are kept from it. */
const CPU_MIN = 0.97;

/** One round of all four, in which each was measured: received packets/s, by switch. */
const RoundSchema = z.strictObject({ pps: z.record(z.string(), z.number()), disturbed: z.boolean() });
type Round = z.infer<typeof RoundSchema>;

/** Runs the campaign and returns its id. */
async function campaign(results: string): Promise<string> {
  const twins = ['again', 'slower', 'little-slower'].map((name) => join(import.meta.dirname, 'twins', `${name}.ts`));
  for (let attempt = 1; ; attempt += 1) {
    const ended = spawnSync(
      join(root, 'bin/vswbench'),
      [
        ...['run', '--json', '-V', [SAME, ...TWINS].join(), '--switch', ...twins, '--io', 'raw'],
        ...['--warmup', '50ms', '--duration', '200ms', '--trials', String(CAMPAIGN_ROUNDS)],
      ],
      { env: { ...process.env, VSWBENCH_RESULTS: results }, encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    // With 1 a trial failed; the others are still of use.
    if (ended.status === 0 || (ended.status === 1 && ended.stdout !== '')) {
      return z.looseObject({ campaign: z.string() }).parse(JSON.parse(ended.stdout)).campaign;
    }
    if (!ended.stderr.includes('is at work on this machine') || attempt === ATTEMPTS) {
      throw new Error(`vswbench run exited with ${ended.status}: ${ended.stderr.trim().split('\n').at(-1)}`);
    }
    await sleep(RETRY_MS);
  }
}

/** Waits until nothing else is at work. */
async function quiet(): Promise<void> {
  const times = () => {
    const all = cpus().map((cpu) => cpu.times);
    const total = all.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
    return { idle: all.reduce((sum, { idle }) => sum + idle, 0), total };
  };
  for (let second = 0; second < IDLE_WAIT_MAX_S; second += 1) {
    const before = times();
    await sleep(1000);
    const after = times();
    if (after.idle - before.idle >= IDLE_MIN_RATIO * (after.total - before.total)) return;
  }
}

/** The rounds of a campaign that were measured whole: of each the trial that stands for it. */
function roundsOf(results: string, id: string): Round[] {
  const store = openStore(join(results, 'vswbench.db'));
  const cases = (store.load(id)?.cases ?? []).map(({ case: testCase, trials }) => ({
    id: testCase.switch,
    figures: new Map(roundFigures(testCase, trials).map(({ round, value }) => [round, value])),
    disturbed: new Set(
      trials.flatMap(({ round, measurement }) => {
        const { sender = 0, receiver = 0 } = measurement?.cpu ?? {};
        const least = FOUND_MIN_RATIO.has(testCase.switch) ? receiver : Math.min(sender, receiver);
        return least < CPU_MIN ? [round] : [];
      }),
    ),
  }));
  store.close();
  return Array.from({ length: CAMPAIGN_ROUNDS }, (_, round) => round).flatMap((round): Round[] => {
    const pps = cases.flatMap(({ id: name, figures }): [string, number][] => {
      const value = figures.get(round);
      return value === undefined ? [] : [[name, value]];
    });
    const disturbed = cases.some((one) => one.disturbed.has(round));
    return pps.length === cases.length ? [{ pps: Object.fromEntries(pps), disturbed }] : [];
  });
}

interface Judged {
  verdict: string;
  percent: number;
}

/** What the summary of a campaign of these rounds says of `direct` and a twin. */
function verdictOn(rounds: readonly Round[], twin: string): Judged {
  const contenders = [SAME, twin].map((key) => ({
    key,
    figures: rounds.map(({ pps }, round) => ({ round, value: pps[key] ?? 0 })),
  }));
  const { verdict, effect } = judge(contenders, 'higher').compare(SAME, twin);
  return { verdict, percent: effect?.percent ?? Number.NaN };
}

/** Whole comparisons of some rounds. */
function inComparisons(rounds: readonly Round[]): Round[][] {
  return Array.from({ length: Math.floor(rounds.length / ROUNDS) }, (_, index) =>
    rounds.slice(index * ROUNDS, (index + 1) * ROUNDS),
  );
}

/** Measures until there are rounds enough, or it took too long. */
async function measure(): Promise<Round[]> {
  const began = performance.now();
  const results = mkdtempSync(join(tmpdir(), 'vswbench-compare-'));
  const rounds: Round[] = [];
  const quietOnes = () => rounds.filter(({ disturbed }) => !disturbed);
  try {
    while (inComparisons(quietOnes()).length < comparisons && performance.now() - began < minutesMax * 60_000) {
      await quiet();
      rounds.push(...roundsOf(results, await campaign(results)));
      const minutes = ((performance.now() - began) / 60_000).toFixed(1);
      console.log(`${quietOnes().length} quiet rounds of ${rounds.length}, in ${minutes} min`);
      if (files.to !== undefined) writeFileSync(files.to, JSON.stringify(rounds));
    }
  } finally {
    rmSync(results, { recursive: true });
  }
  return rounds;
}

const rounds =
  files.from === undefined ? await measure() : z.array(RoundSchema).parse(JSON.parse(readFileSync(files.from, 'utf8')));
const judged = inComparisons(rounds.filter(({ disturbed }) => !disturbed)).slice(0, comparisons);
const isDifferent = ({ verdict }: Judged) => verdict === 'faster' || verdict === 'slower';
let kept = judged.length === comparisons;
for (const twin of TWINS) {
  const all = judged.map((those) => verdictOn(those, twin));
  const effects = all.map(({ percent }) => percent).sort((a, b) => a - b);
  const middle = effects.length === 0 ? Number.NaN : median(effects);
  const told = `effects ${effects[0]?.toFixed(1)} to ${effects.at(-1)?.toFixed(1)} %, median ${middle.toFixed(1)} %`;
  const wanted = FOUND_MIN_RATIO.get(twin);
  if (wanted === undefined) {
    const different = all.filter(isDifferent).length;
    kept &&= different <= FALSE_MAX_RATIO * comparisons;
    console.log(`${twin}: ${different} of ${all.length} called different (${told})`);
  } else {
    const found = all.filter(({ verdict }) => verdict === 'slower').length;
    kept &&= found >= wanted * comparisons;
    console.log(`${twin}: ${found} of ${all.length} found (${told})`);
  }
}
const noisy = inComparisons(rounds.filter(({ disturbed }) => disturbed)).map((those) => verdictOn(those, AGAIN));
if (noisy.length > 0) {
  console.log(
    `in disturbed rounds: ${noisy.filter(isDifferent).length} of ${noisy.length} called the same path different`,
  );
}
if (judged.length < comparisons) {
  console.log(`only ${judged.length} of ${comparisons}: the machine is too busy with something else to judge`);
}
console.log(kept ? 'kept' : 'NOT KEPT');
process.exitCode = kept ? 0 : 1;
