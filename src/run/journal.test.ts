// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost, procStat } from '../../test/fixtures/host.ts';
import type { Undo } from '../host/host.ts';
import { BusyError, openJournal, recover, takeOver } from './journal.ts';

const OURS = 100;
const FILE = '/run/vswbench/journal/100-5000-s1.jsonl';

/** A host on which our process lives; an undo is the command `undo NAME`, of which those in `fails` do not succeed. */
function machine(t: TestContext, fails: Set<string> = new Set()): FakeHost {
  return new FakeHost(t)
    .put({ [`/proc/${OURS}/stat`]: procStat(OURS, { startTicks: 5000 }) })
    .answer(/^stat --dereference --format=%i \/proc\/self\/ns\/net$/, { stdout: '77\n' })
    .answer(/^rmdir --ignore-fail-on-non-empty \/run\/vswbench\/journal \/run\/vswbench$/)
    .answer(/^undo /, (line) => (fails.has(line.slice(5)) ? { exitCode: 1, stderr: 'no' } : {}));
}

function step(name: string): Undo {
  return { kind: 'run', command: ['undo', name] };
}

function undone(host: FakeHost): string[] {
  return host.commands.filter((command) => command.startsWith('undo ')).map((command) => command.slice(5));
}

function complain(line: string): never {
  throw new Error(`nothing to complain of was expected: ${line}`);
}

/** What is left when the owner dies at this moment: its file, on a host where it is no longer alive. */
function afterCrash(t: TestContext, crashed: FakeHost, fails: Set<string> = new Set(), cut = 0): FakeHost {
  const text = crashed.files.get(FILE) ?? '';
  const host = machine(t, fails).put({ [FILE]: text.slice(0, text.length - cut) });
  host.files.delete(`/proc/${OURS}/stat`);
  return host;
}

