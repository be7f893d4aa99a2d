// SPDX-License-Identifier: Apache-2.0
// Round trips beside the traffic of a pair of its own, as a user asks for them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { TrialSchema } from '../../src/model/result.ts';
import { openStore } from '../../src/store/store.ts';
import { applicationRuns, cannotMeasure, suite, suiteWorkspace, until } from './machine.ts';

const missing = await packagesMissing(localHost, ['switches']);
const PATHS = [['linux-bridge', 'raw-mmsg'], ...(missing.length === 0 ? [['ovs', 'dpdk']] : [])];

suite('a background', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  const options = (switchId: string, io: string, background: string) =>
    `run -D latency -V ${switchId} --io ${io} --background ${background} --warmup 100ms --duration 400ms --trials 1`;

  for (const [switchId = '', io = ''] of PATHS) {
    it(`goes through ${switchId} at a share of what it can send, and adds up by itself`, async () => {
      const ended = await workspace.run(options(switchId, io, 'none,2000,1%').split(' '));
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /the background can send [\d.]+ \wpps by itself/);
      for (const { background, trials } of casesOf(workspace.results)) {
        const [trial] = trials;
        assert.ok(trial?.measurement);
        const { ledgers, background: beside, offeredPackets, lostPackets } = trial.measurement;
        assert.equal(trial.outcome.outcome, 'measured');
        assert.ok(ledgers.length === 1 && ledgers[0]?.closes);
        assert.equal(lostPackets, 0);
        // A thousand a second for 0.6 s, and none of those beside.
        assert.ok(offeredPackets > 0 && offeredPackets < 700, String(offeredPackets));
        if (background === 'none') {
          assert.equal(beside, null);
          continue;
        }
        assert.ok(beside !== null && beside.offeredPackets > 0);
        assert.equal(background === '2000', beside.capacityPps === null);
        const rate = beside.capacityPps === null ? 2000 : Math.round(beside.capacityPps / 100);
        assert.equal(beside.ratePps, rate);
        const [ledger] = beside.ledgers;
        assert.deepEqual([beside.ledgers.length, ledger?.pair, ledger?.closes], [1, 1, true]);
        // Interfaces and the switch have counted its packets, and nobody else's.
        const witnesses = ledger?.hops.filter(({ source }) => source === 'counter') ?? [];
        assert.ok(witnesses.length >= 2);
        if (beside.lostPackets === 0)
          for (const { hop, packets } of witnesses) assert.equal(packets, beside.offeredPackets, hop);
      }
      assertNothingLeft();
    });
  }

  it('leaves nothing when its capacity is being measured and the user stops', async () => {
    const running = workspace.start(options('linux-bridge', 'raw-mmsg', '50%').split(' '));
    // Only the background has a sender.
    await until(() => applicationRuns('sender'));
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assertNothingLeft();
  });
});

function casesOf(results: string) {
  const store = openStore(`${results}/vswbench.db`);
  try {
    const cases = store.load('latest')?.cases ?? [];
    assert.equal(cases.length, 3);
    return cases.map((one) => ({
      background: one.case.background,
      trials: one.trials.map((trial) => TrialSchema.parse(trial)),
    }));
  } finally {
    store.close();
  }
}
