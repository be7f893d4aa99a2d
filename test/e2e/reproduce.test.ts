// SPDX-License-Identifier: Apache-2.0
// A paper of one figure, measured, drawn and judged by one command.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const PAPER = `
title: One figure
citation: nobody
machine: no machine
asPublished: { warmup: 1s, duration: 60s, trials: 6 }
quick: { warmup: 50ms, duration: 200ms, trials: 1, repeat: none }
panels:
  - id: figure-1
    title: Sizes
    draws: lines
    figure: packets
    along: packetSize
    xScale: log
    lines: [{ switch: linux-bridge, io: udp-mmsg }]
    cases: { packetSize: [64, 128, 256], rate: 1000, burst: 1 }
    quick: { packetSize: [64, 256] }
  - id: figure-2
    title: Sizes in bits
    draws: lines
    figure: bits
    along: packetSize
    xScale: log
    lines: [{ switch: linux-bridge, io: udp-mmsg }]
    cases: { packetSize: [64, 256], rate: 1000, burst: 1 }
`;
const CLAIMS = `
citation: nobody
claims:
  - id: one-cpu-each
    says: Sizes cost no CPUs.
    from: nowhere
    kind: count
    cases: { switch: linux-bridge }
    of: { packetSize: 256 }
    to: { packetSize: 64 }
    difference: 0
  - id: fewer
    says: Larger packets are fewer.
    from: nowhere
    kind: trend
    figure: packets
    along: packetSize
    direction: falls
`;
const ClaimsSchema = z.looseObject({
  campaign: z.string(),
  claims: z.array(z.looseObject({ id: z.string(), outcome: z.string(), reason: z.string() })),
});

suite('vswbench reproduce', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  it('measures what figures share once, and says nothing that one round cannot tell', async () => {
    const folder = join(workspace.results, 'paper');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'paper.yaml'), PAPER);
    writeFileSync(join(folder, 'claims.yaml'), CLAIMS);
    const out = join(workspace.results, 'out');
    const ended = await workspace.run(['reproduce', folder, '--quick', '--out', out]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /: 2 trials/);
    const { claims } = ClaimsSchema.parse(JSON.parse(readFileSync(join(out, 'claims.json'), 'utf8')));
    assert.deepEqual(
      claims.map(({ id, outcome }) => [id, outcome]),
      [
        ['one-cpu-each', 'holds'],
        ['fewer', 'cannot-be-decided'],
      ],
    );
    assert.match(claims[1]?.reason ?? '', /too few rounds \(1\)/);
    assertNothingLeft();
  });
});