describe('a journal', () => {
  it('has an undo on record before push resolves, and not only then: before the step', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    const pushed = journal.push(step('a'));
    await pushed;
    assert.match(host.files.get(FILE) ?? '', /"undo","a"/);
  });

  it('refuses the step where the undo cannot be recorded', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    host.broken.set(FILE, 'ENOSPC');
    await assert.rejects(journal.push(step('a')), /ENOSPC/);
  });

  it('undoes in reverse order down to a mark', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    const mark = journal.mark();
    await journal.push(step('b'));
    await journal.push(step('c'));
    assert.deepEqual(await journal.unwindTo(mark), []);
    assert.deepEqual(undone(host), ['c', 'b']);
    assert.deepEqual(await journal.close(), []);
    assert.deepEqual(undone(host), ['c', 'b', 'a']);
  });

  it('does nothing for what has ended already, but after a crash looks again', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    const [before, gone, after] = [step('a'), step('b'), step('c')];
    for (const undo of [before, gone, after]) await journal.push(undo);
    journal.forget(gone);
    const crashed = afterCrash(t, host);
    await recover(crashed);
    assert.deepEqual(undone(crashed), ['c', 'b', 'a']);
    assert.deepEqual(await journal.unwindTo(0), []);
    assert.deepEqual(undone(host), ['c', 'a']);
  });

  it('leaves nothing of itself', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    await journal.close();
    assert.ok(!host.files.has(FILE));
    assert.match(host.commands.at(-1) ?? '', /^rmdir .*\/run\/vswbench\/journal \/run\/vswbench$/);
  });

  it('records steps that are registered at once in the order in which it will undo them', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    // The first record takes longer than those behind it.
    const append = host.append.bind(host);
    let slow = true;
    host.append = async (path, text) => {
      if (slow) {
        slow = false;
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      }
      await append(path, text);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => journal.push(step(name))));
    const crashed = afterCrash(t, host);
    await recover(crashed);
    await journal.close();
    assert.deepEqual(undone(crashed), ['c', 'b', 'a']);
    assert.deepEqual(undone(crashed), undone(host));
  });

  it('tells of an undo that fails, goes on, and tries it again at the end', async (t) => {
    const fails = new Set(['b']);
    const host = machine(t, fails);
    const journal = await openJournal(host, 's1', complain);
    for (const name of ['a', 'b', 'c']) await journal.push(step(name));
    assert.deepEqual(await journal.unwindTo(0), ['cannot undo b: no']);
    assert.deepEqual(undone(host), ['c', 'b', 'a']);
    fails.clear();
    assert.deepEqual(await journal.close(), []);
    assert.deepEqual(undone(host), ['c', 'b', 'a', 'b']);
    assert.ok(!host.files.has(FILE));
  });

  it('undoes after a reboot only what a reboot does not: files', async (t) => {
    const boot = '/proc/sys/kernel/random/boot_id';
    const host = machine(t).put({ [boot]: 'first\n' });
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    await journal.push({ kind: 'remove-path', path: '/run/vswbench/near' });
    const sameBoot = afterCrash(t, host).put({ [boot]: 'first\n' });
    assert.equal((await recover(sameBoot)).undone, 2);
    const nextBoot = afterCrash(t, host).put({ [boot]: 'second\n', '/run/vswbench/near/x': '' });
    assert.deepEqual(await recover(nextBoot), { journals: 1, undone: 1, complaints: [], notices: [] });
    assert.deepEqual(undone(nextBoot), []);
    assert.ok(!nextBoot.files.has('/run/vswbench/near/x') && !nextBoot.files.has(FILE));
  });

  it('goes back all the way where a file was turned twice, also after a crash among its undos', async (t) => {
    const knob = '/proc/sys/knob';
    const host = machine(t).put({ [knob]: '3' });
    const journal = await openJournal(host, 's1', complain);
    await journal.push({ kind: 'turn-back', path: knob, before: '1', turned: ['2'] });
    await journal.push({ kind: 'turn-back', path: knob, before: '2', turned: ['3'] });
    for (const value of ['3', '2', '1']) {
      const next = afterCrash(t, host).put({ [knob]: value });
      assert.deepEqual(await recover(next), { journals: 1, undone: 2, complaints: [], notices: [] });
      assert.equal(next.files.get(knob), '1');
    }
    assert.deepEqual(await journal.close(), []);
    assert.equal(host.files.get(knob), '1');
  });

  it('tells of what was left as it is on purpose, and is gone all the same', async (t) => {
    const host = machine(t).put({ '/proc/sys/knob': '2' });
    const told: string[] = [];
    const journal = await openJournal(host, 's1', (line) => told.push(line));
    await journal.push({ kind: 'turn-back', path: '/proc/sys/knob', before: '1', turned: ['0'] });
    const next = afterCrash(t, host).put({ '/proc/sys/knob': '2' });
    assert.deepEqual(await journal.close(), []);
    assert.equal(told.length, 1);
    const { complaints, notices } = await recover(next);
    assert.deepEqual([complaints, notices], [[], told]);
    assert.ok(!host.files.has(FILE) && !next.files.has(FILE));
  });

  it('keeps a network namespace for as long as an interface of the host’s own is in it', async (t) => {
    let away = true;
    let reason = 'RTNETLINK answers: Invalid argument';
    const host = machine(t)
      .put({ '/run/netns/vswnet9': '' })
      .answer(/^stat .*%i %n /, { stdout: '77 /proc/100/ns/net\n' })
      .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- ip link show dev cable$/, () => ({ exitCode: away ? 0 : 1 }))
      .answer(/^nsenter --net=\/proc\/100\/ns\/net -- ip link show dev cable$/, () => ({ exitCode: away ? 1 : 0 }))
      .answer(/^nsenter --net=\/run\/netns\/vswnet9 -- ip link set dev cable netns /, () => {
        if (reason !== '') return { exitCode: 2, stderr: reason };
        away = false;
        return {};
      })
      .answer(/^nsenter --net=\/proc\/100\/ns\/net -- ip link set dev cable nomaster up$/)
      .answer(/^ip netns delete vswnet9$/, () => {
        host.files.delete('/run/netns/vswnet9');
        return {};
      });
    const journal = await openJournal(host, 's1', complain);
    await journal.push({ kind: 'delete-namespace', name: 'vswnet9' });
    await journal.push({
      ...{ kind: 'return-link', name: 'cable', namespace: '/run/netns/vswnet9', home: '77' },
      ...{ up: true, settings: [] },
    });
    const complaints = await journal.unwindTo(0);
    assert.match(complaints[0] ?? '', /^cannot fetch interface cable back/);
    assert.equal(complaints[1], 'keeps network namespace vswnet9: interface cable is still in it');
    assert.equal((await journal.close()).length, 2);
    assert.ok(!host.commands.includes('ip netns delete vswnet9'));
    // As soon as it can be fetched, what is left goes as well.
    reason = '';
    assert.deepEqual(await journal.close(), []);
    assert.ok(host.commands.includes('ip netns delete vswnet9'));
  });

  it('stays where something could not be undone, for the next run', async (t) => {
    const host = machine(t, new Set(['b']));
    const journal = await openJournal(host, 's1', complain);
    for (const name of ['a', 'b']) await journal.push(step(name));
    assert.deepEqual(await journal.close(), ['cannot undo b: no']);
    const next = afterCrash(t, host);
    assert.deepEqual(await recover(next), { journals: 1, undone: 1, complaints: [], notices: [] });
    assert.deepEqual(undone(next), ['b']);
  });

  it('does not forget an undo that failed in a process that is then killed', async (t) => {
    const host = machine(t, new Set(['b']));
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    const mark = journal.mark();
    await journal.push(step('b'));
    await journal.unwindTo(mark);
    await journal.push(step('c'));
    const next = afterCrash(t, host);
    assert.equal((await recover(next)).undone, 3);
    // What failed stood above what is left: it is tried before that.
    assert.deepEqual(undone(next), ['b', 'c', 'a']);
  });

  it('does not throw while it cleans up on a full disk, but says what is wrong', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    host.broken.set(FILE, 'ENOSPC');
    assert.match((await journal.unwindTo(0)).join(), /ENOSPC/);
    assert.deepEqual(undone(host), ['a']);
    assert.match((await journal.close()).join(), /ENOSPC/);
  });
});

