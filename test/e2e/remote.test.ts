// SPDX-License-Identifier: Apache-2.0
// The remote scenarios on one machine: two network namespaces and a cable, by themselves and behind a real sshd.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { z } from 'zod';
import { type Document, documentOf } from './document.ts';
import {
  applicationRuns,
  cannotMeasure,
  outcomesOf,
  type Running,
  suite,
  traces,
  until,
  Workspace,
} from './machine.ts';
import { cannotSsh, ip, Laboratory, type SshMachine } from './sshd.ts';

const CAMPAIGN = [
  ...['-L', 'remote', '-V', 'linux-bridge,ovs', '--io', 'udp-mmsg,dpdk', '-S', '1vs1,4vs4', '-D', 'throughput,latency'],
  ...['-R', '2k', '-B', '8', '--warmup', '50ms', '--duration', '400ms', '--trials', '1', '--seed', '3'],
];

/** What is told of trials that may have failed. */
const BrokenSchema = z.looseObject({
  results: z.array(
    z.looseObject({ trials: z.array(z.looseObject({ outcome: z.string(), reason: z.string().optional() })) }),
  ),
});

/** Counts the traffic that arrives at a machine by the cable: what is sent may pass by a capture (PACKET_QDISC_BYPASS). */
async function captureArrivals(namespace: string) {
  const filter = ['-Q', 'in', '-i', 'cable', 'udp', 'port', '5001'];
  const capture = spawn('ip', ['netns', 'exec', namespace, 'tcpdump', '--immediate-mode', '-l', '-n', ...filter]);
  let frames = 0;
  createInterface({ input: capture.stdout }).on('line', (line) => {
    if (line.includes(' IP ')) frames += 1;
  });
  const listening = Promise.withResolvers<void>();
  createInterface({ input: capture.stderr }).on('line', (line) => {
    if (line.includes('listening on')) listening.resolve();
  });
  capture.once('exit', () => listening.reject(new Error('tcpdump has ended')));
  await listening.promise;
  return {
    frames: () => frames,
    end: async () => {
      const ended = once(capture, 'exit');
      capture.kill('SIGTERM');
      await ended;
    },
  };
}

/** Rejects where a run ends that should still go on. */
async function tooEarly(running: Running): Promise<never> {
  const { stderr } = await running.ended;
  throw new Error(`it has ended: ${stderr}`);
}

/** Each case, in words, and what became of it. */
function outcomes({ results }: Document): string[] {
  return results.map((row) => {
    const { dimension, location, pairs, switch: id } = row.case;
    return `${dimension} ${location} ${pairs}vs${pairs} ${id}: ${row.outcome} ${row.reason ?? ''}`.trim();
  });
}

const EXPECTED = ['throughput', 'latency'].flatMap((dimension) =>
  [1, 4].flatMap((pairs) =>
    ['linux-bridge', 'ovs'].map((id) => `${dimension} remote ${pairs}vs${pairs} ${id}: measured`),
  ),
);

/** Offered, into the near switch, both uplinks, out of the far switch, received. */
const HOPS_THERE = 6;
/** Those; then intact and to be answered, answered, the same four between, and received by the client. */
const HOPS_THERE_AND_BACK = HOPS_THERE + 7;

/** Everything that was sent is seen at each hop of the cable. */
function assertCableCloses({ results }: Document): void {
  for (const row of results) {
    for (const trial of row.trials) {
      const told = JSON.stringify({ case: row.case, uplink: trial.uplink });
      assert.deepEqual(
        trial.uplink?.hops.map(({ packets }) => packets),
        Array<number>(row.case.dimension === 'latency' ? HOPS_THERE_AND_BACK : HOPS_THERE).fill(trial.offeredPackets),
        told,
      );
      assert.equal(trial.uplink?.foreignPackets, 0, told);
      assert.ok(trial.ledgers.every(({ closes }) => closes));
    }
  }
}

