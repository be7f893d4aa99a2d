// SPDX-License-Identifier: Apache-2.0
// Whether a comparison is to be trusted: the same path against itself must rarely be called different, and a twin that is 10 % slower
// must nearly always be found. Each comparison is of a campaign of its own, made by `vswbench run` and judged by `vswbench compare`.
// Exits with 1 where a promise is not kept. About ten minutes; a machine that is busy with something else fails the second promise.
//
//     node bench/compare.ts [COMPARISONS]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const [comparisons = 40] = process.argv.slice(2).map(Number);

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
  results: z.array(z.looseObject({ reason: z.string().optional() })),
});
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

const against = { same: [] as Awaited<ReturnType<typeof judge>>[], slower: [] as Awaited<ReturnType<typeof judge>>[] };
const began = performance.now();
try {
  for (let index = 1; index <= comparisons; index += 1) {
    await quiet();
    const stdout = await vswbench(
      ...['run', '--json', '-V', 'direct,direct-again,direct-slower', '--switch', ...twins, '--io', 'raw'],
      ...['--warmup', '50ms', '--duration', '200ms', '--trials', String(TRIALS)],
    );
    const { campaign, results: cases } = RunSchema.parse(JSON.parse(stdout));
    for (const { reason } of cases) if (reason !== undefined) console.log(`  ${reason}`);
    const [same, slow] = [await judge(campaign, 'direct-again'), await judge(campaign, 'direct-slower')];
    against.same.push(same);
    against.slower.push(slow);
    const told = ({ verdict, percent }: typeof same) => `${verdict} (${percent.toFixed(1)} %)`;
    console.log(`[${index}/${comparisons}] itself: ${told(same)}; slower twin: ${told(slow)}`);
  }
} finally {
  rmSync(results, { recursive: true });
}

const different = against.same.filter(({ verdict }) => verdict !== 'no difference').length;
const found = against.slower.filter(({ verdict }) => verdict === 'slower').length;
const effects = (list: typeof against.same) => {
  const sorted = list.map(({ percent }) => percent).sort((a, b) => a - b);
  return `${sorted[0]?.toFixed(1)} to ${sorted.at(-1)?.toFixed(1)} %, median ${median(sorted).toFixed(1)} %`;
};
const ok = different <= FALSE_MAX_RATIO * comparisons && found >= FOUND_MIN_RATIO * comparisons;
console.log(
  `the same path against itself: ${different} of ${comparisons} called different (effects ${effects(against.same)})`,
);
console.log(`a twin that is 10 % slower: ${found} of ${comparisons} found (effects ${effects(against.slower)})`);
console.log(`${ok ? 'kept' : 'NOT KEPT'}, in ${((performance.now() - began) / 60_000).toFixed(1)} min`);
process.exitCode = ok ? 0 : 1;
