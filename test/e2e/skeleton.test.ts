// SPDX-License-Identifier: Apache-2.0
// The skeleton of docs/adding-a-switch.md, as a stranger would take it: a file outside of the checkout that runs as it stands.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { documentOf } from './document.ts';
import { cannotMeasure, root, suite, suiteWorkspace } from './machine.ts';

suite('the skeleton of a switch driver', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  it('is measured, two pairs at once, and leaves nothing', { timeout: 60_000 }, async () => {
    const document = readFileSync(join(root, 'docs/adding-a-switch.md'), 'utf8');
    const [, code] = /```ts\n(.*?)```/s.exec(document) ?? assert.fail('no skeleton');
    const file = join(workspace.results, 'my-switch.ts');
    writeFileSync(file, (code ?? '').replaceAll('/opt/vswbench', root));
    const short = [
      '-S',
      '1vs1,2vs2',
      '--io',
      'udp-mmsg',
      '-R',
      '2k',
      '-B',
      '1',
      '--trials',
      '1',
      '--duration',
      '300ms',
    ];
    const ended = await workspace.run([
      'run',
      '--switch',
      file,
      '-V',
      'my-switch',
      ...short,
      '--warmup',
      '50ms',
      '--json',
    ]);
    const { results } = documentOf(ended);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['measured', 'measured'],
      ended.stderr,
    );
    assert.ok(results.every(({ trials }) => trials.every(({ ledgers }) => ledgers.every(({ closes }) => closes))));
    assertNothingLeft();
  });
});
