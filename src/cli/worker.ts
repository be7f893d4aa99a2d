// SPDX-License-Identifier: Apache-2.0
// A worker of a lab, on the machines that it serves.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ensureArtifacts } from '../host/artifacts.ts';
import { localHost } from '../host/local.ts';
import { openStore } from '../store/store.ts';
import { canaryText } from './canary-campaign.ts';
import type { WorkerOptions } from './commands/worker.ts';
import { checkout, giveToInvoker, makeFolder, requireRoot, resultsDirectory, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { realBench } from './fleet-bench.ts';
import { labLocation } from './lab-store.ts';
import { findTestbed } from './testbeds.ts';
import { isHere } from './view.ts';

/** Nothing is heard of a worker for so long, and its block is another's. Longer than a store waits for a silent PostgreSQL. */
const LEASE_MS = 120_000;
const POLL_MS = 5_000;
/** Looked at again, a testbed is found with the kernel, knobs and switches that it has by then. */
const LOOK_MS = 10 * 60_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function worker({ testbed, once = false, canary }: WorkerOptions): Promise<void> {
  const location = labLocation();
  const testbeds = [...new Set(testbed.split(',').map((name) => name.trim()))];
  const found = testbeds.map((name) => findTestbed(name, { testbedSpecs: {} }));
  if (found.some(({ spec }) => isHere(spec))) requireRoot('vswbench worker', 'makes containers and interfaces');
  openStore(location).close();
  await ensureArtifacts(localHost, checkout);
  const folder = resolve(resultsDirectory, 'worker');
  makeFolder(folder);
  giveToInvoker(resultsDirectory);
  const alone = holdAlone(folder);
  const stop = new AbortController();
  const onSignal = () => {
    tell(stop.signal.aborted ? 'Still cleaning up ...' : 'Stopping: giving back what is in hand ...');
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const { work } = await import('../fleet/worker.ts');
    await work(
      {
        ...{ name: nameIn(folder), testbeds, location, bench: realBench, folder },
        ...{ leaseMs: LEASE_MS, pollMs: POLL_MS, lookMs: LOOK_MS, once, canaryText: canary ? canaryText : null },
        tell: (line) => tell(`${new Date().toISOString().slice(0, 19)}Z ${line}`),
      },
      stop.signal,
    );
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    alone.close();
  }
  if (stop.signal.aborted)
    throw new CliError(
      EXIT.interrupted,
      'stopped; what was measured is in the store, or goes there when it is started again',
    );
}

/** Of two workers with one folder each would take the other's blocks for its own. Held until the process ends, however it does. */
function holdAlone(folder: string): DatabaseSync {
  const lock = new DatabaseSync(resolve(folder, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch {
    lock.close();
    throw new CliError(
      EXIT.nothingMeasurable,
      `another worker is at work with ${folder}: give this one a results folder of its own (VSWBENCH_RESULTS), or both their testbeds to one (--testbed a,b)`,
    );
  }
}

/** The same in all lives of a worker, and no other's. */
function nameIn(folder: string): string {
  const path = resolve(folder, 'name');
  if (!existsSync(path)) writeFileSync(path, `${hostname()}-${randomUUID().slice(0, 8)}\n`);
  return readFileSync(path, 'utf8').trim();
}
