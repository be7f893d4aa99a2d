// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, switchContext } from '../../test/fixtures/host.ts';
import type { NetdevPort, PortCounters, RunningSwitch, SwitchDriver } from '../switches/driver.ts';
import { TrialFailure } from './failure.ts';
import { startGuarded } from './guard.ts';
import type { HostState } from './leftovers.ts';

const ENDS = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
] as const;
const NOTHING: HostState = { links: new Set(), namespaces: new Set(), processes: new Set(), mounts: new Set() };

function counters(inPackets: unknown = 5): PortCounters[] {
  // What a driver in plain JavaScript may answer.
  return ENDS.map((port) => ({ ...port, inPackets: inPackets as number, outPackets: 5, drops: [] }));
}

const PORTS = ENDS.map((port): NetdevPort => ({ ...port, kind: 'netdev', interface: `my${port.end}` }));

/** A switch that behaves, but for these parts, behind the guard. */
async function guarded(
  t: TestContext,
  part: Partial<RunningSwitch>,
  before: HostState = NOTHING,
  links = PORTS,
  made: (running: RunningSwitch) => RunningSwitch = (running) => running,
  own: Partial<SwitchDriver> = {},
) {
  const host = new FakeHost(t).answer(/^ip -json address$/, {
    stdout: JSON.stringify(links.map((port) => ({ ifname: port.interface, addr_info: [] }))),
  });
  const running: RunningSwitch = {
    nextPorts: () => PORTS,
    flags: [],
    counters: async () => counters(),
    settled: async () => null,
    threads: async () => [1],
    health: async () => null,
    ...part,
  };
  const trouble = new AbortController();
  const context = switchContext(host, { ports: ENDS });
  const guard = { owner: { host, before, directory: context.directory }, signals: [trouble.signal] };
  const driver: SwitchDriver = {
    ...{ id: 'mine', title: 'mine', ports: ['netdev'], locations: ['local'], threads: 0 },
    probe: async () => ({ available: true, version: '1' }),
    start: async () => made(running),
    ...own,
  };
  return { switched: await startGuarded(driver, context, { ...guard, trouble: trouble.signal }), trouble, host };
}

/** Of another type than drivers in TypeScript can answer. */
function odd<T>(value: unknown): T {
  return value as T;
}

function fails(step: string, reason: RegExp | string) {
  return (error: unknown) =>
    error instanceof TrialFailure &&
    error.step === step &&
    (typeof reason === 'string' ? error.message === reason : reason.test(error.message));
}

