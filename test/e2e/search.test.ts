// SPDX-License-Identifier: Apache-2.0
// Searches for capacities on a switch whose rate is known, and one that is cut short.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Trial } from '../../src/model/result.ts';
import { openStore } from '../../src/store/store.ts';
import { driverFile } from './impaired.ts';
import { cannotMeasure, comesOutOnce, suite, suiteWorkspace, until } from './machine.ts';

suite('vswbench search', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  function latest(): { id: string; trial: Trial | undefined; loads: number } {
    const store = openStore(join(workspace.results, 'vswbench.db'));
    try {
      const campaign = store.load('latest');
      assert.ok(campaign !== null);
      const [one] = campaign.cases;
      assert.ok(one !== undefined);
      return { id: campaign.id, trial: one.trials[0], loads: store.loads(campaign.id, 0, 0).length };
    } finally {
      store.close();
    }
  }
  const searchOf = (trial: Trial | undefined) => {
    assert.ok(trial?.measurement?.search, JSON.stringify(trial?.outcome));
    return trial.measurement.search;
  };

  it('finds the rate that a switch is known to forward, within the width that was asked for', {
    timeout: 600_000,
  }, async () => {
    // A bucket of tokens: what is in it at the begin of a trial of 1.1 s goes through beside the rate.
    const [ratePps, depthS, wholeS, windowS, width] = [20_000, 0.02, 1.1, 1, 0.02];
    const capacityPps = (lossRatio: number) => (ratePps * (wholeS + depthS)) / (wholeS - lossRatio * windowS);
    const file = driverFile(workspace, 'bucket', { rate: ratePps, 'depth-ms': 1000 * depthS });
    const options = `-V bucket --io raw-mmsg -R 40k -B 1 --width ${100 * width}% --duration-sum 3s --budget 30s --json`;
    await comesOutOnce(async () => {
      const ended = await workspace.run(['search', '--switch', file, '--repeat', 'none', ...options.split(' ')]);
      assert.equal(ended.code, 0, ended.stderr);
      assertNothingLeft();
      const { trial } = latest();
      const { found, loads } = searchOf(trial);
      const told = found.map(({ objective, lowerPps, upperPps, throughputPps }) => {
        assert.ok(objective.figure === 'loss');
        const truePps = capacityPps(objective.mostRatio);
        // Whatever else the machine does, no more goes through; a load counts as offered where half the width is missing.
        assert.ok(lowerPps !== null && lowerPps <= truePps / (1 - width / 2), `${lowerPps} of ${truePps}`);
        const [lower, upper] = [truePps * (1 - width), truePps * (1 + width)];
        assert.ok(throughputPps !== null && throughputPps <= upper);
        return lowerPps >= lower && upperPps !== null && upperPps <= upper ? null : `${lowerPps} to ${upperPps}`;
      });
      // The ledger of the trial that stands for the search is as whole as any.
      assert.ok(trial?.measurement?.ledgers.every(({ closes }) => closes));
      assert.ok(loads.length > 2);
      return told.find((text) => text !== null) ?? null;
    });
  });

  it('finds how deep a bucket of tokens is that a switch is known to have', { timeout: 120_000 }, async () => {
    const [ratePps, depthMs] = [20_000, 5];
    const depthPackets = (ratePps * depthMs) / 1000;
    const file = driverFile(workspace, 'bucket', { rate: ratePps, 'depth-ms': depthMs });
    const options = '-D burst -V bucket --io raw-mmsg -B 2 --duration 500ms --trials 1 --json';
    await comesOutOnce(async () => {
      const ended = await workspace.run(['run', '--switch', file, ...options.split(' ')]);
      assert.equal(ended.code, 0, ended.stderr);
      assertNothingLeft();
      const burst = latest().trial?.measurement?.burst;
      assert.ok(burst, ended.stderr);
      assert.ok(burst.loads.every(({ packets, trains }) => packets % 2 === 0 && trains >= 20));
      // What waits in front of the switch is of the path as well, and the bucket fills meanwhile: half a millisecond's packets.
      const told = (burst.depthPackets ?? 0) / depthPackets;
      return told >= 0.95 && told <= 1.2 ? null : `${burst.depthPackets} of ${depthPackets}`;
    });
  });

  it('goes on with what it has after a kill -9', { timeout: 120_000 }, async () => {
    // So little is carried by any bridge.
    const options = '-V linux-bridge --io udp-mmsg -R 1k -B 1 --duration 300ms --duration-sum 3s';
    const killed = workspace.start(['search', ...options.split(' ')]);
    await killed.sees(/^Each: /);
    await until(() => {
      try {
        return latest().loads >= 3;
      } catch {
        // The record is about to be made.
        return false;
      }
    });
    killed.child.kill('SIGKILL');
    await killed.ended;
    const before = latest();
    const resumed = await workspace.run(['run', '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assertNothingLeft();
    const { id, trial, loads } = latest();
    assert.equal(id, before.id);
    assert.equal(loads, 0, 'they are part of the search');
    const search = searchOf(trial);
    assert.ok(search.loads.length >= before.loads);
    for (const { lowerPps, ended } of search.found) assert.deepEqual([lowerPps, ended], [1000, 'max-load']);
  });
});
