// SPDX-License-Identifier: Apache-2.0
// Whether a comparison is to be trusted: the same path against itself must rarely be called different, and a twin that is 10 % slower
// must nearly always be found. Each comparison is of a campaign of its own, made by `vswbench run` and judged by `vswbench compare`.
// A campaign during which other programs took the CPUs shows the noise of those: it is told, left out of the count and made again.
// Whether it was is asked of the CPU time that the applications got, never of the figures that are compared. Exits with 1 where a
// promise is not kept. About ten minutes on a machine that does nothing else.
//
//     node bench/compare.ts [COMPARISONS] [MINUTES]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const [comparisons = 40, minutesMax = 30] = process.argv.slice(2).map(Number);

/** Of 40 comparisons: the exact test at 5 % with six trials a side errs in 4.1 % of them. */
const FALSE_MAX_RATIO = 4 / 40;
const FOUND_MIN_RATIO = 36 / 40;
const TRIALS = 6;
/** Another vswbench may be at work on this machine; two wait for each other. */
const ATTEMPTS = 200;
const RETRY_MS = 3000;

/** Before each campaign the machine is to be idle for a second, at least so much of it; after some time it is measured anyway. */
const IDLE_MIN_RATIO = 0.9;
const IDLE_WAIT_MAX_S = 30;

const twins = ['again', 'slower'].map((name) => join(import.meta.dirname, 'twins', `${name}.ts`));

const RunSchema = z.looseObject({
  campaign: z.string(),
  results: z.array(
    z.looseObject({
      case: z.looseObject({ switch: z.string() }),
      reason: z.string().optional(),
      trials: z.array(z.looseObject({ cpu: z.looseObject({ sender: z.number(), receiver: z.number() }).optional() })),
    }),
  ),
});
type Run = z.infer<typeof RunSchema>;

/** An application that polls gets this much of its CPU, unless something else does. The slower twin's sender is kept from it. */
const CPU_MIN = 0.95;
/** Trials of a campaign in which something else may have been at work. */
const DISTURBED_MAX = 1;

function isDisturbed({ results: cases }: Run): boolean {
  const trials = cases.flatMap((one) =>
    one.trials.map(({ cpu }) => {
      const got = one.case.switch === 'direct-slower' ? cpu?.receiver : Math.min(cpu?.sender ?? 0, cpu?.receiver ?? 0);
      return (got ?? 0) < CPU_MIN;
    }),
  );
  return trials.filter((disturbed) => disturbed).length > DISTURBED_MAX;
}
const ComparisonSchema = z.looseObject({
  cases: z
    .array(
      z.looseObject({
        verdict: z.string(),
        pCorrected: z.number().nullable(),
        effect: z.looseObject({ percent: z.number() }).nullable(),
      }),
    )
    .length(1),
});

const results = mkdtempSync(join(tmpdir(), 'vswbench-compare-'));

/** Runs vswbench and returns its standard output. */
async function vswbench(...args: string[]): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const ended = spawnSync(join(root, 'bin/vswbench'), args, {
      env: { ...process.env, VSWBENCH_RESULTS: results },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    // With 1 a trial failed; the others are still of use.
    if (ended.status === 0 || (ended.status === 1 && ended.stdout !== '')) return ended.stdout;
    if (!ended.stderr.includes('is at work on this machine') || attempt === ATTEMPTS) {
      throw new Error(`vswbench ${args[0]} exited with ${ended.status}: ${ended.stderr.trim().split('\n').at(-1)}`);
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

async function judge(campaign: string, twin: string): Promise<{ verdict: string; percent: number }> {
  const stdout = await vswbench('compare', campaign, '--switches', `direct,${twin}`, '--json');
  const [one] = ComparisonSchema.parse(JSON.parse(stdout)).cases;
  return { verdict: one?.verdict ?? 'none', percent: one?.effect?.percent ?? Number.NaN };
}

interface Judged {
  verdict: string;
  percent: number;
}
const judged: { same: Judged; slower: Judged }[] = [];
const setAside: Judged[] = [];
const began = performance.now();
const minutes = () => (performance.now() - began) / 60_000;
try {
  while (judged.length < comparisons && minutes() < minutesMax) {
    await quiet();
    const stdout = await vswbench(
      ...['run', '--json', '-V', 'direct,direct-again,direct-slower', '--switch', ...twins, '--io', 'raw'],
      ...['--warmup', '50ms', '--duration', '200ms', '--trials', String(TRIALS)],
    );
    const campaign = RunSchema.parse(JSON.parse(stdout));
    for (const { reason } of campaign.results) if (reason !== undefined) console.log(`  ${reason}`);
    const same = await judge(campaign.campaign, 'direct-again');
    const slow = await judge(campaign.campaign, 'direct-slower');
    const told = ({ verdict, percent }: Judged) => `${verdict} (${percent.toFixed(1)} %)`;
    const line = `itself: ${told(same)}; slower twin: ${told(slow)}`;
    if (isDisturbed(campaign)) {
      setAside.push(same);
      console.log(`[set aside, other programs took the CPUs] ${line}`);
    } else {
      judged.push({ same, slower: slow });
      console.log(`[${judged.length}/${comparisons}] ${line}`);
    }
  }
} finally {
  rmSync(results, { recursive: true });
}

const isDifferent = ({ verdict }: Judged) => verdict === 'faster' || verdict === 'slower';
const same = judged.map((one) => one.same);
const slow = judged.map((one) => one.slower);
const different = same.filter(isDifferent).length;
const found = slow.filter(({ verdict }) => verdict === 'slower').length;
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
console.log(`a twin that is 10 % slower: ${found} of ${judged.length} found (effects ${effects(slow)})`);
if (setAside.length > 0) {
  const wrong = setAside.filter(isDifferent).length;
  console.log(`set aside: ${setAside.length} campaigns; of these ${wrong} called the same path different`);
}
if (!enough)
  console.log(`only ${judged.length} of ${comparisons}: the machine is too busy with something else to judge`);
console.log(`${ok ? 'kept' : 'NOT KEPT'}, in ${minutes().toFixed(1)} min`);
process.exitCode = ok ? 0 : 1;
