// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeProcess, switchContext } from '../../../test/fixtures/host.ts';
import { HostError } from '../../host/host.ts';
import { type Program, SingleUse } from './single-use.ts';

const PORTS = [
  { pair: 0, end: 'source' },
  { pair: 0, end: 'sink' },
] as const;
const FOLDER = '/run/vswbench/switch';

const program: Program<number> = {
  command: (sockets) => ['bridge', ...sockets],
  language: (process) => ({
    name: 'bridge',
    ask: () => process.send('?'),
    take: (line) => (line === 'ready' ? 'ready' : Number(line)),
  }),
};

/** A host on which every program that is started comes up, unless it is to end at once. */
async function up(t: TestContext, comesUp: (started: number) => boolean = () => true) {
  const processes: FakeProcess[] = [];
  const host = new FakeHost(t)
    .answer(/^mkdir --mode=700 /)
    .answer(/^grep .*VSWBENCH_MARK/, { exitCode: 1 })
    .answer(/^test -S /, { exitCode: 0 })
    .onStart(/ bridge /, () => {
      const process = new FakeProcess(100 + processes.length);
      processes.push(process);
      if (comesUp(processes.length)) process.print('ready');
      else process.end({ exitCode: 1, stderr: 'no memory\n' });
      return process;
    });
  const context = switchContext(host, { ports: PORTS, portKind: 'vhost-user' });
  return { host, processes, bridge: await SingleUse.start(context, program) };
}

describe('a switch of one program a trial', () => {
  it('is started once to see that it comes up, with its mark on record before', async (t) => {
    const { host, bridge } = await up(t);
    assert.deepEqual(bridge.pids(), [100]);
    const [mark, start] = ['undo kill-marked', 'start env'].map((what) =>
      host.events.findIndex((event) => event.startsWith(what)),
    );
    assert.ok((mark ?? -1) >= 0 && (mark ?? 0) < (start ?? 0), host.events.join('\n'));
    assert.deepEqual(
      host.commands.filter((command) => command.startsWith('mkdir')),
      [`mkdir --mode=700 ${FOLDER}/port0`, `mkdir --mode=700 ${FOLDER}/port1`],
    );
  });

  it('has sockets of other names for each trial, each in a folder that no other container sees', async (t) => {
    const { bridge } = await up(t);
    const [first, second] = [bridge.nextPorts(), bridge.nextPorts()];
    assert.deepEqual(
      first.map(({ directory }) => directory),
      [`${FOLDER}/port0`, `${FOLDER}/port1`],
    );
    assert.match(first[0]?.device ?? '', /path=\/run\/vswbench\/socket-1,server=1/);
    assert.match(second[0]?.device ?? '', /path=\/run\/vswbench\/socket-2,server=1/);
  });

  it('is replaced when the applications have made their sockets, and nobody hears of the end of the one before', async (t) => {
    const { host, processes, bridge } = await up(t);
    bridge.nextPorts();
    const connected = bridge.connect(AbortSignal.timeout(10_000));
    processes[0]?.end({ exitCode: null });
    await connected;
    assert.deepEqual(bridge.pids(), [101]);
    assert.equal(bridge.ended(), null);
    const started = host.events.filter((event) => event.startsWith('start')).at(-1);
    assert.match(started ?? '', / bridge \S+\/port0\/socket-1 \S+\/port1\/socket-1$/);
    const answer = bridge.ask();
    await new Promise((turn) => setImmediate(turn));
    processes[1]?.print('5');
    assert.equal(await answer, 5);
  });

  it('tells when the present one ends by itself', async (t) => {
    const { processes, bridge } = await up(t);
    processes[0]?.end({ exitCode: 3 });
    await assert.rejects(bridge.ask(), /bridge has ended: exit code 3/);
    assert.equal(bridge.ended(), 'bridge has ended: exit code 3');
  });

  it('does not connect where no application makes a socket, and stops when it is told to', async (t) => {
    const { host, bridge } = await up(t);
    host.answer(/^test -S /, { exitCode: 1 });
    const stop = new AbortController();
    const connected = bridge.connect(stop.signal);
    stop.abort(new Error('the user has had enough'));
    await assert.rejects(connected, { name: 'AbortError' });
    assert.deepEqual(bridge.pids(), [100]);
  });

  it('refuses to start where the program does not come up', async (t) => {
    await assert.rejects(
      up(t, () => false),
      (error: unknown) => error instanceof HostError && error.message === 'bridge has ended: no memory',
    );
  });
});
