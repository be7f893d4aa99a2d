// SPDX-License-Identifier: Apache-2.0
// Runs of vswbench over switches with known faults, and what they left.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Histogram } from '../../src/model/dataplane.ts';
import type { Flag, Measurement } from '../../src/model/result.ts';
import type { TestCase } from '../../src/model/testcase.ts';
import { openStore } from '../../src/store/store.ts';
import type { Schedule } from '../fixtures/impaired-switch/impaired.ts';
import { root, type Workspace } from './machine.ts';

/** What one trial left. */
export interface Truth {
  case: TestCase;
  schedule: Schedule;
  measurement: Measurement;
  flags: readonly Flag[];
  histograms: Record<string, Histogram>;
}

let runs = 0;

/** How often cases are measured anew that nothing but disturbed trials are known of. */
const ATTEMPTS = 6;

/**
 * Measures over each of these switches, by their names. On a busy machine a switch may still hold packets when the trial ends: what
 * it then reports is not known beforehand. So a trial counts whose packets all came to the switch, another one has to be disturbed by
 * its own record, and each case has to have one that counts.
 */
export async function measure(
  workspace: Workspace,
  switches: Record<string, Schedule>,
  options: string,
): Promise<Truth[]> {
  const found: Truth[] = [];
  let missing = switches;
  for (let attempt = 0; attempt < ATTEMPTS && Object.keys(missing).length > 0; attempt += 1) {
    const cases = await measureOnce(workspace, missing, options);
    found.push(...cases.flatMap(({ trials }) => trials));
    const lacking = cases.filter(({ trials }) => trials.length === 0).map(({ id }) => id);
    missing = Object.fromEntries(lacking.map((id) => [id, switches[id] ?? {}]));
  }
  const names = Object.keys(missing);
  if (names.length > 0) throw new Error(`nothing but disturbed trials of ${names.join(', ')}`);
  return found;
}

/** The trials of each case that count. Throws where one does not and is not disturbed. */
async function measureOnce(
  workspace: Workspace,
  switches: Record<string, Schedule>,
  options: string,
): Promise<{ id: string; trials: Truth[] }[]> {
  runs += 1;
  const names = Object.keys(switches);
  const files = names.flatMap((name) => ['--switch', driverFile(workspace, name, switches[name] ?? {})]);
  const whole = ['run', '--json', '--repeat', 'none'];
  const ended = await workspace.run([...whole, ...files, '-V', names.join(','), ...options.split(' ')]);
  const store = openStore(join(workspace.results, 'vswbench.db'));
  try {
    const cases = store.load('latest')?.cases ?? [];
    if (cases.length === 0) throw new Error(ended.stderr);
    return cases.map((one) => ({
      id: one.case.switch,
      trials: one.trials.flatMap(({ outcome, measurement, histograms, flags }): Truth[] => {
        const schedule = switches[one.case.switch] ?? {};
        if (outcome.outcome === 'measured' && measurement !== null && isWhole(measurement))
          return [{ case: one.case, schedule, measurement, flags, histograms }];
        if (flags.includes('disturbed')) return [];
        throw new Error(`${one.case.switch} ${one.case.io}: ${JSON.stringify(outcome)}\n${ended.stderr}`);
      }),
    }));
  } finally {
    store.close();
  }
}

/** All packets that were sent have come to the switch, by its own count, and it gave up none for want of room. */
function isWhole({ ledgers }: Measurement): boolean {
  return ledgers.every(({ hops, drops }) => {
    const offered = hops[0]?.packets;
    const isOwn = ({ where }: { where: string }) => where.startsWith('dropped by the switch: by its schedule');
    return (
      hops.some(({ hop, packets }) => hop === 'switch, in' && packets === offered) &&
      drops.every((drop) => isOwn(drop) || !drop.where.startsWith('dropped by the switch'))
    );
  });
}

/** A file as a user has one of his own switch. */
export function driverFile(workspace: Workspace, name: string, schedule: Schedule): string {
  const file = join(workspace.results, `${name}-${runs}.ts`);
  const made = join(root, 'test/fixtures/impaired-switch/impaired.ts');
  writeFileSync(
    file,
    `import { impairedSwitch } from ${JSON.stringify(made)};\nexport const it = impairedSwitch(${JSON.stringify(name)}, ${JSON.stringify(schedule)});\n`,
  );
  return file;
}
