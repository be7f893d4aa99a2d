// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { archivesDigest, GUEST_FILES, imageDigest, parseUris, recipeDigest, recipeOf } from './recipe.ts';

const FILES = { 'build.sh': 'a', inittab: 'b' };
const ARCHIVE = { file: 'lxc_1%3a5.0.2-1+deb12u3_amd64.deb', bytes: 1 };

describe('a recipe', () => {
  it('is known by its packages and the text of its files, in whatever order they are given', () => {
    const recipe = recipeOf(FILES, ['gcc', 'make']);
    const same = recipeOf({ inittab: 'b', 'build.sh': 'a' }, ['make', 'gcc', 'make', 'lxc']);
    assert.match(recipeDigest(recipe), /^[0-9a-f]{12}$/);
    assert.equal(recipeDigest(same), recipeDigest(recipe));
    for (const other of [recipeOf(FILES, ['gcc']), recipeOf({ ...FILES, inittab: 'c' }, ['gcc', 'make'])]) {
      assert.notEqual(recipeDigest(other), recipeDigest(recipe));
    }
  });
  it('makes another image of another version of a package', () => {
    const recipe = recipeOf(FILES, []);
    const newer = { ...ARCHIVE, file: 'lxc_1%3a5.0.2-1+deb12u4_amd64.deb' };
    assert.notEqual(imageDigest(recipe, [ARCHIVE]), imageDigest(recipe, [newer]));
    assert.notEqual(imageDigest(recipe, [ARCHIVE]), imageDigest(recipeOf(FILES, ['gcc']), [ARCHIVE]));
    assert.notEqual(archivesDigest([ARCHIVE]), archivesDigest([newer]));
    assert.equal(archivesDigest([ARCHIVE, newer]), archivesDigest([newer, ARCHIVE]));
  });
  it('has what vswbench needs on a host that it measures', () => {
    const { packages } = recipeOf({}, []);
    for (const name of [
      'linux-image-amd64',
      'lxc',
      'busybox-static',
      'openvswitch-switch-dpdk',
      'iproute2',
      'procps',
    ]) {
      assert.ok(packages.includes(name), name);
    }
  });
});

describe('apt', () => {
  it('tells files and sizes, and other lines are none of them', () => {
    const text = `'http://deb.debian.org/debian/pool/main/l/lxc/lxc_5.0.2-1%2bdeb12u3_amd64.deb' lxc_1%3a5.0.2-1+deb12u3_amd64.deb 574400 SHA256:0123
'http://deb.debian.org/debian/pool/main/k/kmod/kmod_30%2b20221128-1_amd64.deb' kmod_30+20221128-1_amd64.deb 99064 MD5Sum:89ab
W: something
`;
    assert.deepEqual(parseUris(text), [
      { file: 'lxc_1%3a5.0.2-1+deb12u3_amd64.deb', bytes: 574400 },
      { file: 'kmod_30+20221128-1_amd64.deb', bytes: 99064 },
    ]);
    assert.deepEqual(parseUris(''), []);
  });
});

describe('the files of the guest', () => {
  for (const name of GUEST_FILES) {
    const file = resolve(import.meta.dirname, 'guest', name);
    it(`${name} says whose it is${name.endsWith('.sh') ? ', and is a shell script without a mistake' : ''}`, () => {
      assert.match(readFileSync(file, 'utf8'), /^(#!.*\n)?# SPDX-License-Identifier: Apache-2\.0\n/);
      if (name.endsWith('.sh')) execFileSync('sh', ['-n', file]);
    });
  }
});
