// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { testCase, trial } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import { FakeHost, FakeUndoStack } from '../../test/fixtures/host.ts';
import { HostError, HostLostError } from '../host/host.ts';
import type { Repeat } from '../model/repetition.ts';
import type { Flag, Outcome, StoredCampaign, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import type { PlannedTrial } from '../plan/order.ts';
import type { RunningSwitch, SwitchContext, SwitchDriver } from '../switches/driver.ts';
import { type CampaignContext, type CampaignEvent, type CampaignListener, runCampaign } from './campaign.ts';
import { SETTLE } from './deployments.ts';
import { Schedule } from './schedule.ts';
import { DriversAtWork } from './strangers.ts';
import type { Side } from './testbed.ts';
import type { KeptApplications, runTrial } from './trial.ts';

const RUNNING: RunningSwitch = {
  nextPorts: () => [],
  flags: [],
  settled: async () => null,
  counters: () => null,
  threads: async () => [],
  health: async () => null,
};

/** Looks for all that nobody refers to any more. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

type Bench = ReturnType<typeof bench>;

/** A host with as many CPUs, two switches of which nothing is real, and trials that end as they are told to. */
function bench(t: TestContext, { cpuCount = 8, repeat = 'disturbed' }: { cpuCount?: number; repeat?: Repeat } = {}) {
  const host = new FakeHost(t).answer(/^taskset /);
  const undo = new FakeUndoStack(host);
  const saved: Trial[] = [];
  const told: CampaignEvent[] = [];
  const stop = new AbortController();
  const starts: SwitchContext[] = [];
  const tags: number[] = [];
  const driver = (id: string, threads = 0): SwitchDriver => ({
    ...{ id, title: id, ports: ['netdev'], locations: ['local'], threads },
    probe: async () => ({ available: true, version: '1' }),
    async start(context) {
      starts.push(context);
      await context.undo.push({ kind: 'delete-link', name: `${id}${context.ports.length}` });
      host.events.push(`up ${id}`);
      await onStart(id);
      return RUNNING;
    },
  });
  let onStart: (id: string) => Promise<void> | void = () => undefined;
  let onTrial: (testCase: TestCase) => Outcome | Promise<Outcome> = () => ({ outcome: 'measured' });
  let onFlags: (ordinal: number) => Flag[] = () => [];
  let onSave: () => void = () => undefined;
  /** Which applications each trial was given; null: its own. */
  const given: (KeptApplications | null)[] = [];
  const run: typeof runTrial = async (_, { testCase: planned, runTag, ...plan }, _sides, kept = null) => {
    tags.push(runTag);
    given.push(kept);
    host.events.push(`trial ${planned.switch}`);
    const outcome = await onTrial(planned);
    return { ...trial({ case: planned, pps: 1000, outcome, flags: onFlags(plan.ordinal) }), ...plan };
  };
  const cpus = plainCpus(cpuCount);
  const sideOf = (role: Side['role']): Side => ({
    ...{ role, host, undo: Object.assign(undo, { close: async () => [] }), cpus, directory: `/run/vswbench/${role}` },
    artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] },
    ...{
      uplink: { interface: 'cable', pci: null },
      uplinkNode: null,
      hostname: 'testbed-1',
      clocksource: null,
      interruptsApart: false,
    },
    containers: { path: `/run/vswbench/${role}/containers`, ipv6: false, appArmor: false },
  });
  const [near, far] = [sideOf('near'), sideOf('far')];
  let onSides: () => void = () => undefined;
  const context: CampaignContext = {
    testbed: {
      ...{ name: 'local', sameMachine: true },
      sides: async (location) => {
        onSides();
        return location === 'local' ? [near] : [near, far];
      },
    },
    signal: stop.signal,
    warmupMs: 100,
    warmupAuto: false,
    hostNetwork: false,
    reuse: false,
    durationMs: 1000,
    frameBytes: { local: 1514, remote: 1514 },
    search: null,
    repeat,
    capacities: new Map(),
    owed: [],
    atWork: new DriversAtWork(new Map()),
    drivers: [
      driver('one'),
      driver('two'),
      driver('poller', 1),
      { ...driver('pages'), hugepageBytes: () => 3 * 2 ** 20 },
    ],
  };
  const listener = {
    save: (_: PlannedTrial, ended: Trial) => {
      onSave();
      saved.push(ended);
    },
    saveLoad: () => undefined,
    loadsOf: () => [],
    tell: (event: CampaignEvent) => void told.push(event),
  };
  return {
    ...{ host, saved, told, stop, starts, tags, undo, near, given, context },
    onStart: (action: typeof onStart) => {
      onStart = action;
    },
    onTrial: (action: typeof onTrial) => {
      onTrial = action;
    },
    onSides: (action: typeof onSides) => {
      onSides = action;
    },
    onFlags: (action: typeof onFlags) => {
      onFlags = action;
    },
    onSave: (action: typeof onSave) => {
      onSave = action;
    },
    /** Runs trials as they are asked for. */
    runOrder: (
      cases: readonly TestCase[],
      order: Iterable<PlannedTrial>,
      save: CampaignListener['save'] = () => undefined,
    ) =>
      runCampaign(
        context,
        cases,
        order,
        {
          ...listener,
          save(planned, ended) {
            listener.save(planned, ended);
            save(planned, ended);
          },
        },
        run,
      ),
    /** Runs one trial of each case, in their order. */
    run: (cases: readonly TestCase[]) => {
      const order = cases.map((_, index) => ({ caseIndex: index, round: 0, ordinal: index, seed: 9 }));
      return runCampaign(context, cases, order, listener, run);
    },
  };
}

