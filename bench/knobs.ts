// SPDX-License-Identifier: Apache-2.0
// What each knob that this machine has does to throughput, and to the 99.9th percentile of a round trip between applications that sleep in
// between: rounds of one trial with the knob as it was found and one with each knob turned, in an order drawn anew each round. The table of
// docs/tuning.md is made so. Ratios are compared within rounds, as the reports do it (docs/method.md, Verdicts).
//
//     node bench/knobs.ts [ROUNDS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { localHost } from '../src/host/local.ts';
import { cpusOf } from '../src/host/topology.ts';
import { examineKnobs } from '../src/host/tuning-findings.ts';
import type { RoundFigure } from '../src/model/result.ts';
import { testPair } from '../src/stats/pair-test.ts';

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 6);
const ALPHA = 0.05;

const PATH = ['-V', 'linux-bridge', '--trials', '1', '--duration', '1s', '--warmup', '300ms', '--json'];
const FIGURES = {
  'throughput of raw-mmsg (kpps)': {
    options: ['-D', 'throughput', '--io', 'raw-mmsg'],
    of: ({ throughputPps }: Trial) => throughputPps / 1e3,
  },
  'p99.9 of udp, sleeping (µs)': {
    options: ['-D', 'latency', '--io', 'udp', '--wait', 'block', '-R', '20k', '-B', '1'],
    of: ({ latencyNs }: Trial) => (latencyNs?.rtt?.p999 ?? Number.NaN) / 1e3,
  },
} as const;

const NAMES = ['throughput of raw-mmsg (kpps)', 'p99.9 of udp, sleeping (µs)'] as const;

const TrialSchema = z.looseObject({
  flags: z.array(z.string()),
  throughputPps: z.number(),
  latencyNs: z.looseObject({ rtt: z.looseObject({ p999: z.number().nullable() }).optional() }).nullish(),
});
type Trial = z.infer<typeof TrialSchema>;

const DocumentSchema = z.looseObject({ results: z.array(z.looseObject({ trials: z.array(TrialSchema) })) });

/** How quiet the machine was: trials that were disturbed, though repeated, of all; and its load at the end of each round. */
let trials = 0;
let disturbed = 0;
const loads: number[] = [];

/** One trial: its figure; a repetition of a disturbed one counts in its place. */
function figure(name: keyof typeof FIGURES, tune: string, results: string): number {
  const { options, of } = FIGURES[name];
  const stdout = execFileSync(join(root, 'bin/vswbench'), ['run', ...options, ...PATH, '--tune', tune], {
    env: { ...process.env, VSWBENCH_RESULTS: results },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  });
  const last = DocumentSchema.parse(JSON.parse(stdout)).results[0]?.trials.at(-1);
  const value = last === undefined ? Number.NaN : of(last);
  trials += 1;
  if (last?.flags.includes('disturbed')) disturbed += 1;
  if (Number.isNaN(value)) throw new Error(`nothing was measured with --tune ${tune}`);
  return value;
}

const findings = await examineKnobs(localHost, await cpusOf(localHost));
const knobs = findings.filter(({ state }) => state === 'warning').map(({ subject }) => subject.replace(/^knob /, ''));
const results = mkdtempSync(join(tmpdir(), 'vswbench-bench-'));
try {
  const settings = ['off', ...knobs];
  const measured = new Map<string, RoundFigure[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const tune of settings.toSorted(() => Math.random() - 0.5)) {
      for (const name of NAMES) {
        const key = `${tune} ${name}`;
        measured.set(key, [...(measured.get(key) ?? []), { round, value: figure(name, tune, results) }]);
      }
    }
    loads.push(loadavg()[0] ?? Number.NaN);
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const load = [Math.min(...loads), Math.max(...loads)].map((value) => value.toFixed(1)).join(' to ');
  process.stdout.write(`${disturbed} of ${trials} trials were disturbed; the load was ${load}\n`);
  const valuesOf = (tune: string, name: string) => measured.get(`${tune} ${name}`) ?? [];
  for (const name of NAMES) {
    const found = valuesOf('off', name);
    process.stdout.write(`\n${name}: as found ${median(found.map(({ value }) => value)).toFixed(1)}\n`);
    for (const knob of knobs) {
      const turned = valuesOf(knob, name);
      const test = testPair(found, turned, { pairs: knobs.length, alignedBy: null });
      const ratio = test.ratio(ALPHA / knobs.length);
      const percent = (value: number | null | undefined) =>
        value === null || value === undefined ? '?' : `${(100 * (value - 1)).toFixed(1)} %`;
      process.stdout.write(
        `  ${knob.padEnd(16)} ${median(turned.map(({ value }) => value)).toFixed(1)}  ${percent(ratio?.ratio)} (${percent(ratio?.low)} to ${percent(ratio?.high)}), p = ${Math.min(1, test.pValue * knobs.length).toFixed(3)}, ${test.method}\n`,
      );
    }
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}