describe('after a crash', () => {
  it('undoes what was not undone yet, the last first', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    for (const name of ['a', 'b']) await journal.push(step(name));
    const mark = journal.mark();
    await journal.push(step('c'));
    await journal.unwindTo(mark);
    await journal.push(step('d'));
    const next = afterCrash(t, host);
    assert.deepEqual(await recover(next), { journals: 1, undone: 3, complaints: [], notices: [] });
    assert.deepEqual(undone(next), ['d', 'b', 'a']);
    assert.ok(!next.files.has(FILE));
    assert.deepEqual(await recover(next), { journals: 0, undone: 0, complaints: [], notices: [] });
  });

  it('passes over a torn last line: its step was never begun', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    for (const name of ['a', 'b']) await journal.push(step(name));
    const next = afterCrash(t, host, new Set(), 5);
    assert.equal((await recover(next)).undone, 1);
    assert.deepEqual(undone(next), ['a']);
  });

  it('keeps what fails also where the last line is torn and the recovery is cut short', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    for (const name of ['a', 'b']) await journal.push(step(name));
    const recovering = afterCrash(t, host, new Set(['a']), 5);
    // Killed between the unwinding and the last attempt.
    let text = '';
    const append = recovering.append.bind(recovering);
    recovering.append = async (path, more) => {
      await append(path, more);
      text = recovering.files.get(FILE) ?? '';
    };
    await recover(recovering);
    const next = machine(t).put({ [FILE]: text });
    next.files.delete(`/proc/${OURS}/stat`);
    assert.deepEqual(await recover(next), { journals: 1, undone: 1, complaints: [], notices: [] });
    assert.deepEqual(undone(next), ['a']);
  });

  it('cleans up by itself before the next run begins', async (t) => {
    const host = machine(t).put({
      '/run/vswbench/journal/7-1.jsonl': `{"entry":"push","undo":{"kind":"run","command":["undo","old"]}}\n`,
    });
    const journal = await openJournal(host, 's1', complain);
    assert.deepEqual(undone(host), ['old']);
    await journal.close();
    assert.deepEqual(undone(host), ['old']);
  });

  it('tells what could not be cleaned up, and goes on', async (t) => {
    const host = machine(t, new Set(['old'])).put({
      '/run/vswbench/journal/7-1.jsonl': `{"entry":"push","undo":{"kind":"run","command":["undo","old"]}}\n`,
    });
    const told: string[] = [];
    await openJournal(host, 's1', (line) => told.push(line));
    assert.deepEqual(told, ['cannot undo old: no']);
    assert.ok(host.files.has('/run/vswbench/journal/7-1.jsonl'));
  });
});

