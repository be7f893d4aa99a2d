// SPDX-License-Identifier: Apache-2.0
// Switches that no distribution packages, where somebody has built them: as a user runs them, with real containers.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import type { SwitchDriver } from '../../src/switches/driver.ts';
import { fastclick } from '../../src/switches/fastclick.ts';
import { snabb } from '../../src/switches/snabb.ts';
import { documentOf } from './document.ts';
import { applicationRuns, cannotMeasure, outcomesOf, suite, traces, until, Workspace } from './machine.ts';

const missing = await packagesMissing(localHost, ['switches']);

interface Case {
  driver: SwitchDriver;
  /** In the command line of each process of it that is ours. */
  program: RegExp;
  /** Packets that may be left in a queue that the switch has no counter of. */
  uncounted: number;
}

const CASES: Case[] = [
  { driver: snabb, program: /snsh \/run\/vswbench\/near\/switch\/snabb\.lua/, uncounted: 0 },
  // The queue of ToDPDKDevice.
  { driver: fastclick, program: /--dpdk .*\/run\/vswbench\/near\/switch\/switch\.click/, uncounted: 1024 },
];

/** More than applications announce themselves after the switch has been found to know them. */
const ANNOUNCEMENTS = 20;

async function skipOf(driver: SwitchDriver): Promise<string | false> {
  if (cannotMeasure !== false) return cannotMeasure;
  if (missing.length > 0) return `not installed: ${missing.join(', ')} (vswbench setup)`;
  const probe = await driver.probe(localHost);
  return probe.available ? false : `${probe.missing}: ${probe.mend}`;
}

/** What a switch of another project leaves that is not asked to: beside what all trials are asked for. */
function leftBeside(): string[] {
  const inFolder = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  return [
    ...traces(),
    ...inFolder('/tmp').filter((name) => /^(vhost_features|vswbench-snabb)/.test(name)),
    ...inFolder('/var/run/snabb').map((name) => `/var/run/snabb/${name}`),
    ...(existsSync('/var/run/snabb') ? ['/var/run/snabb'] : []),
    ...inFolder('/var/run/dpdk').map((name) => `/var/run/dpdk/${name}`),
    ...readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes('snabb')),
  ].sort();
}

/** Process ids of a switch that runs. */
function idsOf(program: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return program.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        return false;
      }
    });
}

