// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolder, requireRoot } from './context.ts';

describe('makeFolder', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a folder and those above it, and is content with one that is there', () => {
    const path = join(folder, 'a/b/c');
    makeFolder(path);
    makeFolder(path);
    assert.ok(existsSync(path));
  });
  it('throws the error of the system below a file', () => {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => makeFolder(join(folder, 'file/below')), { code: 'ENOTDIR' });
  });
  it('throws, and does not try forever, where a file system has no room for folders', () => {
    assert.throws(() => makeFolder('/proc/vswbench-none/below'), { code: 'ENOENT' });
  });
});

it('a command that needs root says what for', () => {
  requireRoot('vswbench clean', 'removes containers and interfaces', 0);
  assert.throws(() => requireRoot('vswbench clean', 'removes containers and interfaces', 1000), {
    message: "'vswbench clean' removes containers and interfaces and needs root: run it with sudo",
  });
});
