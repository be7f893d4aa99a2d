// SPDX-License-Identifier: Apache-2.0
// Machines whose clocks are not as on the day they were installed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { z } from 'zod';
import { documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace, Workspace } from './machine.ts';

/** 105 days and a third, in seconds: nanoseconds since boot are beyond 2^53. */
const UPTIME = ['unshare', '--time', '--monotonic', '9100000', '--boottime', '9100000'];
const CURRENT = '/sys/devices/system/clocksource/clocksource0/current_clocksource';

function whyNotPlayed(within: readonly string[], what: string): string | false {
  if (cannotMeasure !== false) return cannotMeasure;
  const [file = '', ...args] = within;
  return spawnSync(file, [...args, 'true']).status === 0 ? false : `needs a kernel with ${what}`;
}

suite('a host that has been up for 105 days', whyNotPlayed(UPTIME, 'time namespaces'), () => {
  const { workspace } = suiteWorkspace();

  for (const [where, args] of [
    ['on one host', '-V direct,linux-bridge --io udp,dpdk --trials 1 --duration 1s'],
    ['between two', '-L remote --testbed netns -V linux-bridge --io udp --trials 1 --duration 1s'],
  ] as const) {
    it(`measures as ever, ${where}`, async () => {
      const ended = await workspace.run(['run', '--json', ...args.split(' ')], {}, UPTIME);
      const { results } = documentOf(ended);
      const ran = results.filter(({ outcome }) => outcome !== 'skipped');
      assert.ok(ran.length > 0, ended.stderr);
      for (const { outcome, reason, trials } of ran) {
        assert.equal(outcome, 'measured', reason ?? '');
        for (const { samples, throughputPps } of trials) {
          assert.ok(throughputPps > 0);
          assert.ok(samples.length > 5);
        }
      }
    });
  }
});

const FindingsSchema = z.looseObject({
  findings: z.array(z.looseObject({ subject: z.string(), state: z.string(), text: z.string() })),
});

suite('a kernel that has left the time-stamp counter', cannotMeasure, () => {
  let workspace: Workspace;
  let folder: string;
  let within: string[];
  before(() => {
    workspace = new Workspace();
    folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
    writeFileSync(join(folder, 'source'), 'hpet\n');
    const script = `mount --make-rprivate / && mount --bind "$0" ${CURRENT} && exec "$@"`;
    within = ['unshare', '--mount', 'sh', '-c', script, join(folder, 'source')];
  });
  after(async () => {
    await workspace.end();
    rmSync(folder, { recursive: true });
  });

  it('is told by doctor', async () => {
    const ended = await workspace.run(['doctor', '--json'], {}, within);
    const { findings } = FindingsSchema.parse(JSON.parse(ended.stdout));
    const clock = findings.find(({ subject }) => subject === 'clock');
    assert.equal(clock?.state, 'warning');
    assert.match(clock?.text ?? '', /clock source hpet/);
  });
  it('is a flag of each case, and a doubt of the report', async () => {
    const ended = await workspace.run(
      'run --json -V direct --io udp --trials 1 --warmup 100ms --duration 400ms'.split(' '),
      {},
      within,
    );
    assert.equal(ended.code, 0, ended.stderr);
    const [row] = documentOf(ended).results;
    assert.equal(row?.outcome, 'measured', row?.reason ?? '');
    assert.ok(row?.flags.includes('clock-drift'));
    const written = await workspace.run(['report', '--out', folder]);
    assert.match(readFileSync(written.stdout.trim(), 'utf8'), /clock source hpet/);
  });
});
