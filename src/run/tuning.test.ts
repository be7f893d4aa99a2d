// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import { MANAGED, TUNABLE, TunableHost } from '../../test/fixtures/tunable.ts';
import { knobRegistry } from '../host/knobs/registry.ts';
import type { KnobRecord } from '../model/tuning.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { openJournal, recover } from './journal.ts';
import type { Side } from './testbed.ts';
import { foreseeTuning, measuredCpus, Tuner } from './tuning.ts';

const ALL = knobRegistry.map(({ id }) => id);
const GOVERNOR = '/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor';

function settingsOf(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.trim()]));
}
const FOUND = { ...settingsOf(TUNABLE), latency: 'null' };

/** A machine, CPUs 1 and 2 of which are measured, with a journal of its own. */
async function bench(t: TestContext, { host = new TunableHost(t), knobs = ALL } = {}) {
  const told: string[] = [];
  const undo = await openJournal(host, 's1', (line) => told.push(line));
  const side: Side = {
    ...{ role: 'near', host, undo, cpus: [], uplinkNode: null, directory: '/run/vswbench/near' },
    artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] },
    ...{
      uplink: { interface: 'enp3s0f0', pci: null },
      hostname: 'testbed-1',
      clocksource: null,
      interruptsApart: false,
    },
    containers: { path: '/run/vswbench/near/containers', ipv6: false, appArmor: false },
  };
  const tuner = new Tuner(knobs, { near: [1, 2], far: [] }, false);
  return { host, undo, told, tuner, turn: () => tuner.turn(side), side };
}

function states(records: readonly KnobRecord[] | undefined): Record<string, string> {
  return Object.fromEntries((records ?? []).map(({ knob, state }) => [knob, state]));
}

const recordsOf = async (tuner: Tuner, again = false) => {
  const [near] = again ? await tuner.recheck() : tuner.records();
  return near?.records ?? [];
};

