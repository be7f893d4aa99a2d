// SPDX-License-Identifier: Apache-2.0
// Address tables of known sizes, full and not: what a switch does not know goes to everybody.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { floodedRatio } from '../../src/stats/flooded.ts';
import { openStore } from '../../src/store/store.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const missing = await packagesMissing(localHost, ['switches']);
const withoutOvs = missing.length > 0 && `not installed: ${missing.join(', ')} (vswbench setup)`;

suite('address tables', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  const flooded = async (switchId: string, io: string, macs: string) => {
    const options = `run -V ${switchId} --io ${io} -S 2vs2 -R 10k -B 8 --macs ${macs} --warmup 100ms --duration 400ms --trials 1`;
    const ended = await workspace.run(options.split(' '));
    assert.equal(ended.code, 0, ended.stderr);
    assertNothingLeft();
    const store = openStore(`${workspace.results}/vswbench.db`);
    try {
      return (store.load('latest')?.cases ?? []).map(({ case: testCase, trials }) => {
        const measured = trials.flatMap(({ measurement }) => measurement ?? []);
        assert.ok(measured.length > 0 && measured.every(({ ledgers }) => ledgers.every(({ closes }) => closes)));
        return floodedRatio(testCase, measured);
      });
    } finally {
      store.close();
    }
  };

  it("floods nothing where they are large enough, as the bridge's is", async () => {
    // Of four ends, 16 000 addresses.
    assert.deepEqual(await flooded('linux-bridge', 'raw-mmsg', '4k'), [0]);
  });

  it('floods what exceeds the 8192 addresses of Open vSwitch', { skip: withoutOvs }, async () => {
    const [fits, exceeds] = await flooded('ovs', 'dpdk', '1k,4k');
    assert.equal(fits, 0);
    assert.ok(typeof exceeds === 'number' && exceeds > 0.05 && exceeds <= 1, String(exceeds));
  });
});
