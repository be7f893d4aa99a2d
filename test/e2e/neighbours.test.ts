// SPDX-License-Identifier: Apache-2.0
// What takes CPU time from a trial is told, with the CPU that it was taken from: neighbours that are as entitled to a CPU as the trial
// is, and quotas. Nothing here depends on speed: of a CPU that two want all of, neither gets 95 %.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { z } from 'zod';
import { allowedCpus } from '../../src/host/affinity.ts';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { documentOf } from './document.ts';
import { cannotMeasure, type Ended, suite, traces, until, Workspace } from './machine.ts';

const missing = await packagesMissing(localHost, ['switches']);
const withoutDpdk = missing.length > 0 && `not installed: ${missing.join(', ')} (vswbench setup)`;

const BASICFWD = [
  ...['run', '--json', '-V', 'basicfwd', '--io', 'dpdk', '--port', 'vhost-user'],
  ...['--warmup', '100ms', '--duration', '500ms', '--trials', '1'],
];

/** What a trial says of its CPUs. */
const TrialSchema = z.looseObject({
  outcome: z.literal('measured'),
  flags: z.array(z.string()),
  placement: z.looseObject({ pairs: z.array(z.strictObject({ source: z.int(), sink: z.int() })).length(1) }),
  noise: z.looseObject({ reasons: z.array(z.string()) }),
});

interface Told {
  /** Such as `direct`, and what the run printed, for a message. */
  name: string;
  source: number;
  sink: number;
  flags: string[];
  reasons: string[];
}

/** Each trial of a run, those that were repeated among them. */
function toldBy(ended: Ended): Told[] {
  assert.equal(ended.code, 0, ended.stderr);
  const { results } = documentOf(ended);
  return results.flatMap((row) =>
    row.trials.flatMap((trial) => {
      const { flags, placement, noise } = TrialSchema.parse(trial);
      return placement.pairs.map((pair) => ({ name: row.case.switch, ...pair, flags, reasons: noise.reasons }));
    }),
  );
}

/** A trial is disturbed, for a reason that this pattern finds. */
function assertReason({ name, flags, reasons }: Told, pattern: RegExp): void {
  assert.ok(flags.includes('disturbed'), `${name} counts as quiet`);
  assert.ok(
    reasons.some((reason) => pattern.test(reason)),
    `${name}: nothing of ${pattern} in: ${reasons.join('; ')}`,
  );
}

/** A fifth of a CPU for all processes of a control group together. */
class QuotaGroup {
  readonly folder: string;

  /** Throws where that cannot be had. */
  constructor() {
    // Where a version 1 of CPU control is mounted, no version 2 has it.
    const v1 = existsSync('/sys/fs/cgroup/cpu');
    this.folder = `/sys/fs/cgroup/${v1 ? 'cpu/' : ''}vswbench-test-${process.pid}`;
    mkdirSync(this.folder, { recursive: true });
    try {
      if (v1) writeFileSync(`${this.folder}/cpu.cfs_quota_us`, '20000');
      else writeFileSync(`${this.folder}/cpu.max`, '20000 100000');
    } catch (error) {
      rmdirSync(this.folder);
      throw error;
    }
  }

  /** A command that runs what follows it within the group. */
  get within(): string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', `${this.folder}/cgroup.procs`];
  }

  /** Waits until the last process has left it. */
  async remove(): Promise<void> {
    await until(() => {
      try {
        rmdirSync(this.folder);
      } catch {}
      return !existsSync(this.folder);
    });
  }
}

function cannotLimit(): string | false {
  try {
    rmdirSync(new QuotaGroup().folder);
    return false;
  } catch (error) {
    return `no quota can be set: ${error instanceof Error ? error.message : String(error)}`;
  }
}