describe('the knobs of a host', () => {
  it('are each applied, read back, and given back', async (t) => {
    const { host, undo, told, tuner, turn } = await bench(t);
    await turn();
    assert.deepEqual(states(await recordsOf(tuner)), Object.fromEntries(ALL.map((id) => [id, 'applied'])));
    const now = host.settings();
    assert.equal(now[GOVERNOR], 'performance');
    // CPU 0 is used by nobody who is measured.
    assert.equal(now[GOVERNOR.replace('cpu1', 'cpu0')], 'powersave');
    assert.equal(now['/proc/irq/40/smp_affinity_list'], '0,3-4,7');
    assert.equal(now['/proc/irq/default_smp_affinity'], '99');
    assert.equal(now['/sys/kernel/mm/transparent_hugepage/enabled'], 'always [madvise] never');
    assert.equal(now.latency, '2');
    assert.deepEqual(await recordsOf(tuner, true), await recordsOf(tuner));
    assert.deepEqual(await undo.close(), []);
    assert.deepEqual([host.settings(), told], [FOUND, []]);
  });

  it('are foreseen as they will be turned, without a touch; of two hosts on one machine once', async (t) => {
    const host = new TunableHost(t);
    const spec = { host: 'local', uplink: 'enp3s0f0' };
    const seen = [
      { role: 'near', host, spec },
      { role: 'far', host, spec },
    ] as const;
    const measured = { near: [1, 2], far: [1] };
    // Interrupts are what several knobs turn, each after the other, and some refuse: that is known only then.
    const knobs = ALL.filter((id) => !['smt', 'irqs', 'workqueues'].includes(id));
    const [foreseen, ...others] = await foreseeTuning(seen, true, knobs, measured);
    assert.deepEqual(host.settings(), FOUND);
    assert.ok(!host.events.some((event) => /^(write|start|append|undo) /.test(event)));
    assert.deepEqual(others, []);
    const { tuner, turn } = await bench(t, { host, knobs });
    await turn();
    const turned = (await recordsOf(tuner)).filter(({ knob }) => knobs.includes(knob));
    const changes = (records: readonly KnobRecord[]) => records.map(({ knob, before, after }) => [knob, before, after]);
    assert.deepEqual(changes(foreseen?.records ?? []), changes(turned));
    assert.equal((await foreseeTuning(seen, false, ['governor'], measured)).length, 2);
  });

  it('are on record before they are turned, and given back after a crash at any step', async (t) => {
    const whole = await bench(t);
    const before = whole.host.events.length;
    await whole.turn();
    const done = whole.host.events.slice(before);
    const steps = done.filter((event) => /^(write|start|append) /.test(event)).length;
    assert.ok(steps > 20);
    for (let step = 1; step <= steps; step += 1) {
      const { host, turn } = await bench(t);
      crashAfter(host, step);
      await assert.rejects(turn(), /crash/);
      revive(host);
      host.files.delete('/proc/100/stat');
      const { complaints, notices } = await recover(host);
      assert.deepEqual([host.settings(), complaints, notices], [FOUND, [], []], `step ${step}`);
    }
  });

  it('tell what the kernel keeps for itself, and are applied in part', async (t) => {
    const { tuner, turn } = await bench(t, { knobs: ['irqs'] });
    await turn();
    const irqs = (await recordsOf(tuner)).find(({ knob }) => knob === 'irqs');
    assert.equal(irqs?.state, 'applied');
    assert.match(irqs?.note ?? '', new RegExp(`^${MANAGED}: EIO$`));
  });

  it('are refused where nothing of them can be written, and that is no failure', async (t) => {
    const host = new TunableHost(t);
    host.broken.set('/proc/sys/kernel/numa_balancing', 'EROFS');
    host.unwilling.add('/proc/sys/kernel/timer_migration');
    const { undo, tuner, turn } = await bench(t, { host });
    await turn();
    const records = await recordsOf(tuner);
    const [numa, timers] = ['numa-balancing', 'timer-migration'].map((id) => records.find(({ knob }) => knob === id));
    assert.deepEqual([numa?.state, numa?.note], ['refused', '/proc/sys/kernel/numa_balancing: EROFS']);
    assert.deepEqual([timers?.state, timers?.before, timers?.after], ['refused', '1', '1']);
    assert.match(timers?.note ?? '', /it reads back '1'/);
    assert.deepEqual(await undo.close(), []);
    assert.deepEqual(host.settings(), FOUND);
  });

  it('stay off where nobody asks for them, with what turning would make of them', async (t) => {
    const { host, tuner, turn } = await bench(t, { knobs: [] });
    const before = host.events.length;
    await turn();
    assert.deepEqual(
      host.events.slice(before).filter((event) => !event.startsWith('run od')),
      [],
    );
    const [governor] = await recordsOf(tuner);
    assert.deepEqual(governor, {
      knob: 'governor',
      state: 'off',
      ...{ before: 'powersave', after: 'performance', note: null },
    });
  });

  it('that somebody else turns meanwhile are lost, left as they are by then, and told', async (t) => {
    const { host, undo, told, tuner, turn } = await bench(t, { knobs: ['governor', 'turbo'] });
    await turn();
    host.files.set(GOVERNOR, 'schedutil\n');
    const [governor, turbo] = await recordsOf(tuner, true);
    assert.deepEqual([governor?.state, turbo?.state], ['lost', 'applied']);
    assert.match(governor?.note ?? '', /did not stay: it was 'schedutil' at the end/);
    assert.deepEqual(await undo.close(), []);
    assert.equal(host.files.get(GOVERNOR), 'schedutil\n');
    assert.match(told.join(), /scaling_governor is 'schedutil' by now, and left so: vswbench found 'powersave' there/);
    assert.equal(host.settings()['/sys/devices/system/cpu/intel_pstate/no_turbo'], '0');
  });

  it('are not turned back by a journal from before a reboot', async (t) => {
    const boot = '/proc/sys/kernel/random/boot_id';
    const host = new TunableHost(t).put({ [boot]: 'first\n' });
    const { turn } = await bench(t, { host });
    await turn();
    host.put({ [boot]: 'second\n' }).files.delete('/proc/100/stat');
    const turned = host.settings();
    const { complaints, notices } = await recover(host);
    assert.deepEqual([host.settings(), complaints, notices], [turned, [], []]);
    assert.deepEqual(await host.list('/run/vswbench/journal'), []);
  });

  it('of siblings are lost where others were at work on them', async (t) => {
    const host = new TunableHost(t);
    const stat = (busy: number, idle: number) => `cpu  0\ncpu5 ${busy} 0 0 ${idle} 0 0 0 0 0 0\n`;
    host.put({ '/proc/stat': stat(0, 0) });
    const { tuner, turn } = await bench(t, { host, knobs: ['smt'] });
    await turn();
    host.put({ '/proc/stat': stat(30, 70) });
    const smt = (await recordsOf(tuner, true)).find(({ knob }) => knob === 'smt');
    assert.equal(smt?.state, 'lost');
    assert.match(smt?.note ?? '', /CPU 5 for 30 % of the time/);
  });

  it('of one machine are turned once', async (t) => {
    const { side } = await bench(t);
    const tuner = new Tuner(ALL, { near: [1, 2], far: [] }, true);
    await tuner.turn({ ...side, role: 'far' });
    assert.deepEqual(tuner.records(), []);
  });
});

/** From its n-th change on the host answers nothing: what would have been done then is not. */
function crashAfter(host: TunableHost, steps: number): void {
  let left = steps;
  const dying =
    <A extends unknown[], R>(real: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      left -= 1;
      // No HostError: nobody may go on as if the step had been refused.
      if (left <= 0) throw new Error('crash');
      return real(...args);
    };
  host.write = dying(host.write.bind(host));
  host.append = dying(host.append.bind(host));
  host.start = dying(host.start.bind(host));
}

function revive(host: TunableHost): void {
  for (const method of ['write', 'append', 'start'] as const) Reflect.deleteProperty(host, method);
}

describe('measuredCpus', () => {
  const drivers = [{ id: 'ovs', threads: 1 } as SwitchDriver];
  const [local, remote] = (['local', 'remote'] as const).map((location) => testCase({ location, switch: 'ovs' }));
  assert.ok(local && remote);
  const hosts = [0, 1].map(() => ({ cpus: plainCpus(6), uplinkNode: null }));
  it('are those of applications and switch, and not the one that is kept for the rest', () => {
    const { near, far } = measuredCpus(hosts.slice(0, 1), false, [local], drivers);
    assert.deepEqual([near.toSorted(), far], [[1, 2, 3], []]);
  });
  it('are each host’s own', () => {
    const { near, far } = measuredCpus(hosts, false, [remote], drivers);
    assert.deepEqual([near.length, far.length], [2, 2]);
  });
  it('are the near host’s where both are one machine', () => {
    const { near, far } = measuredCpus(hosts, true, [remote], drivers);
    assert.deepEqual([near.length, far], [4, []]);
  });
  it('are none without a case', () => {
    assert.deepEqual(measuredCpus(hosts, false, [], drivers), { near: [], far: [] });
  });
});
