// SPDX-License-Identifier: Apache-2.0
// netmap's rings, its pipes and its switch, as a user runs them: real containers and the real module.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { NETMAP_DEVICE } from '../../src/switches/driver.ts';
import { documentOf } from './document.ts';
import { applicationRuns, cannotMeasure, capture, root, suite, suiteWorkspace, until } from './machine.ts';

const skip =
  cannotMeasure ||
  (!existsSync(NETMAP_DEVICE) && `the netmap module is not loaded: no ${NETMAP_DEVICE} (see vswbench doctor)`);

/** Processes that a switch was started with, by the mark in their environment. */
function marked(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && /\bVSWBENCH_MARK=/.test(readFileSync(`/proc/${pid}/environ`, 'latin1'));
    } catch {
      return false;
    }
  });
}

suite('netmap', skip, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  const options = (text: string) => ['run', '--json', '--io', 'netmap', '--warmup', '100ms', ...text.split(' ')];
  const measure = async (text: string) => {
    const ended = await workspace.run(options(`${text} --trials 1 --seed 5`));
    assert.equal(ended.code, 0, ended.stderr);
    return documentOf(ended).results.map((row) => {
      const name = `${row.case.switch} ${row.case.packetSize} ${row.case.wait}`;
      assert.equal(row.outcome, 'measured', `${name}: ${row.reason ?? ''}`);
      const [trial] = row.trials;
      assert.ok(trial?.ledgers.every((ledger) => ledger.closes) === true, name);
      return { name, row, trial };
    });
  };

  it('measures pipes and VALE, and every lost packet has its place', { timeout: 180_000 }, async () => {
    const measured = await measure('-V direct,vale -P 64,65,1500 --duration 300ms');
    assert.equal(measured.length, 6);
    for (const { name, row, trial } of measured) {
      assert.equal(row.case.port, 'netmap', name);
      const dropped = trial.ledgers.flatMap((ledger) => ledger.drops).reduce((sum, drop) => sum + drop.packets, 0);
      // A frame that asked whether its address is known arrived as well, and is none of the source's.
      assert.ok(dropped <= trial.lostPackets, name);
      assert.equal(trial.offeredPackets - trial.receivedPackets, trial.lostPackets, name);
      assert.equal(trial.corruptedPackets + trial.duplicatedPackets + trial.reorderedPackets, 0, name);
      // A pipe that is full takes no more, and drops nothing.
      if (row.case.switch === 'direct') assert.equal(trial.lostPackets, 0, name);
    }
    assertNothingLeft();
    assert.deepEqual(marked(), []);
  });

  for (const wait of ['poll', 'yield', 'block']) {
    it(`measures round trips with applications that ${wait}`, { timeout: 120_000 }, async () => {
      for (const { name, trial } of await measure(
        `-D latency -V direct,vale -R 1k -B 1 --duration 300ms --wait ${wait}`,
      )) {
        assert.ok((trial.latencyNs?.rtt?.p50 ?? 0) > 0, name);
      }
    });
  }

  it('runs several pairs, which do not see one another', { timeout: 120_000 }, async () => {
    for (const { name, trial } of await measure('-S 2vs2 -V direct,vale -R 2k -B 4 --duration 300ms --wait block')) {
      assert.equal(trial.ledgers.length, 2, name);
      assert.ok(trial.receivedPackets > 0, name);
    }
  });

  it('joins two namespaces that play machines by an uplink of VALE', { timeout: 120_000 }, async () => {
    const remote = '-L remote --testbed netns -D throughput,latency -V vale -R 1k -B 4 --duration 300ms --wait block';
    for (const { name, trial } of await measure(remote)) {
      assert.equal(trial.lostPackets, 0, name);
      // Each packet is seen at both ends of the cable, once each way that it goes.
      const hops = trial.uplink?.hops ?? [];
      assert.ok(hops.length > 0, name);
      for (const hop of hops) assert.equal(hop.packets, trial.offeredPackets, `${name}: ${hop.hop}`);
    }
    assertNothingLeft();
    assert.deepEqual(marked(), []);
  });

  for (const device of ['direct', 'vale']) {
    it(`leaves nothing of ${device} after kill -9 in the middle of a trial`, { timeout: 120_000 }, async () => {
      const running = workspace.start(options(`-V ${device} --duration 30s --trials 1`));
      await until(() => applicationRuns('receiver') && applicationRuns('sender'));
      running.child.kill('SIGKILL');
      await running.ended;
      const cleaned = await workspace.run(['clean']);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assertNothingLeft();
      assert.deepEqual(marked(), []);
      const ports = capture(join(root, 'build/dataplane/vale'), 'list', 'valevsw');
      assert.deepEqual(JSON.parse(ports), { v: 1, ports: [] });
    });
  }
});
