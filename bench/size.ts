// SPDX-License-Identifier: Apache-2.0
// Stores of 10 000 and 100 000 made-up trials: how long each command takes that reads them, and how much memory; and a campaign
// of 100 000 trials on a scripted host. Measures no packets. Exits with 1 where a promise is not kept.
//
//     node bench/size.ts [TRIALS...]

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Progress } from '../src/cli/progress.ts';
import { runCampaign } from '../src/run/campaign.ts';
import { Schedule } from '../src/run/schedule.ts';
import { DriversAtWork } from '../src/run/strangers.ts';
import type { Side, Testbed } from '../src/run/testbed.ts';
import { openFile } from '../src/store/open.ts';
import { Rows } from '../src/store/rows.ts';
import { openStore } from '../src/store/store.ts';
import type { RunningSwitch, SwitchDriver } from '../src/switches/driver.ts';
import { seededRandom, storedCampaign, trial } from '../test/fixtures/campaign.ts';
import { plainCpus } from '../test/fixtures/cpus.ts';
import { FakeHost, FakeUndoStack } from '../test/fixtures/host.ts';
import { casesOf, realistic, writeCampaign } from './made-up.ts';

const CASES = 1000;
const MEMORY_MAX_MB = 250;
const vswbench = join(import.meta.dirname, '../bin/vswbench');

interface Cost {
  seconds: number;
  /** CPU time; the difference is what others took of the machine, and the disk. */
  cpuS: number;
  /** The most memory that the process had at any time (VmHWM). */
  megabytes: number;
  bytes: number;
}

const PEAK = `data:text/javascript,import{readFileSync,writeFileSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();writeFileSync(process.env.PEAK_FILE,readFileSync('/proc/self/status')+'CPU:%20'+(user+system))})`;

