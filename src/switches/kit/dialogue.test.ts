// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeProcess } from '../../../test/fixtures/host.ts';
import { HostError } from '../../host/host.ts';
import { Dialogue, type Language } from './dialogue.ts';

/** Numbers, each of which is an answer; a `+` means that more is to come. */
function counting(process: FakeProcess): Language<number> {
  return {
    name: 'counter',
    ask: () => process.send('?'),
    take(line) {
      if (line === 'ready') return 'ready';
      if (line === '+') return null;
      if (!/^\d+$/.test(line)) throw new HostError('no number');
      return Number(line);
    },
  };
}

function begin(): { process: FakeProcess; dialogue: Dialogue<number> } {
  const process = new FakeProcess();
  return { process, dialogue: new Dialogue(process, counting(process)) };
}

const turn = () => new Promise((next) => setImmediate(next));

function refusal(message: RegExp) {
  return (error: unknown) => error instanceof HostError && message.test(error.message);
}

describe('a dialogue with a program', () => {
  it('is ready when the program says so, and answers what it is asked', async () => {
    const { process, dialogue } = begin();
    process.print('ready');
    await dialogue.ready;
    const answer = dialogue.ask();
    await turn();
    process.print('+');
    process.print('7');
    assert.equal(await answer, 7);
    assert.equal(dialogue.ended, null);
  });

  it('asks one question at a time', async () => {
    const { process, dialogue } = begin();
    process.print('ready');
    const answers = [dialogue.ask(), dialogue.ask()];
    await turn();
    assert.deepEqual(process.sent, ['?']);
    process.print('1');
    assert.equal(await answers[0], 1);
    await turn();
    assert.deepEqual(process.sent, ['?', '?']);
    process.print('2');
    assert.equal(await answers[1], 2);
  });

  it('takes nothing for an answer that comes before a question', async () => {
    const { process, dialogue } = begin();
    process.print('ready');
    process.print('1');
    await turn();
    const answer = dialogue.ask();
    await turn();
    process.print('2');
    assert.equal(await answer, 2);
  });

  it('says why the program has ended, to all who wait and all who ask later', async () => {
    const { process, dialogue } = begin();
    const answer = dialogue.ask();
    await turn();
    process.end({ exitCode: 1, stderr: 'hm\nno memory\n' });
    await assert.rejects(answer, refusal(/^counter has ended: no memory$/));
    await assert.rejects(dialogue.ready, refusal(/no memory/));
    await assert.rejects(dialogue.ask(), refusal(/no memory/));
    assert.equal(dialogue.ended, 'counter has ended: no memory');
  });

  it('does not take for the reason what a program said last that a signal has ended', async () => {
    const { process, dialogue } = begin();
    process.end({ exitCode: null, stderr: 'all is well\n' });
    await assert.rejects(dialogue.ready, refusal(/^counter has ended: by a signal$/));
  });

  it('tells what a program has to say of a signal', async () => {
    const process = new FakeProcess();
    const dialogue = new Dialogue(process, { ...counting(process), reason: (stderr) => stderr.trim() });
    process.end({ exitCode: null, stderr: 'no memory: abort\n' });
    await assert.rejects(dialogue.ready, refusal(/^counter has ended: by a signal: no memory: abort$/));
  });

  it('ends with a line that it does not understand, and shows it', async () => {
    const { process, dialogue } = begin();
    const answer = dialogue.ask();
    process.print(`what? ${'x'.repeat(200)}`);
    await assert.rejects(answer, refusal(/not of its protocol: what\? x{54}$/));
  });

  it('waits for an answer, but not for ever, and then believes no more', async (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { process, dialogue } = begin();
    const answer = dialogue.ask();
    await turn();
    t.mock.timers.tick(5_000);
    await assert.rejects(answer, refusal(/^counter does not answer within 5 s$/));
    process.print('1');
    await assert.rejects(dialogue.ask(), refusal(/does not answer/));
  });

  it('does not wait for ever for a program to come up', async (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { dialogue } = begin();
    t.mock.timers.tick(20_000);
    await assert.rejects(dialogue.ready, refusal(/^counter does not come up within 20 s$/));
  });
});
