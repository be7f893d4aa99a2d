// SPDX-License-Identifier: Apache-2.0
// Bad input is refused in one line, with the mend, before anything is touched.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { cannotMeasure, root, suite, traces, Workspace } from './machine.ts';

const REFUSED: { args: string; says: RegExp }[] = [
  { args: 'run -P 40', says: /-P.*40.*60 to 9014 .*without its FCS/ },
  { args: 'run -P 9999', says: /-P.*9999.*60 to 9014/ },
  { args: 'run -R 0', says: /-R.*0.*max/ },
  { args: 'run -R -1', says: /-R.*-1/ },
  { args: 'run -B 0', says: /-B.*0.*1 to 1024/ },
  { args: 'run -B 100000', says: /-B.*100000.*1 to 1024/ },
  { args: 'run -S 1vs2', says: /-S.*1vs2.*NvsN/ },
  { args: 'run -V nosuch', says: /nosuch.*linux-bridge/ },
  { args: 'run --io nosuch', says: /nosuch.*udp-mmsg/ },
  { args: 'run --duration 0', says: /duration.*'0'/ },
  { args: 'run --trials 0', says: /trials.*0/ },
  { args: 'run --touch some', says: /touch.*some.*full, none/ },
  { args: 'run /nonexistent.yaml', says: /\/nonexistent\.yaml.*ENOENT/ },
  { args: 'run --resume nosuch', says: /nothing has been measured yet/ },
  { args: 'run --nosuch', says: /unknown option '--nosuch'/ },
  { args: 'nosuch', says: /unknown command 'nosuch'/ },
];

suite('bad input', cannotMeasure, () => {
  let workspace: Workspace;
  before(() => {
    workspace = new Workspace();
  });
  after(() => workspace.end());

  for (const { args, says } of REFUSED) {
    it(`refuses: ${args}`, async () => {
      const before = traces();
      const ended = await workspace.run(args.split(' '));
      assert.equal(ended.code, 2, ended.stderr);
      const lines = ended.stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('(add --help'));
      assert.equal(lines.length, 1, ended.stderr);
      assert.match(lines[0] ?? '', says);
      assert.equal(ended.stdout, '');
      assert.deepEqual(traces(), before);
    });
  }

  it('refuses an unknown key and a broken YAML file', async () => {
    const file = join(workspace.results, 'campaign.yaml');
    for (const { text, says } of [
      { text: 'packetsize: 64\n', says: /unknown key 'packetsize'.*packetSize/ },
      { text: 'packetSize: [64\n', says: /not YAML/ },
      { text: 'packetSize: {a: 1}\n', says: /packetSize/ },
      { text: '- 64\n', says: /not of the right form/ },
    ]) {
      writeFileSync(file, text);
      const ended = await workspace.run(['run', file]);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, says);
      assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr);
    }
    assert.deepEqual(readdirSync(workspace.results), ['campaign.yaml']);
  });

  it('skips the pairs that a switch cannot serve, and says how many it can', async () => {
    const { code, stdout, stderr } = await workspace.run(['run', '--dry-run', '-V', 'basicfwd', '-S', '17vs17']);
    assert.equal(code, 3, stderr);
    assert.match(stdout, /basicfwd serves at most 16 pairs, not 17; give -S 16vs16 or less/);
  });

  it('says in one line that it needs root', (test) => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    if (spawnSync('setpriv', [...nobody, 'test', '-r', join(root, 'src/cli/main.ts')]).status !== 0) {
      test.skip('the checkout cannot be read by another user');
      return;
    }
    accessSync(join(root, 'bin/vswbench'), constants.X_OK);
    const ended = spawnSync('setpriv', [...nobody, join(root, 'bin/vswbench'), 'run'], { encoding: 'utf8' });
    assert.equal(ended.status, 2, ended.stderr);
    assert.match(ended.stderr, /needs root.*sudo/);
    assert.equal(ended.stderr.trim().split('\n').length, 1);
  });
});
