// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, FakeUndoStack } from '../../../test/fixtures/host.ts';
import { tellIrqbalance } from './irqbalance.ts';

const SOCKET = '/run/irqbalance/irqbalance7.sock';

/** A host with an irqbalance that takes up what it is told with so many looks; never with Infinity. */
function balanced(t: TestContext, looks: number, banned = '00000000'): FakeHost {
  let told: string | null = null;
  let left = looks;
  return new FakeHost(t).put({ [SOCKET]: '' }).answer(/^timeout 5 perl /, (line) => {
    if (line.includes(' settings cpus ')) told = line;
    if (!line.endsWith(' setup')) return {};
    left -= told === null ? 0 : 1;
    return { stdout: `SLEEP 0 BANNED ${told === null || left > 0 ? banned : '0000000e'}` };
  });
}

const settings = (commands: readonly string[]) =>
  commands.flatMap((line) => / (settings cpus \S+)$/.exec(line)?.[1] ?? []);

describe('irqbalance', () => {
  it('is told beside what it leaves alone already, and is waited for: it takes that up with its next look', async (t) => {
    const host = balanced(t, 3, '00000002');
    const undo = new FakeUndoStack(host);
    assert.equal(await tellIrqbalance(host, undo, [2, 3]), 'irqbalance was told');
    assert.deepEqual(settings(host.commands), ['settings cpus 1-3']);
    const [back] = undo.undos;
    assert.deepEqual(back?.kind === 'run' && settings([back.command.join(' ')]), ['settings cpus 1']);
    assert.ok(
      host.events.findIndex((event) => event.startsWith('undo ')) <
        host.events.findIndex((event) => /settings cpus 1-3$/.test(event)),
    );
  });

  it('that leaves nothing alone is told to do so again afterwards', async (t) => {
    const host = balanced(t, 1);
    const undo = new FakeUndoStack(host);
    await tellIrqbalance(host, undo, [1, 2, 3]);
    const [back] = undo.undos;
    assert.deepEqual(back?.kind === 'run' && settings([back.command.join(' ')]), ['settings cpus NULL']);
  });

  it('that does not answer, or has no socket, is told of as one that may move interrupts back', async (t) => {
    const mute = new FakeHost(t).put({ [SOCKET]: '' }).answer(/^timeout 5 perl /, { exitCode: 124 });
    const hidden = new FakeHost(t).answer(/^grep -lxs irqbalance/, { stdout: '/proc/7/comm\n' });
    for (const host of [mute, hidden]) {
      assert.match((await tellIrqbalance(host, new FakeUndoStack(host), [1])) ?? '', /could not be told/);
    }
  });

  it('that is none is no matter', async (t) => {
    const host = new FakeHost(t).answer(/^grep -lxs irqbalance/, { exitCode: 1 });
    assert.equal(await tellIrqbalance(host, new FakeUndoStack(host), [1]), null);
  });
});