describe('a run that stands still', () => {
  it('is cleaned up behind by another process, though its own is alive, and nothing of others is touched', async (t) => {
    const host = machine(t);
    const journal = await openJournal(host, 's1', complain);
    await journal.push(step('a'));
    await journal.push(step('b'));
    const other = '/run/vswbench/journal/200-1-s2.jsonl';
    const text = `${JSON.stringify({ entry: 'push', undo: step('c') })}\n`;
    host.put({ [other]: text });
    const { journals, undone: count, complaints } = await takeOver(host, 's1');
    assert.deepEqual([journals, count, complaints], [1, 2, []]);
    assert.deepEqual(undone(host), ['b', 'a']);
    assert.ok(!host.files.has(FILE));
    assert.equal(host.files.get(other), text);
  });
});

describe('two at once', () => {
  const theirs = (t: TestContext, stat: string) =>
    machine(t).put({ '/proc/7/stat': stat, '/run/vswbench/journal/7-60.jsonl': '' });

  it('are refused while the first is alive, and nothing of it is touched', async (t) => {
    const host = theirs(t, procStat(7, { startTicks: 60 }));
    await assert.rejects(openJournal(host, 's1', complain), BusyError);
    await assert.rejects(recover(host), /process 7/);
    assert.deepEqual(host.events, []);
  });
  it('are not where the id of the first has been given to another process', async (t) => {
    const host = theirs(t, procStat(7, { startTicks: 61 }));
    await openJournal(host, 's1', complain);
    assert.ok(!host.files.has('/run/vswbench/journal/7-60.jsonl'));
  });
  it('are not where the first was killed and nobody has asked for its exit code', async (t) => {
    const host = theirs(t, procStat(7, { startTicks: 60, state: 'Z' }));
    await openJournal(host, 's1', complain);
    assert.ok(!host.files.has('/run/vswbench/journal/7-60.jsonl'));
  });

  it('are not where the first was of the boot before, and its id and start time have come again', async (t) => {
    const boot = '/proc/sys/kernel/random/boot_id';
    const file = '/run/vswbench/journal/7-60-s0.jsonl';
    const lines = [
      { entry: 'boot', id: 'first' },
      { entry: 'push', undo: step('a') },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const of = (id: string) =>
      machine(t).put({ '/proc/7/stat': procStat(7, { startTicks: 60 }), [file]: text, [boot]: `${id}\n` });
    await assert.rejects(openJournal(of('first'), 's1', complain), BusyError);
    const host = of('second');
    await openJournal(host, 's1', complain);
    assert.ok(!host.files.has(file));
    // What was no file went with the boot.
    assert.deepEqual(undone(host), []);
  });

  it('of two that begin in the same moment the later withdraws, and takes its file with it', async (t) => {
    const host = machine(t);
    const write = host.write.bind(host);
    host.write = async (path, text) => {
      await write(path, text);
      host.put({ '/proc/7/stat': procStat(7, { startTicks: 60 }), '/run/vswbench/journal/7-60.jsonl': '' });
    };
    await assert.rejects(openJournal(host, 's1', complain), BusyError);
    assert.deepEqual(await host.list('/run/vswbench/journal'), ['7-60.jsonl']);
  });

  it('a journal that appears during a recovery is not taken for one of the dead', async (t) => {
    const host = machine(t).put({ '/run/vswbench/journal/3-1.jsonl': '' });
    const read = host.read.bind(host);
    const list = host.list.bind(host);
    let looked = false;
    host.read = async (path) => {
      looked ||= path === '/proc/3/stat';
      return read(path);
    };
    host.list = async (path) => {
      if (looked && !host.files.has('/proc/7/stat')) {
        host.put({ '/proc/7/stat': procStat(7, { startTicks: 60 }), '/run/vswbench/journal/7-60.jsonl': '' });
      }
      return list(path);
    };
    await assert.rejects(openJournal(host, 's1', complain), BusyError);
    assert.ok(host.files.has('/run/vswbench/journal/7-60.jsonl'));
  });

  it('may be at work on two hosts: each has a journal of its own', async (t) => {
    const [one, other] = [machine(t), machine(t)];
    const journals = [await openJournal(one, 's1', complain), await openJournal(other, 's1', complain)];
    await journals[0]?.push(step('a'));
    await journals[1]?.push(step('b'));
    for (const journal of journals) await journal.close();
    assert.deepEqual([undone(one), undone(other)], [['a'], ['b']]);
  });
});