/** Runs a command on a results folder; throws where it fails. */
function cost(folder: string, ...args: string[]): Cost {
  const [output, peak] = [join(folder, 'output'), join(folder, 'peak')];
  const file = openSync(output, 'w');
  const began = performance.now();
  const { status: exitCode, stderr } = spawnSync(vswbench, args, {
    env: { ...process.env, VSWBENCH_RESULTS: folder, PEAK_FILE: peak, NODE_OPTIONS: `--import=${PEAK}`, NO_COLOR: '1' },
    stdio: ['ignore', file, 'pipe'],
    encoding: 'utf8',
  });
  const seconds = (performance.now() - began) / 1000;
  closeSync(file);
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr}`);
  const status = readFileSync(peak, 'utf8');
  const kilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  const cpuS = Number(/CPU: (\d+)/.exec(status)?.[1]) / 1e6;
  return { seconds, cpuS, megabytes: kilobytes / 1024, bytes: statSync(output).size };
}

let isKept = true;
function row(what: string, { seconds, cpuS, megabytes, bytes }: Cost, kept: boolean, more = ''): void {
  const fits = megabytes < MEMORY_MAX_MB;
  isKept &&= kept && fits;
  console.log(
    `| ${what.padEnd(44)} | ${seconds.toFixed(2).padStart(6)} | ${cpuS.toFixed(2).padStart(6)} | ${megabytes.toFixed(0).padStart(6)} | ${(bytes / 1e6).toFixed(1).padStart(7)} | ${`${kept && fits ? 'kept' : 'BROKEN'}${more}`} |`,
  );
}

function readings(trials: number): void {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vswbench-size-'));
  try {
    const { db } = openFile(join(folder, 'vswbench.db'));
    const rows = new Rows(db);
    const exec = (sql: string) => db.exec(sql);
    writeCampaign(rows, exec, { id: 'large' }, casesOf(CASES), trials);
    writeCampaign(rows, exec, { id: 'other' }, casesOf(CASES), 10 * CASES);
    const few = casesOf(CASES)
      .filter((one) => one.switch !== 'direct')
      .slice(0, 8);
    writeCampaign(rows, exec, { id: 'small' }, few, 48);
    db.close();
    const size = (statSync(join(folder, 'vswbench.db')).size / 1e6).toFixed(0);
    console.log(`\n${CASES} cases, ${trials} trials, and neighbours (${size} MB)\n`);
    console.log(
      `| ${'command'.padEnd(44)} |      s |  CPU s |     MB | MB out  | promise |\n|---|---:|---:|---:|---:|---|`,
    );
    // The first start compiles the sources.
    cost(folder, '--version');
    const start = cost(folder, '--version');
    row('--version (start-up)', start, true);
    row('show large, the first look', cost(folder, 'show', 'large'), true);
    const list = cost(folder, 'list');
    row('list (< 0.3 s beyond start-up)', list, list.seconds - start.seconds < 0.3);
    const show = cost(folder, 'show', 'large');
    row('show large (< 1 s)', show, show.seconds < 1);
    const small = cost(folder, 'show', 'small');
    row('show small, beside it (< 1 s)', small, small.seconds < 1);
    for (const [options, most] of [
      [['--static'], 5e6],
      [[], 6e6],
    ] as const) {
      const report = cost(folder, 'report', 'large', '--out', folder, ...options);
      const html = statSync(join(folder, 'large.html')).size;
      row(
        `report large ${options.join(' ')} (< 5 s, < ${most / 1e6} MB)`,
        { ...report, bytes: html },
        report.seconds < 5 && html < most,
      );
    }
    cost(folder, 'show', 'other');
    const compare = cost(folder, 'compare', 'large', 'other');
    row('compare large other (< 2 s)', compare, compare.seconds < 2);
    const switches = cost(folder, 'compare', 'large', '--switches', 'linux-bridge,ovs');
    row('compare large --switches (< 2 s)', switches, switches.seconds < 2);
    for (const args of [
      ['--format', 'csv'],
      ['--format', 'json'],
      ['--what', 'cases'],
      ['--what', 'samples'],
      ['--what', 'histograms'],
    ]) {
      const exported = cost(folder, 'export', 'large', ...args);
      const rate = trials / (exported.seconds - start.seconds);
      // With fewer trials half of the time is the engine's own warming up.
      const isPromised = args.includes('csv') && trials >= 100_000;
      row(
        `export large ${args.join(' ')}${isPromised ? ' (≥ 20 000 trials/s)' : ''}`,
        exported,
        !isPromised || rate >= 20_000,
        `, ${rate.toFixed(0)} trials/s`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A campaign of very many trials on a scripted host: its schedule, its progress and its store are the true ones. */
async function running(trials: number): Promise<void> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vswbench-size-'));
  const store = openStore(join(folder, 'vswbench.db'));
  try {
    const cases = casesOf(100).map((one) => ({ case: one, skipped: null, trials: [] }));
    const campaign = storedCampaign({
      id: 'running',
      endedAt: null,
      trialsPlanned: trials / cases.length,
      precision: null,
      hostNetwork: false,
    });
    store.createCampaign({ ...campaign, cases });
    const schedule = new Schedule(campaign, cases);
    const progress = new Progress(
      { campaign, cases, schedule, owed: [] },
      { tell: () => undefined, columns: () => 100, draw: null },
    );
    const host = new FakeHost({ after: () => undefined }).answer(/^taskset /);
    const drivers = [...new Set(cases.map((one) => one.case.switch))].map(driverOf);
    const random = seededRandom(1);
    const bases = cases.map((one, index) => trial({ case: one.case, pps: 1e6, seed: index }));
    const heaps: number[] = [];
    const began = performance.now();
    let done = 0;
    await runCampaign(
      {
        ...{
          ...campaign,
          testbed: scripted(host),
          signal: new AbortController().signal,
          owed: [],
          drivers,
          capacities: new Map(),
        },
        frameBytes: { local: 1514, remote: 1514 },
        atWork: new DriversAtWork(new Map()),
      },
      cases.map((one) => one.case),
      schedule,
      {
        save(planned, ended) {
          store.saveTrial(campaign.id, planned.caseIndex, ended);
          schedule.record(planned, ended);
          done += 1;
          // The record that the scripted host keeps is for tests.
          host.events.length = 0;
          if (done === 1000 || done % (trials / 4) === 0) heaps.push(heapMB());
        },
        saveLoad: () => undefined,
        loadsOf: () => [],
        tell: (event) => progress.show(event),
      },
      async (_, { testCase: one, placement, round, ordinal, seed }) => {
        const base = bases[cases.findIndex((planned) => planned.case === one)];
        if (base === undefined) throw new RangeError('an unknown case');
        return { ...realistic(one, base, round, ordinal, random), placement, seed };
      },
    );
    const seconds = (performance.now() - began) / 1000;
    const [first = 0] = heaps;
    const isFlat = heaps.every((heap) => heap < first + 10);
    isKept &&= isFlat && done === trials;
    console.log(
      `\nA campaign of ${done} trials in ${seconds.toFixed(0)} s: heap after 1 000 and each quarter ${heaps.map((heap) => heap.toFixed(1)).join(', ')} MB (at most 10 MB more than after 1 000): ${isFlat ? 'kept' : 'BROKEN'}`,
    );
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

function heapMB(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed / 1e6;
}

/** A testbed of which nothing is real. */
function scripted(host: FakeHost): Testbed {
  const cpus = plainCpus(4);
  const undo = Object.assign(new FakeUndoStack(host), { close: async () => [] });
  const side: Side = {
    ...{ role: 'near', host, undo, cpus, directory: '/run/vswbench/near' },
    artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] },
    ...{ uplink: null, uplinkNode: null, hostname: 'testbed-1', clocksource: null, interruptsApart: false },
    containers: { path: '/run/vswbench/near/containers', ipv6: false, appArmor: false },
  };
  return { name: 'local', sameMachine: true, sides: async () => [side] };
}

function driverOf(id: string): SwitchDriver {
  const running: RunningSwitch = {
    nextPorts: () => [],
    flags: [],
    settled: async () => null,
    counters: () => null,
    threads: async () => [],
    health: async () => null,
  };
  return {
    ...{ id, title: id, ports: ['netdev'], locations: ['local'], threads: 0 },
    probe: async () => ({ available: true, version: '1' }),
    start: async () => running,
  };
}

const asked = process.argv.slice(2).map(Number);
for (const trials of asked.length > 0 ? asked : [10_000, 100_000]) {
  readings(trials);
  await running(trials);
}
process.exitCode = isKept ? 0 : 1;
