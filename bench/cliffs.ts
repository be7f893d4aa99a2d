// SPDX-License-Identifier: Apache-2.0
// Whether the counters of Open vSwitch's exact-match cache place it where it is: 8192 entries, within a factor of 1.25. Exact whatever else the
// machine does, if the trials are long enough for the cache to fill.
//
//     node bench/cliffs.ts [TRIAL]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const ENTRIES = 8192;
const WITHIN = 1.25;

const DocumentSchema = z.looseObject({
  cliffs: z.array(
    z.looseObject({
      sentence: z.string(),
      fills: z.array(
        z.looseObject({
          cache: z.looseObject({ name: z.string() }),
          seems: z.looseObject({ at: z.number() }).nullable(),
        }),
      ),
    }),
  ),
});

const results = mkdtempSync(join(tmpdir(), 'vswbench-cliffs-'));
try {
  const duration = process.argv[2] ?? '1s';
  const grid = ['--from', '512', '--to', '131072', '--step', 'x1.41'];
  const stdout = execFileSync(
    join(import.meta.dirname, '../bin/vswbench'),
    [
      'sweep',
      'flows',
      ...grid,
      '-V',
      'ovs',
      '--io',
      'dpdk',
      '--trials',
      '3',
      '--warmup',
      '1s',
      '--duration',
      duration,
      '--json',
    ],
    {
      env: { ...process.env, VSWBENCH_RESULTS: results },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 28,
    },
  );
  const { cliffs } = DocumentSchema.parse(JSON.parse(stdout));
  const fill = cliffs[0]?.fills.find(({ cache }) => cache.name === 'exact-match cache')?.seems ?? null;
  console.log(cliffs[0]?.sentence);
  const factor = fill === null ? Number.POSITIVE_INFINITY : Math.max(fill.at / ENTRIES, ENTRIES / fill.at);
  console.log(
    `by its counters it seems to hold ${fill?.at.toFixed(0) ?? 'any number'}: a factor of ${factor.toFixed(2)} beside ${ENTRIES}`,
  );
  if (factor > WITHIN) process.exitCode = 1;
} finally {
  rmSync(results, { recursive: true });
}
