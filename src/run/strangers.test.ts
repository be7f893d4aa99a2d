// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack } from '../../test/fixtures/host.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { DriversAtWork, faultOf } from './strangers.ts';
import type { Side } from './testbed.ts';
import { Visit } from './visit.ts';

async function visitOf(t: TestContext, id: string): Promise<Visit> {
  const host = new FakeHost(t);
  const driver: SwitchDriver = {
    ...{ id, title: id, ports: ['netdev'], locations: ['local'], threads: 0 },
    probe: () => assert.fail('asked'),
    start: () => assert.fail('started'),
  };
  const side: Side = {
    ...{
      role: 'near',
      host,
      cpus: [],
      uplink: null,
      hostname: 'testbed-1',
      clocksource: null,
      interruptsApart: false,
      uplinkNode: null,
      directory: '/run/v',
    },
    undo: Object.assign(new FakeUndoStack(host), { close: async () => [] }),
    artifacts: { programs: '/p', application: '/a', root: '/r', frameworks: [] },
    containers: { path: '/run/v/containers', ipv6: false, appArmor: false },
  };
  return Visit.begin(side, driver);
}

function errorAt(...files: string[]): Error {
  const error = new TypeError('x');
  error.stack = ['TypeError: x', ...files.map((file) => `    at f (file://${file}:3:7)`)].join('\n');
  return error;
}

const FILES = new Map([['mine', '/home/me/mine.ts']]);
const OURS = '/opt/vswbench/src/run/trial.ts';

describe('a fault outside of all calls', () => {
  const cases: [string, unknown, string[], string][] = [
    ['is the driver’s whose file is on the stack', errorAt('/home/me/mine.ts'), ['mine'], 'at-work'],
    ['is so too where a file of ours is on it', errorAt(OURS, '/home/me/mine.ts'), ['mine'], 'at-work'],
    ['is told of a driver whose visit is over', errorAt('/home/me/mine.ts'), ['ovs'], 'gone'],
    ['is a bug of ours where only our files are on it', errorAt(OURS), ['mine'], 'nobody'],
    ['is the stranger’s at work where it has no stack', 'text', ['mine'], 'at-work'],
    ['is so too where nothing but packages are on it', errorAt('/x/node_modules/y.js'), ['mine'], 'at-work'],
    ['is nobody’s where no stranger is at work', 'text', ['ovs'], 'nobody'],
    [
      'is of a switch of ours whose file is on the stack',
      errorAt('/opt/vswbench/src/switches/ovs.ts'),
      ['ovs'],
      'at-work',
    ],
  ];
  for (const [what, error, ids, whose] of cases) {
    it(what, async (t) => {
      const atWork = new DriversAtWork(FILES);
      const visits = await Promise.all(ids.map((id) => visitOf(t, id)));
      for (const visit of visits) atWork.enter(visit);
      assert.equal(atWork.blame(faultOf(error)).whose, whose);
      assert.deepEqual(
        visits.map(({ trouble }) => trouble.signal.aborted),
        [whose === 'at-work'],
      );
    });
  }

  it('fails the trial, with the driver named', async (t) => {
    const atWork = new DriversAtWork(FILES);
    const visit = await visitOf(t, 'mine');
    atWork.enter(visit);
    atWork.blame(faultOf('text'));
    const { step, message } = visit.trouble.signal.reason;
    assert.deepEqual([step, message], ['run mine', 'fails outside of all calls: text']);
    atWork.leave(visit);
    assert.equal(atWork.blame(faultOf('text')).whose, 'nobody');
  });
});
