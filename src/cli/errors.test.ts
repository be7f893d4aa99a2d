// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendOf } from './errors.ts';

test('a refusal of the system has the mend of its cause: nobody is sent to change owners of a full disk', () => {
  assert.match(mendOf('EROFS', 'open'), /read-only/);
  assert.match(mendOf('ENOSPC', 'open'), /no space/);
  assert.match(mendOf('EACCES', 'open'), /owner|sudo/);
  for (const code of ['EROFS', 'ENOSPC', 'ENOTDIR', 'EISDIR', 'ENOENT', 'EIO']) {
    assert.doesNotMatch(mendOf(code, 'open'), /owner|sudo/);
  }
  assert.match(mendOf('ENOENT', 'mkdir'), /no folder can be made there/);
});
