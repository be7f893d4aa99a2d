// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendOf } from './errors.ts';

test('a refusal of the system has the mend of its cause: nobody is sent to change owners of a full disk', () => {
  assert.match(mendOf('EROFS'), /read-only/);
  assert.match(mendOf('ENOSPC'), /no space/);
  assert.match(mendOf('EACCES'), /owner|sudo/);
  for (const code of ['EROFS', 'ENOSPC', 'ENOTDIR', 'EISDIR', 'ENOENT', 'EIO']) {
    assert.doesNotMatch(mendOf(code), /owner|sudo/);
  }
});
