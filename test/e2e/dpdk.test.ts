// SPDX-License-Identifier: Apache-2.0
// User-space switches and shared memory, as a user runs them: real containers, hugepages, DPDK and Open vSwitch.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { localHost } from '../../src/host/local.ts';
import { packagesMissing } from '../../src/host/packages.ts';
import { documentOf } from './document.ts';
import {
  applicationRuns,
  cannotMeasure,
  capture,
  outcomesOf,
  suite,
  suiteWorkspace,
  traces,
  until,
} from './machine.ts';

const runProgram = promisify(execFile);

const missing = await packagesMissing(localHost, ['switches']);
const skip = cannotMeasure || (missing.length > 0 && `not installed: ${missing.join(', ')} (vswbench setup)`);

const SWITCHES = ['direct', 'basicfwd', 'ovs'];

/** Asks the Open vSwitch of a run again and again which CPU polls which queue of which port: `0/1 on 2`. */
async function lookAtPmds(signal: AbortSignal, tell: (queues: string[]) => void): Promise<void> {
  const ask = ['--timeout=1', '-t', '/run/vswbench/near/switch/vswitchd.ctl', 'dpif-netdev/pmd-rxq-show'];
  while (!signal.aborted) {
    // Where there is none, it says so at once.
    const { stdout } = await runProgram('ovs-appctl', ask).catch(() => ({ stdout: '' }));
    const queues = stdout
      .split(/^pmd thread .* core_id /m)
      .slice(1)
      .flatMap((text) =>
        [...text.matchAll(/port: p(\d+)-\d+ +queue-id: +(\d+) +\(enabled\)/g)].map(
          ([, port, queue]) => `${port}/${queue} on ${Number.parseInt(text, 10)}`,
        ),
      );
    tell(queues.sort());
    await sleep(50);
  }
}

