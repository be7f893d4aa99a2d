// SPDX-License-Identifier: Apache-2.0
// Runs of vswbench over switches with known faults, and what they left.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Histogram } from '../../src/model/dataplane.ts';
import type { Flag, Measurement } from '../../src/model/result.ts';
import type { TestCase } from '../../src/model/testcase.ts';
import { openStore } from '../../src/store/store.ts';
import { type Counts, LookSchema, type Schedule } from '../fixtures/impaired-switch/impaired.ts';
import { root, type Workspace } from './machine.ts';

/** What one trial left. */
export interface Truth {
  case: TestCase;
  schedule: Schedule;
  measurement: Measurement;
  flags: readonly Flag[];
  histograms: Record<string, Histogram>;
}

export interface Truths {
  trials: Truth[];
  /** What the switches counted over all trials and pairs, by their names. */
  did: Map<string, Counts>;
}

let runs = 0;

/** Measures over each of these switches, by their names. Throws where a trial was not measured. */
export async function measure(
  workspace: Workspace,
  switches: Record<string, Schedule>,
  options: string,
): Promise<Truths> {
  runs += 1;
  const counts = join(workspace.results, `counts-${runs}`);
  const names = Object.keys(switches);
  const files = names.flatMap((name) => ['--switch', driverFile(workspace, name, switches[name] ?? {})]);
  const ended = await workspace.run(['run', '--json', ...files, '-V', names.join(','), ...options.split(' ')], {
    VSWBENCH_IMPAIR_COUNTS: counts,
  });
  const store = openStore(join(workspace.results, 'vswbench.db'));
  try {
    const trials = (store.load('latest')?.cases ?? []).flatMap((one) =>
      one.trials.map(({ outcome, measurement, histograms, flags }): Truth => {
        if (outcome.outcome !== 'measured' || measurement === null)
          throw new Error(`${one.case.switch} ${one.case.io}: ${JSON.stringify(outcome)}\n${ended.stderr}`);
        const schedule = switches[one.case.switch] ?? {};
        return { case: one.case, schedule, measurement, flags, histograms };
      }),
    );
    if (trials.length === 0) throw new Error(ended.stderr);
    return { trials, did: existsSync(counts) ? totalsIn(readFileSync(counts, 'utf8')) : new Map() };
  } finally {
    store.close();
  }
}

/** A file as a user has one of his own switch. */
function driverFile(workspace: Workspace, name: string, schedule: Schedule): string {
  const file = join(workspace.results, `${name}-${runs}.ts`);
  const made = join(root, 'test/fixtures/impaired-switch/impaired.ts');
  writeFileSync(
    file,
    `import { impairedSwitch } from ${JSON.stringify(made)};\nexport const it = impairedSwitch(${JSON.stringify(name)}, ${JSON.stringify(schedule)});\n`,
  );
  return file;
}

/** The last look at each process counts, all of them and all pairs together. */
function totalsIn(text: string): Map<string, Counts> {
  const last = new Map<number, { id: string; links: Counts[] }>();
  for (const line of text.trim().split('\n')) {
    const look = LookSchema.parse(JSON.parse(line));
    last.set(look.pid, look);
  }
  const totals = new Map<string, Counts>();
  for (const { id, links } of last.values()) {
    for (const link of links) {
      const known = totals.get(id);
      totals.set(id, known === undefined ? link : added(known, link));
    }
  }
  return totals;
}

function added(one: Counts, other: Counts): Counts {
  const sums = Object.entries(one).map(([name, value]) => [name, value + other[name as keyof Counts]]);
  return Object.fromEntries(sums) as Counts;
}
