// SPDX-License-Identifier: Apache-2.0
// Broken on purpose: whatever is killed, the outcome is named, what was measured is kept, and the host is as it was found.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import {
  applicationRuns,
  cannotMeasure,
  containerIsMade,
  linkExists,
  outcomesOf,
  ownNetworks,
  suite,
  suiteWorkspace,
  until,
} from './machine.ts';

const CampaignsSchema = z.object({
  campaigns: z.array(z.looseObject({ id: z.string(), trialsDone: z.int(), trialsPlanned: z.int() })),
});

suite('crashes', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  const start = (args: readonly string[]) => {
    return workspace.start(args);
  };

  const campaign = (trials: number, duration: string, ...more: string[]) => [
    ...[
      'run',
      '-V',
      'linux-bridge,direct',
      '--io',
      'udp-mmsg',
      '-R',
      '1k',
      '-B',
      '1',
      '--warmup',
      '50ms',
      '--seed',
      '7',
    ],
    ...['--trials', String(trials), '--duration', duration, ...more],
  ];
  const latest = async () => {
    const { campaigns } = CampaignsSchema.parse(JSON.parse((await workspace.run(['list', '--json'])).stdout));
    const last = campaigns.at(-1);
    assert.ok(last);
    return last;
  };

  /** Moments at which a run is killed, each told by something that can be seen from outside. */
  const MOMENTS: { name: string; reached: () => boolean; resumes: boolean }[] = [
    { name: 'the network exists', reached: () => ownNetworks().length > 0, resumes: true },
    { name: 'the bridge exists', reached: () => linkExists('vswbr0'), resumes: false },
    { name: 'a port exists', reached: () => linkExists('vsws0source'), resumes: false },
    { name: 'a container is being made', reached: () => containerIsMade(), resumes: false },
    { name: 'an application runs', reached: () => applicationRuns('sender'), resumes: true },
  ];
  for (const { name, reached, resumes } of MOMENTS) {
    const then = resumes ? ', and the campaign is resumed' : '';
    it(`kill -9 when ${name}: 'clean' leaves nothing${then}`, { timeout: 60_000 }, async () => {
      const running = start(campaign(1, '300ms'));
      await until(reached);
      running.child.kill('SIGKILL');
      await running.ended;
      const cleaned = await workspace.run(['clean']);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assertNothingLeft();
      // None of these moments is behind the first trial: what is kept is the same after each.
      if (!resumes) return;

      const { id, trialsDone, trialsPlanned } = await latest();
      const resumed = await workspace.run(['run', '--resume']);
      assert.equal(resumed.code, 0, resumed.stderr);
      const said = (pattern: RegExp) => resumed.stderr.split('\n').filter((line) => pattern.test(line)).length;
      // Those that were disturbed are run once more.
      assert.equal(said(/^\[\d+\/\d+\]/), trialsPlanned - trialsDone + said(/^Disturbed, to be repeated/));
      assert.deepEqual(await latest(), { ...(await latest()), id, trialsDone: trialsPlanned });
      assertNothingLeft();
    });
  }

  it('the next run cleans up by itself after a kill -9', { timeout: 60_000 }, async () => {
    const killed = start(campaign(2, '300ms'));
    await killed.sees(/^\[1\/\d+\]/);
    await until(() => linkExists('vswc0source'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = await workspace.run(campaign(1, '300ms'));
    assert.equal(next.code, 0, next.stderr);
    assertNothingLeft();
  });

  it('Ctrl-C keeps what is measured, cleans up and says how to go on', { timeout: 60_000 }, async () => {
    const running = start(campaign(3, '300ms'));
    await running.sees(/^\[2\/\d+\]/);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assert.equal(ended.code, 130, ended.stderr);
    assert.match(ended.stderr, /--resume \S+$/);
    assertNothingLeft();
    assert.ok((await latest()).trialsDone >= 2);
    const resumed = await workspace.run(['run', '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
  });

  it('a question to LXC that outlives who asked it leaves nothing', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-late-'));
    try {
      const running = start(campaign(1, '5s'));
      await until(() => applicationRuns('sender'));
      // As lxc-info does it, whenever it begins.
      const late = join(folder, 'lxc-late');
      writeFileSync(late, '#!/bin/sh\nsleep 1.5\nmkdir -p "/run/lxc/lock$2"\n', { mode: 0o755 });
      const asked = spawn(late, ['--lxcpath', '/run/vswbench/near/containers'], { stdio: 'ignore' });
      const answered = once(asked, 'close');
      running.child.kill('SIGINT');
      await running.ended;
      await answered;
      assertNothingLeft();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('a killed container is a failed trial, and the campaign goes on', { timeout: 60_000 }, async () => {
    const running = start(campaign(2, '1s', '--json'));
    await until(() => applicationRuns('receiver'));
    execFileSync('pkill', ['-KILL', '-f', '^/bin/vswload receiver']);
    const ended = await running.ended;
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /failed: /);
    const outcomes = outcomesOf(ended.stdout);
    assert.equal(outcomes.filter((outcome) => outcome === 'failed').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'measured').length, 3);
    assertNothingLeft();
  });

  it('a bridge that is deleted in the middle is a failed trial, and the next gets a fresh one', {
    timeout: 60_000,
  }, async () => {
    const running = start(campaign(2, '1s', '--json', '-V', 'linux-bridge'));
    await until(() => applicationRuns('sender') && linkExists('vswbr0'));
    for (const name of ownNetworks()) execFileSync('ip', ['-netns', name, 'link', 'delete', 'vswbr0']);
    const ended = await running.ended;
    assert.equal(ended.code, 1, ended.stderr);
    assert.deepEqual(outcomesOf(ended.stdout), ['failed', 'measured']);
    assertNothingLeft();
  });

  it('a second vswbench is refused while one measures', { timeout: 60_000 }, async () => {
    const running = start(campaign(1, '2s'));
    await until(() => linkExists('vswc0source'));
    const second = await workspace.run(campaign(1, '300ms'));
    assert.equal(second.code, 3, second.stderr);
    assert.match(second.stderr, /another vswbench \(process \d+\)/);
    const clean = await workspace.run(['clean']);
    assert.equal(clean.code, 3, clean.stderr);
    assert.match(clean.stderr, /another vswbench/);
    assert.equal((await running.ended).code, 0);
    assertNothingLeft();
  });
});
