// SPDX-License-Identifier: Apache-2.0
// Drivers of strangers, each with one fault (test/fixtures/hostile-switches): the fault is the driver's, the next switch is measured, the host
// is as it was found, and Ctrl-C is answered within five seconds in each call that hangs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { z } from 'zod';
import { LeftBehindSchema } from '../../src/model/testbed.ts';
import { cannotMeasure, capture, comesOutOnce, root, suite, suiteWorkspace } from './machine.ts';

const ResultSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      case: z.looseObject({ switch: z.string() }),
      outcome: z.string(),
      reason: z.string().nullish(),
      trials: z.array(z.looseObject({ outcome: z.string(), step: z.string().nullish(), reason: z.string().nullish() })),
    }),
  ),
});

function campaign(names: readonly string[], ...more: string[]): string[] {
  const files = names.map((name) => join(root, 'test/fixtures/hostile-switches', `${name}.ts`));
  return [
    ...['run', '--switch', ...files, '-V', [...names, 'direct'].join(','), '--io', 'udp-mmsg', '-R', '1k', '-B', '1'],
    ...['--warmup', '50ms', '--duration', '300ms', '--trials', '1', '--seed', '3', ...more],
  ];
}

/** What is told of each, as `STEP: REASON`. */
const FAULTS: Record<string, RegExp> = {
  'start-throws-text': /^start start-throws-text: throws no error, just text$/,
  'counters-nan': /^counters\(\) of counters-nan: .*\[0\]\.inPackets: .* received NaN$/,
  'counters-text': /^counters\(\) of counters-text: .* received "12"$/,
  'counters-few': /^counters\(\) of counters-few: has no port for the source of pair 0$/,
  'counters-backwards': /^counters\(\) of counters-backwards: .* ran backwards, from 1000000 to 999999/,
  'settled-throws': /^settled\(\) of settled-throws: throws undefined$/,
  'threads-odd': /^threads\(\) of threads-odd: /,
  'ports-few': /^nextPorts\(\) of ports-few: has no port for the source of pair 0$/,
  'timer-throws': /^run timer-throws: fails outside of all calls: TypeError: of a timer$/,
  'rejects-alone': /^run rejects-alone: fails outside of all calls: of a promise$/,
  'hugepages-throw': /^hugepageBytes\(\) of hugepages-throw: TypeError: of hugepages$/,
  loops: /^run loops: a loop that did not end was ended: threads\(\) in line \d+ of loops\.ts$/,
  'loops-in-timer': /^run loops-in-timer: a loop that did not end was ended: .* of loops-in-timer\.ts$/,
};

/** What is told of those that fail before anything runs. */
const MISSING: Record<string, RegExp> = {
  'probe-throws': /^probe\(\) of probe-throws fails: TypeError: x is not a function; mend its driver/,
  'frame-limit-throws': /^frameLimit\(\) of frame-limit-throws fails: TypeError: of a limit; mend its driver/,
  'threads-of-pairs-loop': /^threads\(\) of threads-of-pairs-loop fails: no answer within 10 s; mend its driver/,
};

const HANGS = [
  ...['start-hangs', 'connect-hangs', 'settled-hangs', 'counters-hang', 'threads-hang', 'health-hangs'],
  ...['observe-hangs', 'observe-end-hangs'],
];

/** Of the last, each turn costs a loop: another process cleans up. */
const LOOPS = ['loops', 'loops-in-timer', 'loops-again'];

