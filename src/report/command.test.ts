// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostileCampaign, storedCampaign, sweepCampaign } from '../../test/fixtures/campaign.ts';
import { parseCampaign } from '../model/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { reproduceCommand } from './command.ts';

test('what the command says is read back as the same parameters', () => {
  const command = reproduceCommand(toCampaignResult(sweepCampaign()));
  const option = (name: string): string => new RegExp(`${name} (\\S+)`).exec(command)?.[1] ?? '';
  const parsed = parseCampaign({
    dimension: option('-D'),
    pairs: option('-S'),
    switch: option('-V'),
    io: option('--io'),
    port: option('--port'),
    packetSize: option('-P'),
    rate: option('-R'),
    burst: option('-B'),
    touch: option('--touch'),
    rxModeration: option('--rx-moderation'),
    placement: option('--placement'),
    wait: option('--wait'),
    warmup: option('--warmup'),
    duration: option('--duration'),
    trials: option('--trials'),
    seed: option('--seed'),
  });
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  assert.deepEqual(parsed.value.sweep.packetSize, [64, 128, 256, 512, 1024, 1500]);
  assert.deepEqual(parsed.value.sweep.rate, ['max', 100_000, 200_000, 400_000, 800_000, 1000]);
  assert.deepEqual(parsed.value.pairs, [1, 2, 4]);
  assert.deepEqual(parsed.value.ports, ['netdev']);
  assert.deepEqual(parsed.value.sweep.rxModeration, ['on']);
  assert.deepEqual(parsed.value.sweep.placement, ['spread']);
  assert.equal(parsed.value.wait, 'yield');
  assert.equal(parsed.value.warmupMs, 500);
  assert.equal(parsed.value.durationMs, 3000);
  assert.equal(parsed.value.seed, 20260301);
});

test('so is a warm-up that finds its own end', () => {
  assert.match(
    reproduceCommand(toCampaignResult(storedCampaign({ warmupMs: 30_000, warmupAuto: true }))),
    / --warmup auto /,
  );
});

test('a precision is part of it', () => {
  const command = reproduceCommand(toCampaignResult(storedCampaign({ precision: { ratio: 0.015, trialsMax: 20 } })));
  assert.match(command, /--trials 6 --precision 1\.5% --max-trials 20 --seed/);
});

test('odd names are quoted for a shell', () => {
  const command = reproduceCommand(toCampaignResult(hostileCampaign()));
  assert.match(command, /-V 'linux-bridge,<script>alert\("x"\)<\/script>'\\''/);
  assert.match(reproduceCommand(toCampaignResult(storedCampaign())), /-V '' /);
});