suite('a neighbour', cannotMeasure, () => {
  let workspace: Workspace;
  let tracesBefore: string[];
  const neighbours: ChildProcess[] = [];
  before(() => {
    workspace = new Workspace();
  });
  beforeEach(() => {
    tracesBefore = traces();
  });
  afterEach(async () => {
    await silence();
    await workspace.clean();
  });
  after(() => workspace.end());

  /** Resolves once a process keeps this CPU busy. It ends itself as well where nobody is left to end it. */
  async function makeBusy(cpu: number): Promise<void> {
    const loop = ['sh', '-c', 'echo; while kill -0 "$PPID"; do :; done'];
    const neighbour = spawn('taskset', ['--cpu-list', String(cpu), ...loop], { stdio: ['ignore', 'pipe', 'ignore'] });
    neighbours.push(neighbour);
    await once(neighbour.stdout, 'data');
  }

  /** Ends all of them. */
  async function silence(): Promise<void> {
    await Promise.all(
      neighbours.splice(0).map(async (neighbour) => {
        const ended = once(neighbour, 'exit');
        if (neighbour.kill('SIGKILL')) await ended;
      }),
    );
  }

  it('is told by the CPU that it shares with an application that polls', { timeout: 180_000 }, async () => {
    const campaign = async () =>
      toldBy(
        await workspace.run(
          'run --json -V direct,linux-bridge --io udp --warmup 100ms --duration 500ms --trials 1'.split(' '),
        ),
      );
    const [first] = await campaign();
    assert.ok(first);
    const { source, sink } = first;
    for (const busy of [[source], [sink], [...new Set([source, sink])]]) {
      for (const cpu of busy) await makeBusy(cpu);
      const trials = await campaign();
      await silence();
      assert.deepEqual([...new Set(trials.map(({ name }) => name))].sort(), ['direct', 'linux-bridge']);
      for (const trial of trials) {
        assert.deepEqual([trial.source, trial.sink], [source, sink]);
        for (const cpu of busy) assertReason(trial, new RegExp(` of CPU ${cpu}\\b`));
      }
    }
    assert.deepEqual(traces(), tracesBefore);
  });

  it('is told by an application that sleeps between packets, and was ready in vain', { timeout: 60_000 }, async () => {
    const campaign = 'run --json -V direct --io udp --wait block --warmup 100ms --duration 500ms --trials 1'.split(' ');
    const [first] = toldBy(await workspace.run(campaign));
    assert.ok(first);
    // Which has something to send at any time.
    await makeBusy(first.source);
    const trials = toldBy(await workspace.run(campaign));
    await silence();
    for (const trial of trials) {
      assertReason(trial, new RegExp(`^others kept the sender of pair 0 from CPU ${first.source} for `));
    }
    assert.deepEqual(traces(), tracesBefore);
  });

  it('is told by the CPU that applications share and yield to each other', {
    skip: withoutDpdk,
    timeout: 60_000,
  }, async () => {
    // With two CPUs the switch has one, and both applications the other.
    const two = (await allowedCpus(localHost)).slice(0, 2).join(',');
    const campaign = async () =>
      toldBy(await workspace.run([...BASICFWD, '--wait', 'yield'], {}, ['taskset', '--cpu-list', two]));
    const [first] = await campaign();
    assert.ok(first !== undefined && first.source === first.sink);
    await makeBusy(first.source);
    const trials = await campaign();
    await silence();
    for (const trial of trials) assertReason(trial, new RegExp(`^others took \\S+ % of CPU ${first.source} `));
    assert.deepEqual(traces(), tracesBefore);
  });

  it('is told where it is a quota, which doctor warns of', {
    skip: withoutDpdk || cannotLimit(),
    timeout: 120_000,
  }, async () => {
    const quota = new QuotaGroup();
    try {
      const doctor = await workspace.run(['doctor', '--json'], {}, quota.within);
      const { findings } = z
        .looseObject({ findings: z.array(z.looseObject({ state: z.string(), subject: z.string(), text: z.string() })) })
        .parse(JSON.parse(doctor.stdout));
      const finding = findings.find(({ subject }) => subject === 'CPU quota');
      assert.equal(finding?.state, 'warning');
      assert.ok(finding.text.startsWith(`${quota.folder} may use no more than 0.2 CPUs: `), finding.text);
      const held = new RegExp(
        `^a quota of 0\\.2 CPUs \\(${quota.folder}\\) held it back for \\d+\\.\\d\\d s of \\d+\\.\\d\\d s$`,
      );
      for (const trial of toldBy(await workspace.run(BASICFWD, {}, quota.within))) assertReason(trial, held);
    } finally {
      await workspace.clean();
      await quota.remove();
    }
    assert.deepEqual(traces(), tracesBefore);
  });
});
