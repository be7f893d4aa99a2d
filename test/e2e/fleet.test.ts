// SPDX-License-Identifier: Apache-2.0
// A lab of one testbed for real: what is submitted is measured in containers by a worker.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../postgres.ts';
import { cannotMeasure, outcomesOf, suite, suiteWorkspace } from './machine.ts';

const PASSWORD = 'c0rrect-h0rse';
const CAMPAIGN = `
title: Two rounds
switch: linux-bridge
io: raw-mmsg
rate: 1k
warmup: 50ms
duration: 200ms
trials: 2
repeat: none
`;

/** Processes of this machine in whose command the password is. */
function commandsThatTell(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(PASSWORD);
      } catch {
        return false;
      }
    });
}

suite('a lab of one testbed', cannotMeasure || NO_POSTGRES, () => {
  const { workspace, assertNothingLeft } = suiteWorkspace();
  let server: TestPostgres;
  let lab: Record<string, string>;

  before(async () => {
    server = await startPostgres();
    const location = await server.fresh();
    await server.requirePassword('keeper', PASSWORD, 't1');
    const configuration = join(workspace.results, 'config');
    mkdirSync(join(configuration, 'vswbench'), { recursive: true });
    writeFileSync(join(configuration, 'vswbench/testbeds.yaml'), 'testbeds: { lab-1: { near: { host: local } } }\n');
    writeFileSync(join(workspace.results, 'campaign.yaml'), CAMPAIGN);
    lab = {
      VSWBENCH_STORE: location.replace('user=postgres', `user=keeper&password=${PASSWORD}`),
      XDG_CONFIG_HOME: configuration,
    };
  });
  after(() => server?.stop());

  it('measures what is submitted, round by round, and tells nobody the password', {
    timeout: 300_000,
  }, async () => {
    const said: string[] = [];
    const ask = async (...args: string[]) => {
      const ended = await workspace.run(args, lab);
      assert.equal(ended.code, 0, ended.stderr);
      said.push(ended.stdout, ended.stderr);
      return ended.stdout;
    };
    await ask('submit', join(workspace.results, 'campaign.yaml'));

    const worker = workspace.start(['worker', '--testbed', 'lab-1', '--once', '--no-canary'], lab);
    await worker.sees(/lab-1: takes round 2 of 'Two rounds'/);
    assert.deepEqual(commandsThatTell(), []);
    const served = await worker.ended;
    assert.equal(served.code, 0, served.stderr);
    said.push(served.stderr);
    const [, id = ''] = /submission 1 is done: vswbench show (\S+)/.exec(served.stderr) ?? [];
    assert.match(await ask('fleet'), /lab-1 +idle +good/);
    assert.deepEqual(outcomesOf(await ask('show', '--json', id)), ['measured', 'measured']);
    for (const text of said) assert.ok(!text.includes(PASSWORD), text);
    assertNothingLeft();
  });

  it('gives back what its worker has in hand when it is stopped; a second one with its folder is refused', {
    timeout: 300_000,
  }, async () => {
    const file = join(workspace.results, 'long.yaml');
    writeFileSync(file, CAMPAIGN.replace('trials: 2', 'trials: 500'));
    assert.equal((await workspace.run(['submit', file], lab)).code, 0);
    const serve = ['worker', '--testbed', 'lab-1', '--no-canary'];
    const worker = workspace.start(serve, lab);
    // For two minutes, as nobody else could take of it.
    await worker.sees(/lab-1: takes rounds 2 to .* submission 2\)/);
    const second = await workspace.run(serve, lab);
    assert.equal(second.code, 3, second.stderr);
    assert.match(
      second.stderr,
      /vswbench: another worker is at work with .*: give this one a results folder of its own/,
    );
    assert.match((await workspace.run(['queue'], lab)).stdout, / 2 .*\/500 {2}on lab-1\n/);
    worker.child.kill('SIGINT');
    const stopped = await worker.ended;
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.match(stopped.stderr, /Stopping: giving back what is in hand .*\nvswbench: stopped; [^\n]*$/s);
    assert.match((await workspace.run(['queue'], lab)).stdout, / 2 .*\/500 {2}waiting\n/);
    assert.equal((await workspace.run(['cancel', '2'], lab)).code, 0);
    assertNothingLeft();
  });
});
