// SPDX-License-Identifier: Apache-2.0
// Warm-ups that find their own end, over ports whose memory is touched when they are opened.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const WarmupSchema = z.looseObject({ warmupS: z.number(), minorFaults: z.number() });

suite('vswbench run --warmup auto', cannotMeasure, () => {
  const { workspace } = suiteWorkspace();

  for (const dimension of ['throughput', 'latency']) {
    it(`measures ${dimension} from when nothing is new any more, and says how long that took`, async () => {
      const options = `run --json -D ${dimension} -V direct --io udp,dpdk --warmup auto --duration 500ms --trials 1`;
      const { results } = documentOf(await workspace.run(options.split(' ')));
      const ran = results.filter(({ outcome }) => outcome !== 'skipped');
      assert.ok(ran.length > 0);
      for (const { case: testCase, outcome, reason, trials } of ran) {
        assert.equal(outcome, 'measured', reason ?? '');
        for (const trial of trials) {
          const { warmupS, minorFaults } = WarmupSchema.parse(trial);
          // Twenty intervals of 20 ms at least.
          assert.ok(warmupS >= 0.4 && warmupS <= 30.1, String(warmupS));
          assert.equal(minorFaults, 0, `${testCase.io} over ${testCase.port}`);
        }
      }
    });
  }
});
