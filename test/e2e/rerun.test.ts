// SPDX-License-Identifier: Apache-2.0
// A bundle whose cases are measured again: what was measured between two hosts takes a testbed of two.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const SurvivalsSchema = z.looseObject({
  rerun: z.string().nullable(),
  repeated: z.int(),
  machines: z.array(z.looseObject({ what: z.string() })),
  cannotRun: z.array(z.looseObject({ reason: z.string() })),
});

suite('a bundle is measured again', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  it('between two hosts where they are named, and is told to be the same programs', { timeout: 300_000 }, async () => {
    const ended = await workspace.run([
      ...['run', '--json', '--testbed', 'netns', '-L', 'remote', '-V', 'linux-bridge', '--io', 'udp', '-R', '1000'],
      ...['--duration', '200ms', '--warmup', '50ms', '--trials', '1'],
    ]);
    const { campaign } = documentOf(ended);
    const bundle = join(workspace.results, 'told.zip');
    const bundled = await workspace.run(['bundle', campaign, '-o', bundle]);
    assert.equal(bundled.code, 0, bundled.stderr);
    const again = (...more: string[]) => workspace.run(['verify', bundle, '--rerun', '100%', '--json', ...more]);

    const alone = await again();
    assert.equal(alone.code, 3, alone.stderr);
    const refused = SurvivalsSchema.parse(JSON.parse(alone.stdout));
    assert.equal(refused.rerun, null);
    assert.match(refused.cannotRun[0]?.reason ?? '', /needs two hosts, and local is one: --testbed names another/);

    const both = await again('--testbed', 'netns');
    assert.equal(both.code, 0, both.stderr);
    const found = SurvivalsSchema.parse(JSON.parse(both.stdout));
    assert.deepEqual([found.repeated, found.cannotRun, found.machines], [1, [], []], both.stderr);
    const shown = documentOf(await workspace.run(['show', '--json', found.rerun ?? '']));
    assert.deepEqual(
      shown.results.map((row) => [row.case.location, row.outcome]),
      [['remote', 'measured']],
    );
    assertNothingLeft();
  });
});
