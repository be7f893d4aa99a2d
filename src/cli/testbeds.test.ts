// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TestbedSpec } from '../model/testbed.ts';
import { CliError } from './errors.ts';
import { findTestbed, testbedFiles } from './testbeds.ts';

const folder = mkdtempSync(join(tmpdir(), 'vswbench-testbeds-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const absent = join(folder, 'absent.yaml');
const here: TestbedSpec = { near: { host: 'local', uplink: 'eth1' }, far: { host: 'lab@far', uplink: 'eth1' } };
const lab = file(
  'lab.yaml',
  'testbeds:\n  lab:\n    near: { host: a, uplink: eth0 }\n    far: { host: b, uplink: eth0, pci: "0000:03:00.0" }\n',
);
const user = file(
  'user.yaml',
  'testbeds: { lab: { near: { host: c } }, other: { near: { host: "ssh://user@[fe80::1]:22" } } }',
);

/** The message of the CliError that it ends with; always one line. */
function refused(name: string, files: readonly string[], testbedSpecs: Record<string, TestbedSpec> = {}): string {
  try {
    findTestbed(name, { testbedSpecs }, files);
  } catch (error) {
    assert.ok(error instanceof CliError);
    assert.doesNotMatch(error.message, /\n/);
    return error.message.replaceAll(folder, '');
  }
  return assert.fail('was found');
}

test('two testbeds are built in', () => {
  assert.deepEqual(findTestbed('local', { testbedSpecs: {} }, [absent]).spec, { near: { host: 'local' } });
  assert.deepEqual(findTestbed('netns', { testbedSpecs: {} }, [absent]), {
    name: 'netns',
    spec: {
      near: { host: 'netns:vswbench-near', uplink: 'cable' },
      far: { host: 'netns:vswbench-far', uplink: 'cable' },
    },
  });
});

test('the campaign file comes before the files, and one file before the next', () => {
  const hostOf = (name: string, testbedSpecs: Record<string, TestbedSpec>, files: string[]) =>
    findTestbed(name, { testbedSpecs }, files).spec.near.host;
  assert.equal(hostOf('lab', { lab: here }, [lab, user]), 'local');
  assert.equal(hostOf('lab', {}, [lab, user]), 'a');
  assert.equal(hostOf('lab', {}, [user, lab]), 'c');
  assert.equal(hostOf('other', {}, [absent, lab, user]), 'ssh://user@[fe80::1]:22');
  assert.equal(hostOf('netns', { netns: here }, []), 'local');
});

test('a file that is not needed may be broken', () => {
  const broken = file('broken.yaml', 'lab: [');
  assert.equal(findTestbed('local', { testbedSpecs: {} }, [broken]).name, 'local');
  assert.equal(findTestbed('lab', { testbedSpecs: {} }, [lab, broken]).spec.near.host, 'a');
});

test('an unknown name is told with those that are known', () => {
  assert.equal(
    refused('lba', [lab, user], { mine: here }),
    "testbed (--testbed): 'lba' is not known; known are lab, local, mine, netns, other; define it in /user.yaml (docs/testbeds.md)",
  );
  assert.match(
    refused('constructor', [absent]),
    /^testbed \(--testbed\): 'constructor' is not known; known are local, netns;/,
  );
});

test('a bad file is told with its name, the field and the value', () => {
  const bad: [string, RegExp][] = [
    ['lab: 1', /^\/bad\.yaml: testbeds\.lab: '1' is not of type object$/],
    ['lab: {}', /^\/bad\.yaml: testbeds\.lab\.near: is missing$/],
    [
      'lab: { near: { host: "a; rm -rf /" } }',
      /^\/bad\.yaml: testbeds\.lab\.near\.host: 'a; rm -rf \/' is not a host: give 'local',/,
    ],
    ['lab: { near: { host: a, port: 3 } }', /^\/bad\.yaml: testbeds\.lab\.near: unknown key 'port'$/],
    [
      'lab: { near: { host: a, uplink: "eth0\\nx" } }',
      /^\/bad\.yaml: testbeds\.lab\.near\.uplink: 'eth0 x' is not the name of an/,
    ],
    [
      'lab: { near: { host: a }, far: { host: b } }',
      /^\/bad\.yaml: testbeds\.lab: with two hosts each needs an uplink/,
    ],
    [
      'lab: { near: { host: a, uplink: x }, far: { host: a, uplink: y } }',
      /^\/bad\.yaml: testbeds\.lab: near and far are the same host$/,
    ],
    ['LAB: { near: { host: a } }', /^\/bad\.yaml: testbeds\.LAB: 'LAB' is not a name of a testbed/],
    ['local: { near: { host: a } }', /^\/bad\.yaml: testbeds\.local: 'local' is this machine and cannot be another$/],
  ];
  for (const [text, expected] of bad) {
    assert.match(refused('lab', [file('bad.yaml', `testbeds: { ${text} }`)]), expected);
  }
  const whole: [string, RegExp][] = [
    ['lab: [', /^\/bad\.yaml is not YAML: /],
    ['', /^\/bad\.yaml: testbeds: is missing$/],
    ['- a', /^\/bad\.yaml: the file: '\["a"\]' is not of type object$/],
    ['lab: { near: { host: a } }', /^\/bad\.yaml: testbeds: is missing$/],
    ['testbeds: {}\nlab: {}', /^\/bad\.yaml: the file: unknown key 'lab'$/],
  ];
  for (const [text, expected] of whole) assert.match(refused('lab', [file('bad.yaml', text)]), expected);
  assert.match(refused('lab', [folder]), /^cannot read the testbed file : EISDIR; it is a folder; name a file$/);
});

test('the lab comes before the user', () => {
  assert.match(testbedFiles().join(' '), /^\/run\/vswbench-lab\/testbed\.yaml \/.*\/vswbench\/testbeds\.yaml$/);
});