const ONE = testCase({ switch: 'one' });
const TWO = testCase({ switch: 'two' });

/** What happened to switches and trials, in order. */
function story({ host }: Bench): string[] {
  return host.events.filter((event) => /^(up|trial|undone delete-link)/.test(event));
}

function outcomes({ saved }: Bench): string[] {
  return saved.map(({ outcome }) => outcome.outcome);
}

describe('a campaign', () => {
  it('keeps a switch up for consecutive trials that need the same one', async (t) => {
    const b = bench(t);
    await b.run([ONE, { ...ONE, packetSize: 1500 }, TWO, ONE]);
    assert.deepEqual(story(b), [
      ...['up one', 'trial one', 'trial one', 'undone delete-link one2'],
      ...['up two', 'trial two', 'undone delete-link two2'],
      ...['up one', 'trial one', 'undone delete-link one2'],
    ]);
  });

  it('gives each trial another tag than the one before, whatever its place in the order', async (t) => {
    const b = bench(t);
    b.onFlags((ordinal) => (ordinal === 128 ? ['disturbed'] : []));
    const order = Array.from({ length: 300 }, (_, index) => ({
      caseIndex: 0,
      round: 0,
      ordinal: 128 * index,
      seed: 9,
    }));
    await b.runOrder([ONE], order);
    assert.equal(b.tags.length, 301);
    assert.ok(
      b.tags.every((tag, index) => Number.isInteger(tag) && tag >= 0 && tag < 128 && tag !== b.tags[index - 1]),
    );
  });

  it('repeats a disturbed trial once, at the end of its round and as a trial of its own', async (t) => {
    const b = bench(t);
    // Whatever is run again is disturbed again.
    b.onFlags((ordinal) => (ordinal === 1 ? [] : ['disturbed']));
    await b.run([ONE, TWO, ONE]);
    assert.deepEqual(
      b.saved.map(({ ordinal }) => ordinal),
      [0, 1, 2, 1_000_000_000, 1_000_000_002],
    );
    assert.equal(new Set(b.saved.map(({ round }) => round)).size, 1);
    assert.equal(b.told.filter(({ event }) => event === 'repetition-planned').length, 2);
  });

  it('repeats none where none is to be', async (t) => {
    const b = bench(t, { repeat: 'none' });
    b.onFlags(() => ['disturbed']);
    await b.run([ONE, TWO]);
    assert.deepEqual(
      b.saved.map(({ ordinal }) => ordinal),
      [0, 1],
    );
  });

  it('measures the capacity of a background once, with packets that are not taken for those of a trial', async (t) => {
    const b = bench(t);
    const order = [0, 1, 0].map((caseIndex, ordinal) => ({ caseIndex, ordinal, round: ordinal, seed: 9 }));
    await b.runOrder([{ ...ONE, background: '50%' }, ONE], order);
    const told = b.told.filter(({ event }) => event === 'capacity-measured');
    assert.deepEqual([told.length, b.saved.length, b.tags.length], [1, 3, 4]);
    assert.equal(new Set(b.tags).size, 4);
  });

  it('asks for the next trial only when the one before is saved', async (t) => {
    const b = bench(t);
    const savedBefore: number[] = [];
    function* order(): Generator<PlannedTrial> {
      for (let round = 0; b.saved.length < 3; round += 1) {
        savedBefore.push(b.saved.length);
        yield { caseIndex: 0, round, ordinal: round, seed: 9 };
      }
    }
    await b.runOrder([ONE], order());
    assert.deepEqual(savedBefore, [0, 1, 2]);
    assert.equal(b.saved.length, 3);
  });

  it('starts it again for other ports', async (t) => {
    const b = bench(t);
    await b.run([ONE, { ...ONE, pairs: 2 }]);
    assert.deepEqual(story(b), [
      ...['up one', 'trial one', 'undone delete-link one2'],
      ...['up one', 'trial one', 'undone delete-link one4'],
    ]);
    assert.deepEqual(
      b.starts.at(-1)?.ports.map(({ pair, end }) => `${pair}${end}`),
      ['0source', '0sink', '1source', '1sink'],
    );
  });

  it('gives a switch that polls CPUs of its own', async (t) => {
    const b = bench(t);
    await b.run([testCase({ switch: 'poller' })]);
    assert.equal(b.starts[0]?.cpus.length, 1);
  });

  it('starts it again for other CPUs of its own', async (t) => {
    const b = bench(t);
    const poller = testCase({ switch: 'poller' });
    // Somebody else has taken the CPUs that it had.
    b.onTrial(() => {
      b.near.cpus = b.near.cpus.filter(({ id }) => !b.starts[0]?.cpus.includes(id));
      return { outcome: 'measured' };
    });
    await b.run([poller, poller]);
    assert.equal(b.starts.length, 2);
    assert.notDeepEqual(b.starts[0]?.cpus, b.starts[1]?.cpus);
  });

  it('reserves the hugepages that a switch takes before that is started, and gives them back', async (t) => {
    const b = bench(t);
    const pool = '/sys/kernel/mm/hugepages/hugepages-2048kB';
    b.host.put({ [`${pool}/nr_hugepages`]: '5', [`${pool}/free_hugepages`]: '0' });
    await b.run([testCase({ switch: 'pages' })]);
    const told = b.host.events.filter((event) => /hugepages|^up /.test(event));
    assert.deepEqual(told, [
      `undo restore-knob ${pool}/nr_hugepages 5`,
      `write ${pool}/nr_hugepages`,
      'up pages',
      `undone restore-knob ${pool}/nr_hugepages 5`,
    ]);
    assert.equal(b.host.files.get(`${pool}/nr_hugepages`), '7');
  });

  it('does not trust a switch with the next trial that took part in a failure', async (t) => {
    const b = bench(t);
    b.onTrial(() => (b.saved.length === 0 ? { outcome: 'failed', step: 'x', reason: 'y' } : { outcome: 'measured' }));
    await b.run([ONE, ONE]);
    assert.deepEqual(outcomes(b), ['failed', 'measured']);
    assert.equal(b.starts.length, 2);
  });
  describe('with applications that stay', () => {
    const rates = [1000, 2000].map((rate) => ({ ...ONE, rate }));
    const larger = { ...ONE, packetSize: 1500 };
    const run = async (b: ReturnType<typeof bench>, ...cases: (typeof ONE)[]) => {
      b.context.reuse = true;
      await b.run(cases);
      return b.given.map((kept) => b.given.indexOf(kept));
    };

    it('has those of the trial before where only the rate differs, and says so of each', async (t) => {
      const b = bench(t);
      assert.deepEqual(await run(b, ...rates, larger, larger, TWO), [0, 0, 2, 2, 4]);
      assert.ok(b.saved.every(({ flags }) => flags.includes('applications-reused')));
    });

    it('has new ones behind a failure', async (t) => {
      const b = bench(t);
      b.onTrial(() => (b.saved.length === 0 ? { outcome: 'failed', step: 'x', reason: 'y' } : { outcome: 'measured' }));
      assert.deepEqual(await run(b, ...rates, ...rates), [0, 1, 1, 1]);
    });

    it('has each trial’s own where there is something beside it that is not told anew', async (t) => {
      const b = bench(t);
      const many = { ...ONE, macs: 10 };
      b.context.reuse = true;
      await b.run([many, many]);
      assert.deepEqual(b.given, [null, null]);
      assert.deepEqual(
        b.saved.map(({ flags }) => flags),
        [[], []],
      );
    });

    it('has each trial’s own unless it is asked for', async (t) => {
      const b = bench(t);
      await b.run([ONE, ONE]);
      assert.deepEqual(b.given, [null, null]);
    });
  });

  describe('a switch that does not learn where everybody is', () => {
    const unsettled: Outcome = { outcome: 'failed', step: SETTLE, reason: 'port 2 is silent' };

    it('is started anew for the same trial, which says so', async (t) => {
      const b = bench(t);
      let trials = 0;
      b.onTrial(() => (trials++ === 0 ? unsettled : { outcome: 'measured' }));
      await b.run([ONE, ONE]);
      assert.deepEqual(outcomes(b), ['measured', 'measured']);
      assert.deepEqual(
        b.saved.map(({ flags }) => flags),
        [['started-twice'], []],
      );
      assert.equal(b.starts.length, 2);
      assert.deepEqual(
        b.told.flatMap((event) => (event.event === 'switch-restarting' ? [event.reason] : [])),
        ['port 2 is silent'],
      );
    });

    it('is not started anew where the host’s own rules explain it', async (t) => {
      const b = bench(t);
      const at = { family: 'bridge', table: 'filter' };
      const nftables = [
        { table: { family: 'bridge', name: 'filter', handle: 1 } },
        { chain: { ...at, name: 'forward', handle: 1, type: 'filter', hook: 'forward', prio: 0, policy: 'drop' } },
      ];
      b.host.hasSymbols('nft_do_chain').answer(/^nft --json list ruleset$/, { stdout: JSON.stringify({ nftables }) });
      b.context.hostNetwork = true;
      b.onTrial(() => unsettled);
      await b.run([ONE]);
      assert.equal(b.starts.length, 1);
      const [outcome] = b.saved.map((ended) => ended.outcome);
      assert.match(outcome?.outcome === 'failed' ? outcome.reason : '', /^port 2 is silent; .*policy drop/);
    });

    it('is not tried again where that did not help, nor in any later trial', async (t) => {
      const b = bench(t);
      b.onTrial(() => unsettled);
      await b.run([ONE, ONE, TWO]);
      assert.deepEqual(outcomes(b), ['failed', 'failed', 'failed']);
      assert.equal(b.starts.length, 2 + 1 + 2);
    });
  });

  it('but keeps one whose trial was invalid', async (t) => {
    const b = bench(t);
    b.onTrial(() => ({ outcome: 'invalid', reason: 'y' }));
    await b.run([ONE, ONE]);
    assert.equal(b.starts.length, 1);
  });

  for (const [what, error, reason] of [
    ['that does not start', new HostError('no hugepages free'), 'no hugepages free'],
    ['that has a bug', new TypeError('x is not a\n  function'), 'TypeError: x is not a function'],
  ] as const) {
    it(`goes on after a switch ${what}: it is a trial that failed, and what it made is undone`, async (t) => {
      const b = bench(t);
      b.onStart((id) => {
        if (id === 'one') throw error;
      });
      await b.run([ONE, TWO]);
      assert.deepEqual(b.saved[0]?.outcome, { outcome: 'failed', step: 'start one', reason });
      assert.deepEqual(outcomes(b), ['failed', 'measured']);
      assert.deepEqual(story(b), [
        'up one',
        'undone delete-link one2',
        'up two',
        'trial two',
        'undone delete-link two2',
      ]);
    });
  }

  it('tells of what it cannot undo, and goes on', async (t) => {
    const b = bench(t);
    b.undo.unwindTo = async (mark) => b.undo.undos.splice(mark).map(() => 'cannot delete');
    await b.run([ONE, TWO]);
    assert.deepEqual(
      b.told.filter(({ event }) => event === 'leftover'),
      // Of each switch its folder, and what its driver made.
      [1, 2, 3, 4].map(() => ({ event: 'leftover', complaint: 'cannot delete' })),
    );
    assert.deepEqual(outcomes(b), ['measured', 'measured']);
  });

  it('saves a trial before it tells of it and before the next begins', async (t) => {
    const b = bench(t);
    const atSave: string[] = [];
    b.onSave(() => atSave.push(b.told.at(-1)?.event ?? ''));
    await b.run([ONE, ONE]);
    assert.deepEqual(atSave, ['switch-started', 'trial-starting']);
    assert.deepEqual(
      b.told.map(({ event }) => event),
      ['trial-starting', 'switch-starting', 'switch-started', 'trial-ended', 'trial-starting', 'trial-ended'],
    );
  });

  it('ends where a trial cannot be saved, with the switch taken down', async (t) => {
    const b = bench(t);
    b.onSave(() => {
      if (b.saved.length === 1) throw new Error('there is no space left');
    });
    await assert.rejects(b.run([ONE, ONE, ONE]), /no space left/);
    assert.equal(b.saved.length, 1);
    assert.deepEqual(story(b), ['up one', 'trial one', 'trial one', 'undone delete-link one2']);
  });
});

