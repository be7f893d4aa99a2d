// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack } from '../../test/fixtures/host.ts';
import type { Undo } from '../host/host.ts';
import { NO_OPTIONS } from '../model/switch-options.ts';
import type { RunningSwitch, SwitchContext, SwitchDriver } from '../switches/driver.ts';
import type { Side } from './testbed.ts';
import { Visit } from './visit.ts';

const GIVEN = {
  ports: [],
  housekeeping: [0],
  portKind: 'netdev',
  uplink: null,
  queues: 1,
  pin: 'auto',
  options: NO_OPTIONS,
  cpus: [],
  node: 0,
  frameBytes: 64,
  hostNetwork: false,
} as const;
const RUNNING: RunningSwitch = {
  ...{ nextPorts: () => [], flags: [], counters: () => null },
  ...{ settled: async () => null, threads: async () => [], health: async () => null },
};

/** A visit of a driver that starts like this. */
async function begin(t: TestContext, start: (context: SwitchContext) => Promise<RunningSwitch>) {
  const host = new FakeHost(t).put({ '/sys/class/net/eth0/ifindex': '2\n', '/run/netns/yours': '' });
  const undo = new FakeUndoStack(host);
  const driver: SwitchDriver = {
    ...{ id: 'mine', title: 'mine', ports: ['netdev'], locations: ['local'], threads: 0, start },
    probe: () => assert.fail('asked'),
  };
  const side: Side = {
    ...{
      role: 'near',
      host,
      cpus: [],
      uplink: null,
      pin: 'auto',
      hostname: 'testbed-1',
      clocksource: null,
      interruptsApart: false,
      uplinkNode: null,
      directory: '/run/v',
    },
    undo: Object.assign(undo, { close: async () => [] }),
    artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] },
    containers: { path: '/run/v/containers', ipv6: false, appArmor: false },
  };
  const stop = new AbortController();
  const visit = await Visit.begin(side, driver);
  return { ...{ host, undo, stop, visit }, start: () => visit.start(GIVEN, stop.signal) };
}

describe('a visit', () => {
  it('gives the driver an empty folder, and the programs', async (t) => {
    const v = await begin(t, async ({ directory, programs }) => {
      assert.deepEqual([directory, programs], ['/run/v/switch', '/p']);
      return RUNNING;
    });
    await v.start();
  });

  it('undoes at its end what the driver pushed, and not what was there before it', async (t) => {
    const v = await begin(t, async ({ undo }) => {
      await undo.push({ kind: 'delete-link', name: 'tap7' });
      await undo.unwindTo(0);
      await undo.push({ kind: 'delete-link', name: 'tap8' });
      return RUNNING;
    });
    await v.start();
    assert.deepEqual(await v.visit.end(), { complaints: [], leftovers: [] });
    assert.deepEqual(v.undo.undos, [{ kind: 'remove-path', path: '/run/v/switch' }]);
    assert.deepEqual(
      v.host.events.filter((event) => event.startsWith('undone')),
      ['undone delete-link tap7', 'undone delete-link tap8'],
    );
  });

  const odd: [string, unknown, RegExp][] = [
    ['what is no undo', { kind: 'delete-everything' }, /is given what is no undo/],
    ['nothing', undefined, /is given what is no undo/],
    [
      'the end of an interface of the host',
      { kind: 'delete-link', name: 'eth0' },
      /would delete eth0, which was there/,
    ],
    ['the end of a namespace of another', { kind: 'delete-namespace', name: 'yours' }, /would delete yours/],
  ];
  for (const [what, undo, reason] of odd) {
    it(`takes no undo that is ${what}`, async (t) => {
      const v = await begin(t, async (context) => {
        await context.undo.push(undo as Undo);
        return RUNNING;
      });
      await assert.rejects(v.start(), (error) => error instanceof Error && reason.test(error.message));
      assert.equal(v.undo.undos.length, 1);
    });
  }

  it('lets a driver that was given up do nothing more: neither a step nor its undo', async (t) => {
    const late = Promise.withResolvers<void>();
    const outcomes: string[] = [];
    const v = await begin(t, async ({ undo, host }) => {
      await late.promise;
      await undo.push({ kind: 'delete-link', name: 'tap7' }).catch(({ message }) => outcomes.push(message));
      await host.run(['ip', 'link', 'add', 'tap7']).catch(({ message }) => outcomes.push(message));
      return RUNNING;
    });
    const started = assert.rejects(v.start(), (error) => error === v.stop.signal.reason);
    v.stop.abort();
    await started;
    await v.visit.end();
    late.resolve();
    while (outcomes.length < 2) await new Promise((turn) => setImmediate(turn));
    assert.deepEqual(outcomes, ['the visit of mine is over', 'the visit of mine is over']);
    assert.equal(v.undo.undos.length, 1);
    assert.deepEqual(v.host.commands, []);
  });
});
