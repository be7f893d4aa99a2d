// SPDX-License-Identifier: Apache-2.0
// Whoever turns the machine's knobs is killed in the middle of it, again and again: the machine is as it was. VSWBENCH_KILLS says how often.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, it } from 'node:test';
import { canonical } from '../../src/host/knobs/value.ts';
import { recover } from '../../src/run/journal.ts';
import { movedHost } from '../fixtures/moved-host.ts';
import { TUNABLE } from '../fixtures/tunable.ts';
import { cannotMeasure, capture, root, suite, suiteWorkspace } from './machine.ts';

const KILLS = Number(process.env.VSWBENCH_KILLS ?? 8);
/** Steps of the child, from its first to well into its third time round. */
const STEPS_MAX = 150;

/** The same numbers each time, from 0 to below 1 (a linear congruential generator, Numerical Recipes' constants). */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Starts the child, and kills it after so many of its steps. Returns what it complained of. */
async function killedAfter(steps: number, folders: Record<string, string>, hugepages: number): Promise<string> {
  const script = join(root, 'test/e2e/tuning.child.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(folders), String(hugepages)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (text: Buffer) => complaints.push(text));
  const ended = new Promise((resolve) => child.on('close', resolve));
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    seen += 1;
    if (seen === steps) child.kill('SIGKILL');
  }
  await ended;
  return Buffer.concat(complaints).toString();
}

/** All that knobs may have changed here. */
function settingsHere(): Record<string, string> {
  const irqs = readdirSync('/proc/irq').flatMap((name) =>
    /^\d+$/.test(name) ? [`/proc/irq/${name}/smp_affinity_list`] : [],
  );
  const files = [
    ...irqs,
    ...['/proc/irq/default_smp_affinity', '/sys/devices/virtual/workqueue/cpumask', '/proc/sys/vm/nr_hugepages'],
    ...['nmi_watchdog', 'numa_balancing', 'timer_migration'].map((name) => `/proc/sys/kernel/${name}`),
    '/sys/kernel/mm/transparent_hugepage/enabled',
  ];
  const latency = capture('od', '-An', '-tu4', '-N4', '/dev/cpu_dma_latency').trim();
  return { ...Object.fromEntries(files.map((path) => [path, textOf(path)])), latency };
}

function textOf(path: string): string {
  try {
    return canonical(readFileSync(path, 'utf8'));
  } catch {
    return 'none';
  }
}

suite('knobs', cannotMeasure, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const { workspace, assertNothingLeft } = suiteWorkspace();

  it('of this machine are as they were, whenever it is killed who turns them', { timeout: 600_000 }, async () => {
    const folders = { '/run/vswbench': join(folder, 'state') };
    const found = settingsHere();
    const random = numbers(1);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const steps = 1 + Math.floor(random.next().value * STEPS_MAX);
      assert.equal(await killedAfter(steps, folders, 2 * 2 ** 21), '');
      const { complaints, notices } = await recover(movedHost(folders));
      assert.deepEqual([complaints, notices, settingsHere()], [[], [], found], `kill ${kill}, after ${steps} steps`);
    }
  });

  it('of a machine that has all of them are as they were', { timeout: 600_000 }, async () => {
    const tree = join(folder, 'tree');
    // Nothing holds a file of a tree back when its holder ends, as the kernel does with the device.
    const files = Object.entries({ ...TUNABLE, '/sys/devices/system/cpu/cpuidle/current_driver': 'none\n' });
    for (const [path, text] of files) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const prefixes = ['/sys', '/proc/irq', '/proc/sys/kernel/nmi_watchdog', '/proc/sys/kernel/numa_balancing'];
    const moved = [...prefixes, '/proc/sys/kernel/timer_migration'].map((path) => [path, join(tree, path)]);
    const folders = { ...Object.fromEntries(moved), '/run/vswbench': join(folder, 'state') };
    const random = numbers(2);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const steps = 1 + Math.floor(random.next().value * STEPS_MAX);
      assert.equal(await killedAfter(steps, folders, 0), '');
      const { complaints, notices } = await recover(movedHost(folders));
      assert.deepEqual([complaints, notices], [[], []]);
      for (const [path, text] of files) {
        assert.equal(textOf(join(tree, path)), canonical(text), `${path}: kill ${kill}, after ${steps} steps`);
      }
    }
  });

  it('are given back by a campaign that ends, and by one that is stopped', { timeout: 120_000 }, async () => {
    const found = settingsHere();
    const campaign = ['run', '-V', 'linux-bridge', '--io', 'udp', '-R', '1k', '--warmup', '50ms', '--tune', 'all'];
    const whole = await workspace.run([...campaign, '--trials', '1', '--duration', '300ms']);
    assert.equal(whole.code, 0, whole.stderr);
    assert.match(whole.stdout, /^Tuning: /m);
    assert.deepEqual(settingsHere(), found);
    const running = workspace.start([...campaign, '--trials', '3', '--duration', '1s']);
    await running.sees(/^\[1\/3\]/);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assert.deepEqual(settingsHere(), found);
    assertNothingLeft();
  });
});