describe('a campaign that is to stop', () => {
  it('stops between trials, keeps those it has and takes the switch down', async (t) => {
    const b = bench(t);
    b.onSave(() => b.stop.abort());
    await assert.rejects(b.run([ONE, ONE]), (error) => error === b.stop.signal.reason);
    assert.deepEqual(story(b), ['up one', 'trial one', 'undone delete-link one2']);
    assert.deepEqual(outcomes(b), ['measured']);
  });

  it('runs no trial where that came while a switch was starting', async (t) => {
    const b = bench(t);
    b.onStart(() => b.stop.abort());
    await assert.rejects(b.run([ONE, ONE]), (error) => error === b.stop.signal.reason);
    assert.deepEqual(story(b), ['up one', 'undone delete-link one2']);
    assert.deepEqual(b.saved, []);
  });

  it('does not record as failed a switch whose start that has broken: it is to be run again', async (t) => {
    const b = bench(t);
    b.onStart(() => {
      b.stop.abort();
      throw new HostError('ip link add: ended by a signal');
    });
    await assert.rejects(b.run([ONE]), (error) => error === b.stop.signal.reason);
    assert.deepEqual(b.saved, []);
    assert.deepEqual(story(b), ['up one', 'undone delete-link one2']);
  });

  it('nor a trial', async (t) => {
    const b = bench(t);
    b.onTrial(() => {
      b.stop.abort();
      return { outcome: 'failed', step: 'run', reason: 'a container was ended' };
    });
    await assert.rejects(b.run([ONE]), (error) => error === b.stop.signal.reason);
    assert.deepEqual(b.saved, []);
  });
});