suite('drivers of strangers', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  const told = (stdout: string, name: string) => {
    const found = ResultSchema.parse(JSON.parse(stdout)).results.find((result) => result.case.switch === name);
    assert.ok(found, name);
    return found;
  };

  it('fail by themselves, each with its name and step, and the others are measured', { timeout: 120_000 }, async () => {
    const ended = await workspace.run(campaign([...Object.keys(FAULTS), ...Object.keys(MISSING)], '--json'));
    assert.equal(ended.code, 1, ended.stderr);
    for (const [name, told_] of Object.entries(FAULTS)) {
      const { outcome, trials } = told(ended.stdout, name);
      assert.equal(outcome, 'failed', name);
      assert.match(`${trials[0]?.step}: ${trials[0]?.reason}`, told_);
    }
    for (const [name, told_] of Object.entries(MISSING)) {
      const { outcome, reason } = told(ended.stdout, name);
      assert.equal(outcome, 'skipped', name);
      assert.match(reason ?? '', told_);
    }
    assert.equal(told(ended.stdout, 'direct').outcome, 'measured', ended.stderr);
    assertNothingLeft();
  });

  it('are given up where they do not answer', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(campaign(['counters-hang'], '--json'));
    assert.equal(ended.code, 1, ended.stderr);
    const [trial] = told(ended.stdout, 'counters-hang').trials;
    assert.equal(`${trial?.step}: ${trial?.reason}`, 'counters() of counters-hang: no answer within 10 s');
    assert.equal(told(ended.stdout, 'direct').outcome, 'measured', ended.stderr);
    assertNothingLeft();
  });

  for (const name of [...HANGS, 'start-leaves-late', ...LOOPS]) {
    it(`Ctrl-C is answered within 5 s while one hangs: ${name}`, { timeout: 120_000 }, async () => {
      await comesOutOnce(async () => {
        const running = workspace.start(campaign([name], '-V', name, '--duration', '2s'));
        await running.sees(/^HANGING$/);
        const began = performance.now();
        running.child.kill('SIGINT');
        const ended = await running.ended;
        const tookMs = performance.now() - began;
        assert.equal(ended.code, 130, ended.stderr);
        assertNothingLeft();
        assert.ok(!capture('ps', 'ax').includes('sleep 654'), 'what was under way when it was given up still runs');
        return tookMs < 5000 ? null : `${tookMs} ms`;
      });
    });
  }

  it('do not keep vswbench from ending by a timer that goes on', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(campaign(['timer-stays'], '--json'));
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(told(ended.stdout, 'timer-stays').outcome, 'measured');
    assertNothingLeft();
  });

  it('end a campaign, with their name, where each loop is followed by another', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(campaign(['loops-again']));
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /ended and cleaned up from outside, .*: again\(\) in line \d+ of loops-again\.ts; mend/);
    assertNothingLeft();
  });

  it('do not give away what is the host’s', { timeout: 60_000 }, async () => {
    execFileSync('ip', 'link add vswtestsource type veth peer name vswtestsink'.split(' '));
    try {
      execFileSync('ip', 'address add 192.0.2.1/32 dev vswtestsource'.split(' '));
      const before = capture('ip', '-json', 'address', 'show', 'dev', 'vswtestsource');
      const ended = await workspace.run(campaign(['port-of-host'], '--json'));
      const [trial] = told(ended.stdout, 'port-of-host').trials;
      assert.equal(trial?.step, 'nextPorts() of port-of-host');
      assert.match(trial?.reason ?? '', /^interface vswtestsource was there before the switch was started/);
      assert.equal(capture('ip', '-json', 'address', 'show', 'dev', 'vswtestsource'), before);
      assert.equal(told(ended.stdout, 'direct').outcome, 'measured', ended.stderr);
    } finally {
      execFileSync('ip', ['link', 'delete', 'dev', 'vswtestsource']);
    }
    assertNothingLeft();
  });

  it('are told what they left, once, which is taken away', { timeout: 60_000 }, async () => {
    const knob = () => readFileSync('/proc/sys/kernel/msgmnb', 'utf8');
    const before = knob();
    const ended = await workspace.run(campaign(['leaves-things'], '--json', '--trials', '2'));
    const told = ended.stderr.split('\n').filter((line) => line.includes('leaves-things left behind'));
    for (const what of [
      'process sleep',
      'interface vswleft0',
      'network namespace vswleft',
      'mount ',
      '/proc/',
      '/run/',
    ]) {
      assert.equal(told.filter((line) => line.includes(`left behind ${what}`)).length, 1, `${what}\n${ended.stderr}`);
    }
    const document = z
      .looseObject({
        testbeds: z.array(z.looseObject({ hosts: z.array(z.looseObject({ leftBehind: z.array(LeftBehindSchema) })) })),
      })
      .parse(JSON.parse(ended.stdout));
    const kept = document.testbeds.flatMap(({ hosts }) => hosts.flatMap(({ leftBehind }) => leftBehind));
    assert.deepEqual(
      kept.map(
        (one) => `vswbench: ${one.switch} left behind ${one.what}: put right; its driver has pushed no undo for it`,
      ),
      told,
    );
    const shown = await workspace.run(['show']);
    assert.match(shown.stdout, /^Left behind by drivers\nleaves-things: process sleep \(\d+\), put right$/m);
    assert.equal(knob(), before);
    assertNothingLeft();
    assert.ok(!capture('ps', 'ax').includes('sleep 654'));
  });
});
