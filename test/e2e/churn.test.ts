// SPDX-License-Identifier: Apache-2.0
// A container and its port come and go beside others: what these lose is told by the event, and agrees with what is known.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import type { Churn } from '../../src/model/churn.ts';
import type { Trial } from '../../src/model/result.ts';
import { openStore } from '../../src/store/store.ts';
import { cannotMeasure, root, suite, suiteWorkspace } from './machine.ts';

const RATE_PPS = 20_000;
/** For so long each newcomer cuts the others off. */
const CUT_MS = 100;
/** A sender that is kept from its CPU sends up to so much later what was due while the others were cut off, and then it is not lost. */
const LATE_MS = 10;

suite('a container that comes and goes', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  /** Of a campaign of one case and one trial. */
  async function trialOf(options: string): Promise<Trial> {
    const asked = ['run', '-D', 'churn', '-R', String(RATE_PPS), '--trials', '1', '--repeat', 'none', '--no-report'];
    const ended = await workspace.run([...asked, ...options.split(' ')]);
    assert.equal(ended.code, 0, ended.stderr);
    const store = openStore(join(workspace.results, 'vswbench.db'));
    try {
      return store.load('latest')?.cases[0]?.trials[0] ?? assert.fail(ended.stderr);
    } finally {
      store.close();
    }
  }

  function churnIn({ measurement }: Trial): Churn {
    return measurement?.churn ?? assert.fail('nobody came or went');
  }

  /** All that is lost and given up is found in one event or between them. */
  function assertWhole({ measurement }: Trial): void {
    const { events, quiet } = measurement?.churn ?? assert.fail();
    const met = [...events, quiet];
    const lost = met.reduce((sum, one) => sum + one.lostPackets, 0);
    assert.equal(lost, measurement?.lostPackets);
    const unsent = met.reduce((sum, one) => sum + one.unsentPackets, 0);
    assert.ok(unsent <= (measurement?.steadyGivenUpPackets ?? 0), `${unsent} of ${measurement?.steadyGivenUpPackets}`);
  }

  function assertInTurn({ events }: Churn): void {
    assert.ok(events.length >= 2);
    for (const [index, { kind, readyMs, firstPacketMs, tookMs }] of events.entries()) {
      assert.equal(kind, index % 2 === 0 ? 'leaves' : 'joins');
      if (kind === 'leaves') continue;
      assert.ok(readyMs !== null && firstPacketMs !== null);
      assert.ok(0 < readyMs && readyMs <= firstPacketMs && firstPacketMs < tookMs);
    }
  }

  it('is told to have cut others off for as long as it did', { timeout: 120_000 }, async () => {
    const cuts = join(workspace.results, 'cuts.json');
    const file = join(workspace.results, 'cutting.ts');
    // A bridge that takes the port of the others' receiver out for a while each time a port is added.
    writeFileSync(
      file,
      `import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { linuxBridge } from ${JSON.stringify(join(root, 'src/switches/linux-bridge.ts'))};
const cuts = [];
export const it = {
  ...linuxBridge,
  id: 'cutting',
  async start(context) {
    const { host } = context;
    const running = await linuxBridge.start(context);
    const port = (...set) => host.run(['ip', '-n', 'vswnet' + host.ownerPid, 'link', 'set', 'dev', 'vsws0sink', ...set]);
    const { hotplug } = running;
    async function plug(request) {
      const began = performance.now();
      await port('nomaster');
      await sleep(${CUT_MS});
      await port('master', 'vswbr0');
      cuts.push(performance.now() - began);
      writeFileSync(${JSON.stringify(cuts)}, JSON.stringify(cuts));
      return hotplug.plug(request);
    }
    return { ...running, hotplug: { ...hotplug, plug } };
  },
};
`,
    );
    const trial = await trialOf(`-V cutting --switch ${file} --io raw-mmsg --duration 3s`);
    const churn = churnIn(trial);
    assertInTurn(churn);
    assertWhole(trial);
    assert.equal(churn.hotplug, 'port');
    const known = z.array(z.number()).parse(JSON.parse(readFileSync(cuts, 'utf8')));
    const joins = churn.events.filter(({ kind }) => kind === 'joins');
    assert.equal(joins.length, known.length);
    for (const [index, { blockedMs, silenceMs, lostPackets }] of joins.entries()) {
      const cutMs = known[index] ?? assert.fail();
      assert.ok(blockedMs >= CUT_MS - LATE_MS, `blocked for ${blockedMs} of ${cutMs} ms`);
      assert.ok(lostPackets <= ((cutMs + LATE_MS + 1) * RATE_PPS) / 1000, `lost ${lostPackets} in ${cutMs} ms`);
      assert.ok(silenceMs >= CUT_MS - LATE_MS, `silent for ${silenceMs} of ${cutMs} ms`);
    }
    assert.ok((churn.delaysNs?.events.packets ?? 0) > 0 && (churn.delaysNs?.quiet.packets ?? 0) > 0);
    assertNothingLeft();
  });

  it('comes and goes behind ports that stay, and says so', { timeout: 120_000 }, async () => {
    const trial = await trialOf('-V direct --io raw --duration 2s');
    assert.equal(churnIn(trial).hotplug, 'container');
    assert.ok(trial.flags.includes('ports-stay'));
    assertInTurn(churnIn(trial));
    assertWhole(trial);
    assertNothingLeft();
  });

  it('is refused where no port can come or go', async () => {
    const ended = await workspace.run(['run', '-D', 'churn', '-V', 'direct', '--io', 'raw', '--background', '1k']);
    assert.equal(ended.code, 3);
    assert.match(ended.stderr, /leave out --background/);
  });
});
