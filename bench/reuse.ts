// SPDX-License-Identifier: Apache-2.0
// What --reuse saves, and what it takes away: overhead of each trial, and how far throughput scatters from trial to trial, with applications
// that are started anew and with such that stay, in turn on this machine. Exits with 1 where a trial does not become cheaper.
//
//     node bench/reuse.ts [TRIALS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mean, median, standardDeviation } from 'simple-statistics';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const [trials = 10] = process.argv.slice(2).map(Number);
/** Campaigns of each kind, in turn: what drifts meanwhile meets both. */
const TURNS = 3;
const PATHS = [
  ['direct', 'raw-mmsg'],
  ['linux-bridge', 'raw-mmsg'],
  ['basicfwd', 'dpdk'],
] as const;

const DocumentSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      trials: z.array(z.looseObject({ overheadS: z.number(), throughputPps: z.number().optional() })),
    }),
  ),
});

function campaign(id: string, io: string, more: readonly string[]) {
  const results = mkdtempSync(join(tmpdir(), 'vswbench-bench-'));
  const words = `--json --no-report --repeat none -V ${id} --io ${io} --warmup 200ms --duration 1s --trials ${trials}`;
  const stdout = execFileSync(join(root, 'bin/vswbench'), ['run', ...words.split(' '), ...more], {
    env: { ...process.env, VSWBENCH_RESULTS: results },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  rmSync(results, { recursive: true });
  return DocumentSchema.parse(JSON.parse(stdout)).results.flatMap((result) => result.trials);
}

/** Relative, of the trials of one campaign. */
function scatterOf(pps: readonly number[]): number {
  return pps.length < 2 ? Number.NaN : standardDeviation([...pps]) / mean([...pps]);
}

let failed = false;
for (const [id, io] of PATHS) {
  const overheads: Record<string, number> = {};
  const runs: Record<'anew' | 'kept', ReturnType<typeof campaign>[]> = { anew: [], kept: [] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    runs.anew.push(campaign(id, io, []));
    runs.kept.push(campaign(id, io, ['--reuse']));
  }
  for (const name of ['anew', 'kept'] as const) {
    const campaigns = runs[name];
    const pps = campaigns.map((all) => all.flatMap(({ throughputPps }) => throughputPps ?? []));
    const within = median(pps.map(scatterOf));
    const between = scatterOf(pps.map((all) => mean(all)));
    // The first starts the applications in either case.
    const overhead = median(campaigns.flatMap((all) => all.slice(1).map(({ overheadS }) => overheadS)));
    overheads[name] = overhead;
    console.log(
      `${id} ${io}, applications ${name}: ${overhead.toFixed(2)} s beside its traffic, scatter ${(100 * within).toFixed(1)} % within a campaign, ${(100 * between).toFixed(1)} % between ${TURNS}`,
    );
  }
  if ((overheads.kept ?? 0) >= (overheads.anew ?? 0)) {
    console.log(`${id} ${io}: a trial is no cheaper with --reuse`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