describe('a guarded switch', () => {
  it('answers as its driver does, where that behaves', async (t) => {
    const { switched } = await guarded(t, { observe: async () => async () => ({ busyRatio: 0.5 }) });
    assert.deepEqual(await switched.nextPorts(), PORTS);
    assert.deepEqual(await switched.counters(), counters());
    assert.equal(await switched.settled([]), null);
    assert.deepEqual(await switched.threads(), [1]);
    assert.equal(await switched.health(), null);
    assert.deepEqual(await (await switched.observe?.())?.(), { busyRatio: 0.5 });
  });

  it('is asked for its ports each time, which are looked at once while they are the same', async (t) => {
    const list = PORTS.map((port) => ({ ...port }));
    const { switched, host } = await guarded(t, { nextPorts: () => list });
    await switched.nextPorts();
    const looks = host.commands.length;
    await switched.nextPorts();
    assert.equal(host.commands.length, looks);
    // Also where the driver has changed its own list.
    Object.assign(list[0] ?? {}, { interface: 'eth0' });
    await assert.rejects(async () => switched.nextPorts(), fails('nextPorts() of mine', 'interface eth0 is not there'));
    await assert.rejects(async () => switched.nextPorts(), fails('nextPorts() of mine', 'interface eth0 is not there'));
  });

  it('may have no counters', async (t) => {
    assert.equal(await (await guarded(t, { counters: () => null })).switched.counters(), null);
  });

  for (const value of [Number.NaN, -1, 1.5, '5', null, undefined, Number.POSITIVE_INFINITY, -1n, 2 ** 53, {}]) {
    it(`does not take ${typeof value} ${String(value)} for a counter`, async (t) => {
      const { switched } = await guarded(t, { counters: async () => counters(odd(value === undefined ? {} : value)) });
      const reason = /^answers what no driver may: \[0\]\.inPackets: expected a whole number/;
      await assert.rejects(async () => switched.counters(), fails('counters() of mine', reason));
    });
  }

  it('takes a bigint of any size', async (t) => {
    const { switched } = await guarded(t, { counters: async () => counters(2n ** 60n) });
    assert.equal((await switched.counters())?.[0]?.inPackets, 2n ** 60n);
  });

  it('has a counter of each port, once', async (t) => {
    for (const [list, reason] of [
      [counters().slice(0, 1), 'has no port for the sink of pair 0'],
      [[...counters(), ...counters()], 'has a port for the source of pair 0, which is one too many'],
      [[...counters(), { ...counters()[0], pair: 3 }], 'has a port for the source of pair 3, which is one too many'],
    ] as const) {
      const { switched } = await guarded(t, { counters: async () => odd(list) });
      await assert.rejects(async () => switched.counters(), fails('counters() of mine', reason));
    }
  });

  it('fails where a counter runs backwards within a trial, and not where the next one begins anew', async (t) => {
    const values = [7, 9, 6, 3];
    const { switched } = await guarded(t, { counters: async () => counters(values.shift()) });
    await switched.counters();
    await switched.counters();
    const reason = /source's port of pair 0 counted as received ran backwards, from 7 to 6/;
    await assert.rejects(async () => switched.counters(), fails('counters() of mine', reason));
    await switched.nextPorts();
    await switched.counters();
  });

  it('looks at the uplink in the same way', async (t) => {
    const values = [7, 6, Number.NaN];
    const { switched } = await guarded(t, {
      uplinkCounters: async () => ({ inPackets: values.shift() ?? 0, outPackets: 0, drops: [] }),
    });
    await switched.uplinkCounters?.();
    const step = 'uplinkCounters() of mine';
    await assert.rejects(async () => switched.uplinkCounters?.(), fails(step, /ran backwards, from 7 to 6/));
    await assert.rejects(async () => switched.uplinkCounters?.(), fails(step, /inPackets: expected a whole number/));
  });

  const answers: [string, Partial<RunningSwitch>, (one: Awaited<ReturnType<typeof guarded>>['switched']) => unknown][] =
    [
      ['settled', { settled: async () => odd(false) }, (one) => one.settled([])],
      ['settled', { settled: async () => '' }, (one) => one.settled([])],
      ['health', { health: async () => odd(undefined) }, (one) => one.health()],
      ['threads', { threads: async () => [1, -3] }, (one) => one.threads()],
      ['threads', { threads: async () => odd(['1']) }, (one) => one.threads()],
      ['threads', { threads: async () => odd(null) }, (one) => one.threads()],
      ['observe', { observe: async () => odd(7) }, (one) => one.observe?.()],
      ['nextPorts', { nextPorts: () => odd(null) }, (one) => one.nextPorts()],
      ['nextPorts', { nextPorts: () => odd([{ ...PORTS[0], kind: 'wire' }, PORTS[1]]) }, (one) => one.nextPorts()],
    ];
  for (const [call, part, ask] of answers) {
    it(`takes no odd answer of ${call}()`, async (t) => {
      const { switched } = await guarded(t, part);
      await assert.rejects(async () => ask(switched), fails(`${call}() of mine`, /^answers what no driver may: /));
    });
  }

  it('takes no figure that is no number', async (t) => {
    for (const value of [Number.NaN, 'x', Number.POSITIVE_INFINITY]) {
      const { switched } = await guarded(t, { observe: async () => async () => ({ busyRatio: odd<number>(value) }) });
      const end = await switched.observe?.();
      await assert.rejects(async () => end?.(), fails('the end of observe() of mine', /busyRatio/));
    }
  });

  it('is not started where a method is missing, or a flag unknown', async (t) => {
    const missing = fails('start mine', 'answers what no driver may: health: expected a function');
    await assert.rejects(guarded(t, { health: odd(undefined) }), missing);
    await assert.rejects(guarded(t, { flags: odd(['fast']) }), fails('start mine', /flags\[0\]/));
    await assert.rejects(
      guarded(t, odd(null)).then(() => guarded(t, { counters: odd(1) })),
      fails('start mine', /counters/),
    );
  });

  it('is read once: what its driver changes later, or makes up as it is looked at, is its own failure at most', async (t) => {
    const flags: RunningSwitch['flags'] = ['shared-cpu'];
    let reads = 0;
    const part = {
      get flags() {
        reads += 1;
        return reads === 1 ? flags : odd<RunningSwitch['flags']>(null);
      },
    };
    // A spread would read the getter.
    const { switched } = await guarded(t, {}, NOTHING, PORTS, (running) =>
      Object.defineProperties(running, Object.getOwnPropertyDescriptors(part)),
    );
    flags.push('unlike-cpus');
    assert.deepEqual(switched.flags, ['shared-cpu']);
    const list = counters();
    const answering = await guarded(t, { counters: async () => list });
    const first = await answering.switched.counters();
    Object.assign(list[0] ?? {}, { inPackets: odd('changed') });
    assert.deepEqual(first, counters());
  });

  it('fails with the call’s name where a getter of it, or of an answer, throws', async (t) => {
    const thrower = { get: () => assert.fail('looked at') };
    const broken = (running: RunningSwitch) => Object.defineProperty(running, 'health', thrower);
    await assert.rejects(guarded(t, {}, NOTHING, PORTS, broken), fails('start mine', /looked at/));
    const answer = Object.defineProperty({ ...counters()[0] }, 'inPackets', thrower);
    const { switched } = await guarded(t, { counters: async () => odd([answer, counters()[1]]) });
    await assert.rejects(async () => switched.counters(), fails('counters() of mine', /looked at/));
  });

  it('is called as what it is: its methods have what they are of', async (t) => {
    class Mine {
      readonly #ids = [5];
      readonly threads = this.tell;
      tell(): Promise<number[]> {
        return Promise.resolve(this.#ids);
      }
    }
    const { switched } = await guarded(t, {}, NOTHING, PORTS, ({ threads: _, ...others }) => {
      return Object.assign(new Mine(), others);
    });
    assert.deepEqual(await switched.threads(), [5]);
  });

  it('ends every call when its driver fails outside of all calls', async (t) => {
    const { switched, trouble } = await guarded(t, { settled: () => new Promise(() => undefined) });
    const failed = assert.rejects(switched.settled([]), fails('outside of a call of mine', 'late'));
    trouble.abort(new TrialFailure('outside of a call of mine', 'late'));
    await failed;
  });

  it('gives ports of the kind that was asked for, each once', async (t) => {
    const step = 'nextPorts() of mine';
    const one = { pair: 0, end: 'source', kind: 'memif', directory: '/run/vswbench/switch', device: 'x' } as const;
    const [, sink] = PORTS;
    assert.ok(sink);
    for (const [ports, reason] of [
      [[one, sink], 'gives a port of kind memif, not netdev'],
      [[sink], 'has no port for the source of pair 0'],
    ] as const) {
      const { switched } = await guarded(t, { nextPorts: () => [...ports] });
      await assert.rejects(async () => switched.nextPorts(), fails(step, reason));
    }
  });

  it('gives no interface that was there before', async (t) => {
    const { switched } = await guarded(t, {}, { ...NOTHING, links: new Set(['lo', 'mysink']) });
    const reason = 'interface mysink was there before the switch was started: give one of your own';
    await assert.rejects(async () => switched.nextPorts(), fails('nextPorts() of mine', reason));
  });
});

describe('ports that come and go', () => {
  const [SOURCE = assert.fail()] = PORTS;
  const hotplugged = (t: TestContext, port: unknown, part: Partial<RunningSwitch> = {}) =>
    guarded(t, { hotplug: { unplug: async () => undefined, plug: async () => odd<NetdevPort>(port) }, ...part });

  it('are the ones that were asked for, and the driver’s own', async (t) => {
    const { switched } = await hotplugged(t, SOURCE);
    assert.deepEqual(await switched.hotplug?.plug(SOURCE), SOURCE);
    for (const [port, reason] of [
      [{ ...SOURCE, end: 'sink' }, /no port for the source of pair 0/],
      [{ ...SOURCE, kind: 'vhost-user', directory: '/x', device: 'y' }, /a port of kind vhost-user, not netdev/],
      [{ ...SOURCE, interface: 'two words' }, /interface: expected text/],
    ] as const) {
      const { switched: other } = await hotplugged(t, port);
      await assert.rejects(async () => other.hotplug?.plug(SOURCE), fails('plug() of mine', reason));
    }
    const stranger = new Set(['mysource']);
    const { switched: thief } = await guarded(
      t,
      { hotplug: { unplug: async () => undefined, plug: async () => SOURCE } },
      { ...NOTHING, links: stranger },
    );
    await assert.rejects(async () => thief.hotplug?.plug(SOURCE), fails('plug() of mine', /./));
  });

  it('count from 0 when they have come', async (t) => {
    let reading = 5;
    const { switched } = await hotplugged(t, SOURCE, { counters: async () => counters(reading) });
    await switched.nextPorts();
    await switched.counters();
    reading = 3;
    await assert.rejects(async () => switched.counters(), fails('counters() of mine', /./));
    const { switched: anew } = await guarded(t, {
      hotplug: { unplug: async () => undefined, plug: async () => SOURCE },
      counters: async () => counters(5).map((one) => (one.end === 'source' ? { ...one, inPackets: reading } : one)),
    });
    reading = 5;
    await anew.nextPorts();
    await anew.counters();
    await anew.hotplug?.plug(SOURCE);
    reading = 0;
    await anew.counters();
  });

  it('are said to come and go by no driver that cannot do it', async (t) => {
    await assert.rejects(
      guarded(t, {}, NOTHING, PORTS, undefined, { hotplug: 'port' }),
      fails('start mine', /has no hotplug/),
    );
  });
});