suite('two namespaces that play machines', cannotMeasure, () => {
  let workspace: Workspace;
  before(() => {
    workspace = new Workspace();
  });
  after(() => workspace.end());

  it('measure the remote scenarios, and the counters of the cable agree with the ledger to the packet', async () => {
    const tracesBefore = traces();
    const ended = await workspace.run(['run', '--json', '--testbed', 'netns', ...CAMPAIGN]);
    assert.equal(ended.code, 0, ended.stderr);
    const document = documentOf(ended);
    assert.deepEqual(outcomes(document).sort(), EXPECTED.toSorted());
    assert.ok(document.results.every((row) => row.case.testbed === 'netns'));
    assertCableCloses(document);
    assert.deepEqual(traces(), tracesBefore);
  });

  it('measure the local scenarios as well, on the near one', async () => {
    const ended = await workspace.run([
      ...['run', '--json', '--testbed', 'netns', '-L', 'local', '-V', 'linux-bridge', '--io', 'udp-mmsg', '-R', '2k'],
      ...['--warmup', '50ms', '--duration', '200ms', '--trials', '1'],
    ]);
    assert.deepEqual(outcomes(documentOf(ended)), ['throughput local 1vs1 linux-bridge: measured']);
  });

  it('find an uplink by another name that it has, and say what a wrong one may be', {
    timeout: 60_000,
  }, async (context) => {
    const [near, far] = ['vswt-near', 'vswt-far'];
    context.after(() => {
      for (const name of [near, far]) spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    });
    for (const name of [near, far]) ip('netns', 'add', name);
    ip('-netns', near, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', far);
    ip('-netns', near, 'link', 'property', 'add', 'dev', 'cable', 'altname', 'the-cable-to-the-far-machine');
    const file = join(workspace.results, 'named.yaml');
    const run = (uplink: string) => {
      const hosts = { near: { host: `netns:${near}`, uplink }, far: { host: `netns:${far}`, uplink: 'cable' } };
      writeFileSync(file, JSON.stringify({ testbed: 'named', testbeds: { named: hosts } }));
      const what = ['-L', 'remote', '-V', 'linux-bridge', '--io', 'udp-mmsg', '-R', '2k', '-B', '8'];
      return workspace.run(['run', '--json', file, ...what, '--duration', '200ms', '--trials', '1']);
    };
    const ended = await run('the-cable-to-the-far-machine');
    assert.deepEqual(outcomes(documentOf(ended)), ['throughput remote 1vs1 linux-bridge: measured'], ended.stderr);

    const wrong = await run('Cable');
    assert.equal(wrong.code, 1);
    assert.equal(wrong.stderr, `vswbench: host netns:${near} has no interface Cable: did you mean cable?`);
    const shown = await run('cable@if2');
    assert.equal(shown.code, 2);
    assert.match(
      shown.stderr,
      /^vswbench: \S+: testbeds\.named\.near\.uplink: 'cable@if2' is what ip\(8\) writes of cable, /,
    );
  });

  it('share the work with this machine in turns, and nothing is compared from one to the other', async () => {
    const ended = await workspace.run([
      ...['run', '--json', '--testbed', 'local,netns', '-V', 'linux-bridge,direct', '--io', 'udp-mmsg', '-P', '64,128'],
      ...['-R', '2k', '-B', '8', '--warmup', '50ms', '--duration', '400ms', '--trials', '1'],
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    const where = documentOf(ended).results.map((row) => `${row.case.packetSize} ${row.case.testbed}: ${row.outcome}`);
    const [one, other] = [...new Set(where)];
    assert.deepEqual(where.sort(), [one, one, other, other].sort());
    assert.deepEqual(where.map((row) => row.split(' ')[1]).sort(), ['local:', 'local:', 'netns:', 'netns:']);
  });

  it('leave nothing when vswbench is killed, once it is told to clean', { timeout: 60_000 }, async () => {
    const tracesBefore = traces();
    const running = workspace.start(['run', '--testbed', 'netns', '--duration', '30s', ...CAMPAIGN.slice(0, 6)]);
    await Promise.race([until(() => applicationRuns('receiver')), tooEarly(running)]);
    running.child.kill('SIGKILL');
    await running.ended;
    const cleaned = await workspace.run(['clean']);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    // The far ends notice by themselves that nobody is there any more.
    await until(() => traces().join() === tracesBefore.join());
  });
});

suite('two machines behind ssh', cannotMeasure || cannotSsh, () => {
  let workspace: Workspace;
  let laboratory: Laboratory;
  let file: string;
  let tracesBefore: string[];
  before(async () => {
    workspace = new Workspace();
    laboratory = await Laboratory.open();
    file = join(laboratory.folder, 'campaign.yaml');
    writeFileSync(file, laboratory.campaign);
  });
  beforeEach(() => {
    tracesBefore = traces();
  });
  afterEach(async () => {
    for (const { name } of laboratory.machines) await clean(name);
  });
  after(async () => {
    await workspace.end();
    laboratory.close();
  });
  const clean = (name: string) => workspace.run(['clean', '--host', name, '--ssh-config', laboratory.sshConfig]);
  const far = () => laboratory.machines.find(({ name }) => name === 'vswt-far') ?? assert.fail('no far machine');
  const connections = ({ log }: SshMachine) => log.filter((line) => line.startsWith('Accepted ')).length;

  it('give the same outcomes, over one connection each', async () => {
    const seenBefore = laboratory.machines.map(connections);
    const ended = await workspace.run(['run', file, '--json', ...CAMPAIGN]);
    assert.equal(ended.code, 0, ended.stderr);
    const document = documentOf(ended);
    assert.deepEqual(outcomes(document).sort(), EXPECTED.toSorted());
    assertCableCloses(document);
    assert.deepEqual(
      laboratory.machines.map((machine, index) => connections(machine) - (seenBefore[index] ?? 0)),
      [1, 1],
    );
    assert.deepEqual(traces(), tracesBefore);
  });

  it('send what captures at both ends of the cable see arrive, to the packet', { timeout: 90_000 }, async () => {
    // One that is down cannot be listened to; one that was up stays so.
    for (const { namespace } of laboratory.machines) ip('-netns', namespace, 'link', 'set', 'cable', 'up');
    const captures = await Promise.all(laboratory.machines.map(({ namespace }) => captureArrivals(namespace)));
    const ended = await workspace.run([
      // In the hosts' own networks, as whoever captures loses an interface that moves to another.
      ...['run', file, '--json', '-L', 'remote', '-V', 'linux-bridge,ovs', '--io', 'udp-mmsg,dpdk', '-D', 'latency'],
      ...['--host-network', '-R', '500', '-B', '1', '--warmup', '50ms', '--duration', '400ms', '--trials', '1'],
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    const trials = documentOf(ended).results.flatMap((row) => row.trials);
    assert.ok(trials.length >= 2);
    const echoed = trials.reduce((sum, trial) => sum + trial.receivedPackets, 0);
    const offered = trials.reduce((sum, trial) => sum + trial.offeredPackets, 0);
    const [near, far] = captures;
    assert.ok(near !== undefined && far !== undefined);
    await until(() => near.frames() >= echoed && far.frames() >= offered);
    for (const capture of captures) await capture.end();
    assert.equal(far.frames(), offered);
    // Echoes may be lost behind the cable, on a machine that is busy.
    assert.ok(near.frames() <= offered);
  });

  /** Two trials: the first is broken in its middle, the second is to be measured. */
  const longTrials = () => {
    const running = workspace.start([
      ...['run', file, '--json', '-L', 'remote', '-V', 'linux-bridge', '--io', 'udp-mmsg', '-R', '1k'],
      ...['--warmup', '50ms', '--duration', '10s', '--trials', '2', '--seed', '1'],
    ]);
    return { running, sending: Promise.race([until(() => applicationRuns('sender')), tooEarly(running)]) };
  };
  const assertLostThenMeasured = (stdout: string, seconds: number) => {
    const trials = BrokenSchema.parse(JSON.parse(stdout)).results.flatMap((row) => row.trials);
    assert.deepEqual(outcomesOf(stdout), ['failed', 'measured']);
    assert.match(trials[0]?.reason ?? '', /^host vswt-far is lost: /);
    assert.ok(seconds < 10, `it took ${seconds} s`);
  };

  it('one of which is cut off: the trial fails by that name, and the campaign goes on when it is back', {
    timeout: 120_000,
  }, async () => {
    const { running, sending } = longTrials();
    await sending;
    const began = performance.now();
    await laboratory.switchOff(far());
    await running.sees(/failed: host vswt-far is lost/);
    const seconds = (performance.now() - began) / 1000;
    await laboratory.switchOn(far());
    const ended = await running.ended;
    assert.match(ended.stderr, /^Host vswt-far is back, and clean\.$/m);
    assertLostThenMeasured(ended.stdout, seconds);
    assert.deepEqual(traces(), tracesBefore);
  });

  it('one of which freezes: the trial fails by that name', { timeout: 120_000 }, async () => {
    const { running, sending } = longTrials();
    await sending;
    const [agent] = execFileSync('ip', ['netns', 'pids', 'vswt-far'], { encoding: 'utf8' })
      .split('\n')
      .map(Number)
      .filter(
        (pid) =>
          pid > 0 && execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('agent'),
      );
    assert.ok(agent);
    const began = performance.now();
    process.kill(agent, 'SIGSTOP');
    await running.sees(/failed: host vswt-far is lost: it has not answered/);
    const seconds = (performance.now() - began) / 1000;
    process.kill(agent, 'SIGCONT');
    assertLostThenMeasured((await running.ended).stdout, seconds);
    assert.deepEqual(traces(), tracesBefore);
  });

  it('are clean after vswbench was killed: at the next contact', { timeout: 60_000 }, async () => {
    const { running, sending } = longTrials();
    await sending;
    running.child.kill('SIGKILL');
    await running.ended;
    for (const { name } of laboratory.machines) {
      const cleaned = await clean(name);
      assert.equal(cleaned.code, 0, cleaned.stderr);
      assert.match(cleaned.stderr, /Undid \d+ steps of \d+ runs? that had not ended properly|nothing to clean/);
    }
    await until(() => traces().join() === tracesBefore.join());
  });

  it('are refused in one line where a name is hostile or nobody is there, before anything is touched', async () => {
    const hostile = [
      'a b',
      "a'b",
      'a;touch /tmp/vswbench-hostile',
      '$(touch /tmp/vswbench-hostile)',
      '-oProxyCommand=x',
    ];
    for (const host of hostile) {
      const bad = join(laboratory.folder, 'bad.yaml');
      writeFileSync(bad, JSON.stringify({ testbeds: { x: { near: { host } } }, testbed: 'x' }));
      const ended = await workspace.run(['run', bad]);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /^vswbench: [^\n]*testbeds\.x\.near\.host: [^\n]* is not a host: [^\n]*$/);
    }
    const nobody = await workspace.run(['doctor', '--host', 'vswt-nobody', '--ssh-config', laboratory.sshConfig]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^vswbench: cannot reach vswt-nobody by ssh: [^\n]+$/);
    assert.deepEqual(traces(), tracesBefore);
  });
});
