// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { accountOf, invokerOf } from './invoker.ts';

it('who called sudo is known where we are root by that', () => {
  assert.deepEqual(invokerOf({ SUDO_UID: '1000', SUDO_GID: '100' }, 0), { uid: 1000, gid: 100 });
  // A user who has such variables from wherever is still that user.
  assert.equal(invokerOf({ SUDO_UID: '1000', SUDO_GID: '100' }, 1000), null);
  for (const environment of [
    {},
    { SUDO_UID: '1000' },
    { SUDO_UID: '', SUDO_GID: '' },
    { SUDO_UID: '-1', SUDO_GID: '0x1' },
  ]) {
    assert.equal(invokerOf(environment, 0), null, JSON.stringify(environment));
  }
});

it('a user has a name and a home, or is not known', () => {
  assert.deepEqual(accountOf(0), { name: 'root', home: '/root' });
  assert.equal(accountOf(3_999_999_999), null);
});
