// SPDX-License-Identifier: Apache-2.0
// FD.io's VPP as a user runs it, over vhost-user and memif: real containers, hugepages, DPDK.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { it } from 'node:test';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { vpp } from '../../src/switches/vpp.ts';
import { documentOf } from './document.ts';
import { applicationRuns, cannotMeasure, outcomesOf, suite, suiteWorkspace, until } from './machine.ts';

const lacking = await packagesMissing(localHost, ['run']);
const probe = await vpp.probe(localHost);
const skip =
  cannotMeasure ||
  (lacking.length > 0 && `not installed: ${lacking.join(', ')} (vswbench setup)`) ||
  (!probe.available && `${probe.missing}: ${probe.mend}`);

suite('VPP', skip, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  const options = (text: string) => [
    'run',
    '--json',
    '-V',
    'vpp',
    '--io',
    'dpdk',
    '--warmup',
    '100ms',
    ...text.split(' '),
  ];

  it('measures both kinds of port, and every lost packet is in its own counters', { timeout: 120_000 }, async () => {
    const ended = await workspace.run(options('-S 1vs1,2vs2 -P 64,1500 --duration 300ms --trials 1'));
    assert.equal(ended.code, 0, ended.stderr);
    const { results } = documentOf(ended);
    assert.deepEqual([...new Set(results.map((row) => row.case.port))].sort(), ['memif', 'vhost-user']);
    assert.equal(results.length, 8);
    for (const row of results) {
      const name = `${row.case.port} ${row.case.pairs} ${row.case.packetSize}`;
      assert.equal(row.outcome, 'measured', `${name}: ${row.reason ?? ''}`);
      for (const { offeredPackets, receivedPackets, ledgers, ...trial } of row.trials) {
        const hop = (index: number) => ledgers.reduce((sum, { hops }) => sum + (hops[index]?.packets ?? 0), 0);
        assert.ok(
          ledgers.every(({ closes }) => closes),
          name,
        );
        // It got what was offered, and dropped what it did not deliver.
        assert.equal(hop(1), offeredPackets, name);
        assert.ok(
          ledgers.every(({ drops }) => drops.every(({ where }) => /^dropped by the switch: /.test(where))),
          name,
        );
        const dropped = ledgers.flatMap(({ drops }) => drops).reduce((sum, { packets }) => sum + packets, 0);
        assert.equal(offeredPackets - receivedPackets, dropped, name);
        assert.equal(trial.corruptedPackets + trial.duplicatedPackets + trial.reorderedPackets, 0, name);
      }
    }
    assertNothingLeft();
  });

  it('measures round trips', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(options('-D latency -B 1 --duration 300ms --trials 1'));
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      assert.equal(row.outcome, 'measured', row.reason ?? '');
      assert.ok((row.trials[0]?.latencyNs?.rtt?.p50 ?? 0) > 0);
    }
  });

  /** Process ids of the switch. */
  const idsOf = () => spawnSync('pgrep', ['-f', '/vpp -c /run/vswbench/']).stdout.toString();

  it('stays up for consecutive trials, whose applications come and go', { timeout: 60_000 }, async () => {
    const running = workspace.start(options('--port memif -R 10k --duration 300ms --trials 3'));
    await running.sees(/^\[1\/\d+\]/);
    const first = idsOf();
    await running.sees(/^\[2\/\d+\]/);
    assert.equal(idsOf(), first);
    assert.notEqual(first, '');
    const ended = await running.ended;
    // One that was disturbed is repeated.
    assert.deepEqual(new Set(outcomesOf(ended.stdout)), new Set(['measured']), ended.stderr);
  });

  for (const { threads, pin, served } of [
    { threads: 1, pin: 'auto', served: '0000' },
    { threads: 2, pin: 'receivers', served: '0011' },
    { threads: 2, pin: 'ports', served: '0101' },
  ]) {
    const tooFew = availableParallelism() <= threads && `needs ${threads + 1} CPUs: one is for VPP's main thread`;
    it(`tells who serves whom, with --switch-threads ${threads} --queues 2 --pin ${pin}`, {
      timeout: 60_000,
      skip: tooFew,
    }, async () => {
      const asked = `--switch-threads ${threads} --queues 2 --pin ${pin}`;
      const ended = await workspace.run(options(`-S 1vs1 ${asked} -R 20k --duration 300ms --trials 1`));
      assert.equal(ended.code, 0, ended.stderr);
      const { results } = documentOf(ended);
      assert.equal(results.length, 2);
      for (const { outcome, reason, trials } of results) {
        assert.equal(outcome, 'measured', reason ?? '');
        const [trial] = trials;
        assert.ok(trial?.ledgers.every(({ closes }) => closes) === true);
        const inOrder = ['source', 'sink'].flatMap((end) => trial.served?.filter((one) => one.end === end) ?? []);
        assert.equal(inOrder.map(({ thread }) => thread).join(''), served);
      }
      assertNothingLeft();
    });
  }

  it('carries tags and IPv6, from trial to trial with other headers', { timeout: 120_000 }, async () => {
    const asked = '--port memif --vlan none,100-109 --qinq none,200 --ip 4,6 -P 100 -R 20k --duration 200ms --trials 1';
    const ended = await workspace.run(options(asked));
    assert.equal(ended.code, 0, ended.stderr);
    // An outer tag needs an inner one.
    const measured = documentOf(ended).results.filter(({ outcome }) => outcome !== 'skipped');
    assert.equal(measured.length, 6);
    for (const { outcome, reason, trials } of measured) {
      assert.equal(outcome, 'measured', reason ?? '');
      assert.ok(trials.every(({ ledgers }) => ledgers.every(({ closes }) => closes)));
    }
    assertNothingLeft();
  });

  it('killed in the middle: a failed trial, then a fresh switch, and nothing is left', {
    timeout: 60_000,
  }, async () => {
    const running = workspace.start(options('--port vhost-user -R 10k --duration 2s --trials 2'));
    await until(() => applicationRuns('sender') && applicationRuns('receiver'));
    execFileSync('pkill', ['-KILL', '-f', '/vpp -c /run/vswbench/']);
    assert.match(await running.sees(/failed: /), /VPP has ended/);
    const ended = await running.ended;
    // One that was disturbed is repeated.
    assert.deepEqual(outcomesOf(ended.stdout).slice(0, 2), ['failed', 'measured'], ended.stderr);
    assertNothingLeft();
  });

  it('leaves nothing when vswbench itself is killed', { timeout: 60_000 }, async () => {
    const running = workspace.start(options('--port memif -R 10k --duration 5s --trials 1'));
    await until(() => applicationRuns('receiver'));
    running.child.kill('SIGKILL');
    await running.ended;
    assert.notEqual(idsOf(), '');
    const cleaned = await workspace.run(['clean']);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    assert.equal(idsOf(), '');
    assertNothingLeft();
  });
});