for (const { driver, program, uncounted } of CASES) {
  suite(driver.id, await skipOf(driver), () => {
    let workspace: Workspace;
    let leftBefore: string[];
    before(() => {
      workspace = new Workspace();
    });
    beforeEach(() => {
      leftBefore = leftBeside();
    });
    afterEach(() => workspace.clean());
    after(() => workspace.end());

    const options = (text: string) => [
      ...['run', '--json', '--io', 'dpdk', '-V', driver.id, '--warmup', '100ms'],
      ...text.split(' '),
    ];
    const start = (text: string) => {
      return workspace.start(options(text));
    };

    it('every lost packet has its place, and applications of another trial find the switch as fresh', {
      timeout: 120_000,
    }, async () => {
      const ended = await workspace.run(options('-P 64,65,1500 --duration 300ms --trials 2 --seed 3'));
      assert.equal(ended.code, 0, ended.stderr);
      for (const row of documentOf(ended).results) {
        const name = `${row.case.packetSize} B`;
        assert.equal(row.outcome, 'measured', `${name}: ${row.reason ?? ''}`);
        // A trial that the machine disturbs is made again.
        assert.ok(row.trials.length >= 2);
        for (const trial of row.trials) {
          const [ledger] = trial.ledgers;
          assert.ok(ledger?.closes, name);
          const dropped = ledger.drops.reduce((sum, drop) => sum + drop.packets, 0);
          assert.equal(trial.corruptedPackets + trial.duplicatedPackets + trial.reorderedPackets, 0, name);
          const [offered = 0, taken = 0, given = 0, arrived = 0] = ledger.hops.map((hop) => hop.packets);
          assert.equal(offered, trial.offeredPackets, name);
          // An application that was slow to announce itself is counted as well, and may stand for a lost packet. What a switch that
          // had to wait for its CPU has not taken yet, or has given to a receiver that did not wait, is named as such.
          assert.ok(taken <= offered + ANNOUNCEMENTS && given >= trial.receivedPackets, name);
          const unknown = trial.offeredPackets - trial.receivedPackets - dropped;
          assert.ok(unknown >= 0 && unknown <= arrived - trial.receivedPackets, `${name}: ${unknown}`);
          const inside = ledger.drops.filter((drop) => drop.where === "between 'switch, in' and 'switch, out'");
          const insidePackets = inside.reduce((sum, drop) => sum + drop.packets, 0);
          assert.ok(insidePackets <= uncounted, `${name}: ${insidePackets} without a reason`);
        }
      }
      assert.deepEqual(leftBeside(), leftBefore);
    });

    it('loses nothing at a low rate, and floods nothing', { timeout: 60_000 }, async () => {
      const ended = await workspace.run(options('-S 2vs2 -R 2k -B 8 -P 256 --duration 500ms --trials 1'));
      assert.equal(ended.code, 0, ended.stderr);
      const [row] = documentOf(ended).results;
      const [trial] = row?.trials ?? [];
      assert.equal(trial?.lostPackets, 0);
      assert.equal(trial?.ledgers.length, 2);
      for (const ledger of trial?.ledgers ?? []) {
        assert.ok(ledger.closes);
        // What the other pair sent did not come out at this one's port.
        const [offered = 0, , given = 0] = ledger.hops.map((hop) => hop.packets);
        assert.ok(offered > 10 * ANNOUNCEMENTS && given - offered <= ANNOUNCEMENTS, JSON.stringify(ledger.hops));
      }
    });

    it('measures round trips', { timeout: 60_000 }, async () => {
      const ended = await workspace.run(options('-D latency -S 1vs1,2vs2 -B 1 -R 10k --duration 300ms --trials 1'));
      assert.equal(ended.code, 0, ended.stderr);
      for (const row of documentOf(ended).results) {
        assert.equal(row.outcome, 'measured', row.reason ?? '');
        assert.ok((row.trials[0]?.latencyNs?.rtt?.p50 ?? 0) > 0);
      }
    });

    it('killed in the middle: a failed trial, then a fresh switch, and nothing is left', {
      timeout: 60_000,
    }, async () => {
      const running = start('-R 10k --duration 2s --trials 2');
      await until(() => applicationRuns('sender') && applicationRuns('receiver'));
      // A fresh one comes with the applications: the one that they are connected to is there when there is traffic.
      await until(() => socketsConnected() >= 2);
      const ids = idsOf(program);
      assert.notDeepEqual(ids, []);
      for (const pid of ids) spawnSync('kill', ['-KILL', String(pid)]);
      assert.match(await running.sees(/failed: /), /has ended|being started anew|cannot connect/);
      const ended = await running.ended;
      assert.deepEqual(outcomesOf(ended.stdout), ['failed', 'measured'], ended.stderr);
      assert.deepEqual(leftBeside(), leftBefore);
    });

    it('an application killed in the middle: a failed trial, and the next is measured', {
      timeout: 60_000,
    }, async () => {
      const running = start('-R 10k --duration 2s --trials 2');
      await until(() => applicationRuns('receiver') && socketsConnected() >= 2);
      execFileSync('pkill', ['-KILL', '-f', '^/bin/vswload receiver']);
      const ended = await running.ended;
      assert.deepEqual(outcomesOf(ended.stdout), ['failed', 'measured'], ended.stderr);
      assert.deepEqual(leftBeside(), leftBefore);
    });

    it('kill -9 of vswbench: all of it is taken away by clean', { timeout: 60_000 }, async () => {
      const running = start('-R 10k --duration 5s --trials 1');
      await until(() => applicationRuns('sender') && socketsConnected() >= 2);
      running.child.kill('SIGKILL');
      await running.ended;
      const cleaned = await workspace.run(['clean']);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assert.deepEqual(leftBeside(), leftBefore);
      assert.deepEqual(idsOf(program), []);
    });

    it('sockets lie where nobody but root comes', { timeout: 60_000 }, async () => {
      const running = start('-R 10k --duration 1s --trials 1');
      await until(() => applicationRuns('sender') && socketsConnected() >= 2);
      for (const port of ['port0', 'port1']) {
        const { mode, uid } = statSync(`/run/vswbench/near/switch/${port}`);
        assert.deepEqual([mode & 0o777, uid], [0o700, 0]);
      }
      assert.equal((await running.ended).code, 0);
    });
  });
}

/** Of the applications, as the kernel shows those that listen and those that are connected: each of the latter has a line more. */
function socketsConnected(): number {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  // Field 6 is the state: 03 is connected.
  return lines.filter((line) => /^\S+ \S+ \S+ \S+ \S+ 03 .*\/run\/vswbench\/.*socket-/.test(line)).length;
}
