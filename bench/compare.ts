// SPDX-License-Identifier: Apache-2.0
// Whether a comparison is to be trusted: the same path against itself must rarely be called different, and a twin that is 10 % slower
// must nearly always be found. Real trials of `direct`, of the same once more and of the slower twin, in rounds of all three; each
// comparison has six rounds of its own. A round during which other programs took the CPUs shows the noise of those, and is left out:
// that is asked of the CPU time that the applications got, never of the figures that are compared. Exits with 1 where a promise is
// not kept. About ten minutes on a machine that does nothing else.
//
//     node bench/compare.ts [COMPARISONS] [MINUTES]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { z } from 'zod';
import type { Trial } from '../src/model/result.ts';
import type { TestCase } from '../src/model/testcase.ts';
import { summarizeCase } from '../src/stats/campaign.ts';
import { compareSwitches } from '../src/stats/compare.ts';
import { openStore } from '../src/store/store.ts';

const root = join(import.meta.dirname, '..');
const [comparisons = 40, minutesMax = 30] = process.argv.slice(2).map(Number);

/** Of 40 comparisons: the exact test at 5 % with six trials a side errs in 4.1 % of them. */
const FALSE_MAX_RATIO = 4 / 40;
const FOUND_MIN_RATIO = 36 / 40;
/** Trials a side of each comparison. */
const TRIALS = 6;
/** Rounds of one campaign: between campaigns others may have the machine. */
const ROUNDS = 12;
/** Another vswbench may be at work on this machine; two wait for each other. */
const ATTEMPTS = 200;
const RETRY_MS = 3000;

/** Before each campaign the machine is to be idle for a second, at least so much of it; after some time it is measured anyway. */
const IDLE_MIN_RATIO = 0.9;
const IDLE_WAIT_MAX_S = 10;

/** An application that polls gets this much of its CPU, unless something else does. The slower twin's sender is kept from it. */
const CPU_MIN = 0.97;

const SLOWER = 'direct-slower';
const AGAIN = 'direct-again';
const twins = ['again', 'slower'].map((name) => join(import.meta.dirname, 'twins', `${name}.ts`));
const results = mkdtempSync(join(tmpdir(), 'vswbench-compare-'));

/** Runs the campaign and returns its id. */
async function campaign(): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const ended = spawnSync(
      join(root, 'bin/vswbench'),
      [
        ...['run', '--json', '-V', `direct,${AGAIN},${SLOWER}`, '--switch', ...twins, '--io', 'raw'],
        ...['--warmup', '50ms', '--duration', '200ms', '--trials', String(ROUNDS)],
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

interface TrialOf {
  case: TestCase;
  trial: Trial;
}
/** One trial of each of the three. */
type Round = TrialOf[];

/** The rounds of a campaign that were measured whole. */
function roundsOf(id: string): Round[] {
  const store = openStore(join(results, 'vswbench.db'));
  const stored = store.load(id);
  store.close();
  const all = (stored?.cases ?? []).flatMap((one) => one.trials.map((trial) => ({ case: one.case, trial })));
  return [...Map.groupBy(all, ({ trial }) => trial.round).values()].filter(
    (round) => round.length === 3 && round.every(({ trial }) => trial.outcome.outcome === 'measured'),
  );
}

function isDisturbed(round: Round): boolean {
  return round.some(({ case: testCase, trial: { measurement } }) => {
    const { sender = 0, receiver = 0 } = measurement?.cpu ?? {};
    return (testCase.switch === SLOWER ? receiver : Math.min(sender, receiver)) < CPU_MIN;
  });
}

interface Judged {
  verdict: string;
  percent: number;
}

/** Compares `direct` with a twin over some rounds. */
function judge(rounds: readonly Round[], twin: string): Judged {
  const byCase = Map.groupBy(rounds.flat(), (one) => one.case.switch);
  const cases = [...byCase.values()].flatMap((those) => {
    const [first] = those;
    return first === undefined
      ? []
      : [
          summarizeCase(
            first.case,
            those.map(({ trial }) => trial),
          ),
        ];
  });
  const [one] = compareSwitches(cases, 'direct', twin).cases;
  return { verdict: one?.verdict ?? 'none', percent: one?.effect?.percent ?? Number.NaN };
}

const judged: { same: Judged; slower: Judged }[] = [];
const disturbed: Judged[] = [];
const began = performance.now();
const minutes = () => (performance.now() - began) / 60_000;
let clean: Round[] = [];
let noisy: Round[] = [];
try {
  while (judged.length < comparisons && minutes() < minutesMax) {
    await quiet();
    for (const round of roundsOf(await campaign())) (isDisturbed(round) ? noisy : clean).push(round);
    for (; clean.length >= TRIALS && judged.length < comparisons; clean = clean.slice(TRIALS)) {
      const rounds = clean.slice(0, TRIALS);
      const [same, slower] = [judge(rounds, AGAIN), judge(rounds, SLOWER)];
      judged.push({ same, slower });
      const told = ({ verdict, percent }: Judged) => `${verdict} (${percent.toFixed(1)} %)`;
      console.log(`[${judged.length}/${comparisons}] itself: ${told(same)}; slower twin: ${told(slower)}`);
    }
    for (; noisy.length >= TRIALS; noisy = noisy.slice(TRIALS)) disturbed.push(judge(noisy.slice(0, TRIALS), AGAIN));
  }
} finally {
  rmSync(results, { recursive: true });
}

const isDifferent = ({ verdict }: Judged) => verdict === 'faster' || verdict === 'slower';
const same = judged.map((one) => one.same);
const slower = judged.map((one) => one.slower);
const different = same.filter(isDifferent).length;
const found = slower.filter(({ verdict }) => verdict === 'slower').length;
const effects = (list: readonly Judged[]) => {
  const sorted = list.map(({ percent }) => percent).sort((a, b) => a - b);
  const middle = sorted.length === 0 ? Number.NaN : median(sorted);
  return `${sorted[0]?.toFixed(1)} to ${sorted.at(-1)?.toFixed(1)} %, median ${middle.toFixed(1)} %`;
};
const enough = judged.length === comparisons;
const ok = enough && different <= FALSE_MAX_RATIO * comparisons && found >= FOUND_MIN_RATIO * comparisons;
console.log(
  `the same path against itself: ${different} of ${judged.length} called different (effects ${effects(same)})`,
);
console.log(`a twin that is 10 % slower: ${found} of ${judged.length} found (effects ${effects(slower)})`);
if (disturbed.length > 0) {
  const wrong = disturbed.filter(isDifferent).length;
  console.log(`in disturbed rounds: ${wrong} of ${disturbed.length} called the same path different`);
}
if (!enough)
  console.log(`only ${judged.length} of ${comparisons}: the machine is too busy with something else to judge`);
console.log(`${ok ? 'kept' : 'NOT KEPT'}, in ${minutes().toFixed(1)} min`);
process.exitCode = ok ? 0 : 1;