suite('DPDK', skip, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();

  const options = (text: string) => ['run', '--json', '--io', 'dpdk', '--warmup', '100ms', ...text.split(' ')];
  const start = (text: string) => {
    return workspace.start(options(text));
  };

  it('measures every switch and kind of port, and every lost packet has its place', { timeout: 180_000 }, async () => {
    const ended = await workspace.run(
      options(`-V ${SWITCHES.join(',')} -P 60,1514,9000 --duration 300ms --trials 1 --seed 3`),
    );
    assert.equal(ended.code, 0, ended.stderr);
    const { results } = documentOf(ended);
    assert.deepEqual([...new Set(results.map((row) => `${row.case.switch} ${row.case.port}`))].sort(), [
      'basicfwd vhost-user',
      'direct memif',
      'direct vhost-user',
      'ovs vhost-user',
    ]);
    for (const row of results) {
      const name = `${row.case.switch} ${row.case.port} ${row.case.packetSize}`;
      assert.equal(row.outcome, 'measured', `${name}: ${row.reason ?? ''}`);
      for (const trial of row.trials) {
        const [ledger] = trial.ledgers;
        assert.ok(ledger?.closes, name);
        const counts = ledger.hops.map((hop) => hop.packets);
        const dropped = ledger.drops.reduce((sum, drop) => sum + drop.packets, 0);
        assert.equal(trial.offeredPackets - trial.receivedPackets, dropped, name);
        assert.equal(trial.corruptedPackets + trial.duplicatedPackets + trial.reorderedPackets, 0, name);
        if (row.case.switch === 'direct') {
          // Nobody drops what a ring has taken.
          assert.equal(dropped, 0, name);
          continue;
        }
        // The switch's own counters are the witness: it got what was offered, and dropped what it did not deliver.
        assert.deepEqual(counts.slice(0, 2), [trial.offeredPackets, trial.offeredPackets], name);
        assert.equal(counts[2], trial.receivedPackets, name);
        assert.ok(
          ledger.drops.every((drop) => /^dropped by the switch: /.test(drop.where)),
          `${name}: ${JSON.stringify(ledger.drops)}`,
        );
      }
    }
    assertNothingLeft();
  });

  for (const what of ['-V testpmd --io dpdk', '-V direct --io dpdk-af-packet,dpdk-af-xdp']) {
    it(`${what}: at overload every lost packet has its place`, { timeout: 60_000 }, async () => {
      const run = ['run', '--json', ...what.split(' '), '-P', '64'];
      const short = ['--trials', '1', '--duration', '200ms', '--warmup', '50ms', '--repeat', 'none', '--no-report'];
      const ended = await workspace.run([...run, ...short]);
      assert.equal(ended.code, 0, ended.stderr);
      for (const row of documentOf(ended).results) {
        assert.equal(row.outcome, 'measured', row.reason ?? '');
        const [trial] = row.trials;
        const [ledger] = trial?.ledgers ?? [];
        assert.ok(trial !== undefined && ledger?.closes, row.reason ?? '');
        const dropped = ledger.drops.reduce((sum, drop) => sum + drop.packets, 0);
        assert.equal(trial.offeredPackets - trial.receivedPackets, dropped);
        assert.equal(trial.corruptedPackets + trial.duplicatedPackets + trial.reorderedPackets, 0);
      }
      assertNothingLeft();
    });
  }

  it('loses nothing at a low rate, and keeps it', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(
      options(`-V ${SWITCHES.join(',')} -R 20k -B 8 -P 256 --duration 500ms --trials 1`),
    );
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      const [trial] = row.trials;
      assert.equal(trial?.lostPackets, 0, row.case.switch);
      assert.ok((trial?.offeredPackets ?? 0) > 0);
    }
  });

  it('measures round trips', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(options(`-D latency -V ${SWITCHES.join(',')} -B 1 --duration 300ms --trials 1`));
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      assert.equal(row.outcome, 'measured', row.reason ?? '');
      assert.ok((row.trials[0]?.latencyNs?.rtt?.p50 ?? 0) > 0);
    }
  });

  it('runs several pairs through one switch', { timeout: 60_000 }, async () => {
    const ended = await workspace.run(options(`-S 2vs2 -V ${SWITCHES.join(',')} -R 10k --duration 400ms --trials 1`));
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      assert.deepEqual(
        row.trials[0]?.ledgers.map((ledger) => ledger.closes),
        [true, true],
        `${row.case.switch}: ${row.reason ?? ''}`,
      );
    }
  });

  it('has the threads serve whom it was told, by the word of Open vSwitch itself', { timeout: 180_000 }, async () => {
    const seen = new Set<string>();
    const stop = new AbortController();
    const looking = lookAtPmds(stop.signal, (queues) => queues.length === 8 && seen.add(queues.join(', ')));
    const ended = await workspace.run(
      options(
        '-S 2vs2 -V ovs,basicfwd --switch-threads 2 --queues 2 --pin receivers -R 5k --duration 300ms --trials 1',
      ),
    );
    stop.abort();
    await looking;
    assert.equal(ended.code, 0, ended.stderr);
    for (const row of documentOf(ended).results) {
      const { switch: id } = row.case;
      const [trial] = row.trials;
      assert.equal(row.outcome, 'measured', `${id}: ${row.reason ?? ''}`);
      assert.deepEqual(
        trial?.ledgers.map(({ closes }) => closes),
        [true, true],
        id,
      );
      const served = Map.groupBy(trial?.served ?? [], ({ pair, end }) => `${pair} ${end}`);
      const told = [...served].map(([port, queues]) => `${port} ${queues.map(({ thread }) => thread).join('')}`);
      assert.deepEqual(told, ['0 source 00', '0 sink 11', '1 source 00', '1 sink 11'], id);
      if (id !== 'ovs') continue;
      const cpus = trial?.placement.switch ?? [];
      // Its ports are numbered as they were asked for: the source and the sink of each pair.
      const recorded = (trial?.served ?? []).map(
        ({ pair, end, queue, thread }) => `${2 * pair + (end === 'sink' ? 1 : 0)}/${queue} on ${cpus[thread]}`,
      );
      assert.ok(seen.has(recorded.sort().join(', ')), `${recorded.join(', ')} is not among ${[...seen].join('; ')}`);
    }
    assertNothingLeft();
  });

  /** Process ids of a switch's program. */
  const idsOf = (program: string) =>
    spawnSync('pgrep', ['-f', `${program}.*/run/vswbench/near/switch`]).stdout.toString();

  it('leaves an Open vSwitch of the system alone, which has interfaces of the same names', {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-ovs-'));
    const env = { ...process.env, OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder, OVS_SYSCONFDIR: folder };
    const vsctl = (...command: string[]) =>
      capture('ovs-vsctl', `--db=unix:${folder}/db.sock`, '--retry', '--timeout=20', ...command);
    execFileSync('ovsdb-tool', ['create', `${folder}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema']);
    const daemons = [
      ['ovsdb-server', `${folder}/conf.db`, `--remote=punix:${folder}/db.sock`, '-vconsole:off'],
      ['ovs-vswitchd', `unix:${folder}/db.sock`, '-vconsole:off'],
    ].map(([program = '', ...args]) => spawn(program, args, { env, stdio: 'ignore' }));
    try {
      vsctl('--no-wait', 'init');
      vsctl('add-br', 'vswtest0', '--', 'set', 'bridge', 'vswtest0', 'datapath_type=netdev');
      const [shown, links] = [vsctl('show'), traces()];
      assert.ok(links.includes('link ovs-netdev'));
      const ended = await workspace.run(options('-V ovs -R 10k --duration 300ms --trials 1'));
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual([vsctl('show'), traces()], [shown, links]);
    } finally {
      for (const daemon of daemons) daemon.kill('SIGKILL');
      // A user-space datapath leaves its interfaces behind where it is killed.
      for (const link of ['vswtest0', 'ovs-netdev']) spawnSync('ip', ['link', 'delete', 'dev', link]);
      rmSync(folder, { recursive: true, force: true });
    }
    assertNothingLeft();
  });

  it('starts a switch once for consecutive trials', { timeout: 60_000 }, async () => {
    const running = start('-V ovs -R 10k --duration 300ms --trials 3');
    await running.sees(/^\[1\/\d+\]/);
    const first = idsOf('ovs-vswitchd');
    await running.sees(/^\[2\/\d+\]/);
    assert.equal(idsOf('ovs-vswitchd'), first);
    assert.notEqual(first, '');
    assert.equal((await running.ended).code, 0);
  });

  for (const [id, program] of [
    ['basicfwd', 'basicfwd'],
    ['ovs', 'ovs-vswitchd'],
    ['ovs', 'ovsdb-server'],
  ] as const) {
    it(`${program} killed in the middle: a failed trial, then a fresh switch, and nothing is left`, {
      timeout: 60_000,
    }, async () => {
      const running = start(`-V ${id} -R 10k --duration 2s --trials 2`);
      await until(() => applicationRuns('sender') && applicationRuns('receiver'));
      const killedMs = performance.now();
      execFileSync('pkill', ['-KILL', '-f', `${program}.*/run/vswbench/near/switch`]);
      assert.match(await running.sees(/failed: /), /has ended|cannot connect|Connection refused/);
      assert.ok(performance.now() - killedMs < 3000, 'it took longer than 3 s to be noticed');
      const ended = await running.ended;
      assert.deepEqual(outcomesOf(ended.stdout), ['failed', 'measured'], ended.stderr);
      assertNothingLeft();
    });
  }

  it('a killed container is a failed trial, and the next gets a fresh switch', { timeout: 60_000 }, async () => {
    const running = start('-V ovs -R 10k --duration 2s --trials 2');
    await until(() => applicationRuns('receiver'));
    execFileSync('pkill', ['-KILL', '-f', '^/bin/vswload receiver']);
    const ended = await running.ended;
    const outcomes = outcomesOf(ended.stdout);
    assert.deepEqual(outcomes, ['failed', 'measured'], ended.stderr);
    assertNothingLeft();
  });

  it('leaves pages of 1 GiB that somebody has reserved alone, wherever they are mounted', {
    timeout: 60_000,
  }, async (context) => {
    const pool = '/sys/kernel/mm/hugepages/hugepages-1048576kB';
    const read = (name: string) => (existsSync(pool) ? Number(readFileSync(`${pool}/${name}`, 'utf8')) : 0);
    const before = read('nr_hugepages');
    if (existsSync(pool)) writeFileSync(`${pool}/nr_hugepages`, String(before + 1));
    context.after(() => existsSync(pool) && writeFileSync(`${pool}/nr_hugepages`, String(before)));
    if (read('nr_hugepages') === before) return context.skip('the kernel has no page of 1 GiB to give');
    const free = read('free_hugepages');
    const seen = new Set<number>();
    const mounted = mkdtempSync(join(tmpdir(), 'vswbench-huge-'));
    context.after(() => rmSync(mounted, { recursive: true }));
    const mounting = 'mount -t hugetlbfs -o pagesize=1G none "$0" && exec "$@"';
    const running = workspace.start(options('-V direct,basicfwd,ovs -R 10k --duration 500ms --trials 1'), {}, [
      ...['unshare', '--mount', 'sh', '-c', mounting, mounted],
    ]);
    const look = setInterval(() => seen.add(read('free_hugepages')), 10);
    const ended = await running.ended;
    clearInterval(look);
    assert.deepEqual(outcomesOf(ended.stdout), ['measured', 'measured', 'measured', 'measured'], ended.stderr);
    assert.deepEqual([...seen], [free]);
    assertNothingLeft();
  });

  it('kill -9 of vswbench: hugepages, processes and folders are given back by clean', { timeout: 60_000 }, async () => {
    const reserved = () => readFileSync('/proc/sys/vm/nr_hugepages', 'utf8');
    const reservedBefore = reserved();
    const running = start('-V ovs -R 10k --duration 5s --trials 1');
    await until(() => applicationRuns('sender'));
    assert.notEqual(reserved(), reservedBefore);
    running.child.kill('SIGKILL');
    await running.ended;
    const cleaned = await workspace.run(['clean']);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    assertNothingLeft();
  });
});
