// SPDX-License-Identifier: Apache-2.0
// The main path as a user runs it: real containers, real switches, real packets.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { documentOf } from './document.ts';
import { cannotMeasure, suite, suiteWorkspace } from './machine.ts';

const TECHNIQUES = ['udp', 'udp-mmsg', 'udp-gso', 'raw', 'raw-mmsg'];

suite('vswbench run', cannotMeasure, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  it('measures the socket techniques over linux-bridge and direct, and the witness agrees to the packet', async () => {
    const ended = await workspace.run([
      ...'run --json -V direct,linux-bridge -P 64 --warmup 100ms --duration 400ms --trials 1 --seed 1'.split(' '),
      ...['--io', TECHNIQUES.join(',')],
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    const { results } = documentOf(ended);
    for (const id of ['direct', 'linux-bridge']) {
      const rows = results.filter((row) => row.case.switch === id);
      assert.deepEqual(rows.map((row) => row.case.io).sort(), [...TECHNIQUES].sort());
    }
    for (const row of results) {
      assert.equal(row.outcome, 'measured', row.reason ?? '');
      // A disturbed one is repeated.
      assert.ok(row.trials.length >= 1);
      assert.equal(row.flags.includes('super-packets'), row.case.io === 'udp-gso');
      for (const trial of row.trials) {
        const [ledger] = trial.ledgers;
        assert.ok(ledger?.closes);
        const received = ledger.hops.at(-1);
        const witness = ledger.hops.find((hop) => hop.hop.includes("sink's interface"));
        const dropped = ledger.drops.at(-1)?.packets ?? 0;
        assert.equal(witness?.source, 'counter');
        assert.equal(witness.packets, trial.receivedPackets + dropped, `${row.case.switch} ${row.case.io}`);
        assert.equal(received?.packets, trial.receivedPackets);
        // The default burst is 64 packets.
        const superPackets = row.case.io === 'udp-gso' ? trial.offeredPackets / 64 : undefined;
        assert.equal(witness.superPackets, superPackets);
        assert.equal(trial.offeredPackets, trial.receivedPackets + trial.lostPackets - trial.duplicatedPackets);
        assert.equal(trial.corruptedPackets, 0);
        assert.equal(trial.throughputBps, trial.throughputPps * 64 * 8);
      }
    }
    assertNothingLeft();
  });

  it('keeps a paced rate, and loses nothing at a low one', async () => {
    const ended = await workspace.run(
      'run --json -V linux-bridge --io udp-mmsg -R 5k -B 8 -P 256 --warmup 100ms --duration 1s --trials 1'.split(' '),
    );
    assert.equal(ended.code, 0, ended.stderr);
    const [trial] = documentOf(ended).results[0]?.trials ?? [];
    assert.ok(trial);
    assert.equal(trial.lostPackets, 0);
    assert.equal(trial.offeredPackets, trial.receivedPackets);
    // 1.2 s of 5000 packets/s; the last burst may or may not have been due.
    assert.ok(Math.abs(trial.intendedPackets - 6000) <= 8, String(trial.intendedPackets));
  });

  it('tells applications that stay of the next rate, and each trial adds up by itself', async () => {
    const options =
      '--reuse --json -V linux-bridge --io udp-mmsg -R 1k,3k -B 4 --warmup 50ms --duration 300ms --trials 2';
    const ended = await workspace.run(['run', ...options.split(' '), '-D', 'throughput,latency']);
    assert.equal(ended.code, 0, ended.stderr);
    const { results } = documentOf(ended);
    assert.equal(results.length, 4);
    for (const { case: one, flags, trials } of results) {
      assert.ok(flags.includes('applications-reused'));
      assert.equal(trials.length, 2);
      for (const trial of trials) {
        assert.ok(trial.ledgers.every(({ closes }) => closes));
        assert.equal(trial.lostPackets, 0);
        // 0.35 s and up to 0.1 s behind it; two bursts more or less may be due.
        const [least, most] = [0.35, 0.45].map((seconds) => seconds * Number(one.rate));
        assert.ok(least !== undefined && most !== undefined);
        assert.ok(trial.intendedPackets >= least - 8 && trial.intendedPackets <= most + 8, `${trial.intendedPackets}`);
      }
    }
    assertNothingLeft();
  });

  it('measures round trips between client and server', async () => {
    const ended = await workspace.run(
      'run --json -D latency -V linux-bridge --io udp,udp-gso,raw-mmsg -B 4 --warmup 100ms --duration 500ms --trials 1'.split(
        ' ',
      ),
    );
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      assert.equal(row.outcome, 'measured', row.reason ?? '');
      assert.equal(row.case.rate, 1000);
      assert.ok((row.trials[0]?.latencyNs?.rtt?.p50 ?? 0) > 0);
    }
  });

  it('lets applications sleep between packets, which costs latency and saves CPU time', async () => {
    const options = 'run --json -V linux-bridge -R 1k -B 1 --warmup 100ms --duration 500ms --trials 1 --wait block';
    const ended = await workspace.run(`${options} -D throughput,latency --io udp,udp-gso,raw-mmsg`.split(' '));
    assert.equal(ended.code, 0, ended.stderr);
    const { results } = documentOf(ended);
    assert.equal(results.length, 6);
    for (const row of results) {
      const name = `${row.case.dimension} ${row.case.io}`;
      assert.equal(row.outcome, 'measured', `${name}: ${row.reason}`);
      const trial = row.trials.find(({ flags }) => !flags.includes('disturbed')) ?? row.trials[0];
      assert.ok(trial !== undefined && trial.offeredPackets > 500 && trial.lostPackets === 0, name);
      // One that polls uses a whole CPU.
      assert.ok(trial.cpu.sender < 0.5 && trial.cpu.receiver < 0.5, `${name}: ${JSON.stringify(trial.cpu)}`);
    }
  });

  it('runs several pairs at once', async () => {
    const ended = await workspace.run(
      'run --json -S 2vs2 -V linux-bridge,direct --io raw -R 1k --warmup 100ms --duration 400ms --trials 1'.split(' '),
    );
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      assert.equal(row.outcome, 'measured', row.reason ?? '');
      assert.deepEqual(
        row.trials[0]?.ledgers.map((ledger) => ledger.closes),
        [true, true],
      );
    }
  });

  it('lists, shows and exports what was measured', async () => {
    const list = await workspace.run(['list']);
    assert.equal(list.code, 0, list.stderr);
    const id = (await workspace.run(['list', '--json'])).stdout;
    const [first] = z.object({ campaigns: z.array(z.looseObject({ id: z.string() })) }).parse(JSON.parse(id)).campaigns;
    assert.ok(first !== undefined && list.stdout.includes(first.id));
    const show = await workspace.run(['show', first.id]);
    assert.match(show.stdout, /linux-bridge/);
    const csv = (await workspace.run(['export', first.id])).stdout.trim().split('\n');
    // A heading, and a line for each trial of the latest campaign.
    const trials = documentOf(await workspace.run(['show', '--json', first.id])).results.flatMap((row) => row.trials);
    assert.ok(trials.length >= 2);
    assert.equal(csv.length, 1 + trials.length);
    assert.equal((await workspace.run(['show', 'nosuch'])).code, 2);
  });
});