describe('this process', () => {
  const pinned = (b: Bench) => b.host.commands.map((command) => / --pid (\S+) /.exec(command)?.[1]);

  it('keeps off the CPUs that measure', async (t) => {
    const b = bench(t, { cpuCount: 4 });
    await b.run([ONE, ONE]);
    assert.deepEqual(pinned(b), ['0']);
    assert.match(b.host.commands[0] ?? '', new RegExp(`^taskset --all-tasks --cpu-list --pid 0 ${b.host.ownerPid}$`));
  });
  it('runs where it likes where there are too few CPUs for that', async (t) => {
    const b = bench(t, { cpuCount: 2 });
    await b.run([ONE]);
    assert.deepEqual(pinned(b), []);
  });
  it('does so for each trial as that one needs it', async (t) => {
    const b = bench(t, { cpuCount: 4 });
    await b.run([ONE, { ...ONE, pairs: 2 }, ONE]);
    assert.deepEqual(pinned(b), ['0', '0,1,2,3', '0']);
  });
});

describe('a remote case', () => {
  const remote = testCase({ switch: 'poller', location: 'remote', pairs: 2 });

  it('has the switch on both hosts: each with an uplink and its own ends of the pairs', async (t) => {
    const b = bench(t);
    await b.run([remote]);
    assert.deepEqual(outcomes(b), ['measured']);
    const [near, far] = b.starts;
    assert.deepEqual(b.starts.length, 2);
    assert.deepEqual(
      near?.ports,
      [0, 1].map((pair) => ({ pair, end: 'source' })),
    );
    assert.deepEqual(
      far?.ports,
      [0, 1].map((pair) => ({ pair, end: 'sink' })),
    );
    assert.deepEqual([near?.uplink?.interface, far?.uplink?.interface], ['cable', 'cable']);
    assert.deepEqual([near?.directory, far?.directory], ['/run/vswbench/near/switch', '/run/vswbench/far/switch']);
    assert.notDeepEqual(near?.cpus, far?.cpus);
  });

  it('has another switch than a local one', async (t) => {
    const b = bench(t);
    await b.run([remote, { ...remote, location: 'local' }]);
    assert.equal(b.starts.length, 3);
    assert.equal(b.starts[2]?.uplink, null);
  });

  it('fails where a host is lost and does not come back, and the others go on', async (t) => {
    const b = bench(t);
    let asked = 0;
    b.onSides(() => {
      asked += 1;
      if (asked === 1) throw new HostLostError('cannot reach far by ssh');
    });
    await b.run([remote, ONE]);
    const [lost] = b.saved;
    assert.deepEqual(lost?.outcome, { outcome: 'failed', step: 'host lost', reason: 'cannot reach far by ssh' });
    assert.deepEqual(outcomes(b), ['failed', 'measured']);
  });
});

it('keeps none of the trials that have ended: they may be a hundred thousand', async (t) => {
  const b = bench(t);
  const cases: StoredCampaign['cases'] = [ONE, TWO].map((one) => ({ case: one, skipped: null, trials: [] }));
  const precision = { ratio: 0.001, trialsMax: 300 };
  const schedule = new Schedule({ seed: 1, trialsPlanned: 290, reuse: false, precision }, cases);
  const trials: WeakRef<Trial>[] = [];
  b.onFlags((ordinal) => (ordinal % 7 === 0 ? ['disturbed'] : []));
  // What the test itself would keep.
  b.onSave(() => {
    for (const kept of [b.saved, b.told, b.host.events]) kept.length = 0;
  });
  await b.runOrder([ONE, TWO], schedule, (planned, ended) => {
    trials.push(new WeakRef(ended));
    schedule.record(planned, ended);
  });
  assert.ok(trials.length > 580);
  // Whatever this turn has looked at lives until its end.
  await setImmediate();
  collectGarbage();
  const alive = trials.slice(0, -10).filter((trial) => trial.deref() !== undefined);
  assert.equal(alive.length, 0);
});
