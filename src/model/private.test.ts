// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapTexts, withoutPrivate, withoutUser } from './private.ts';

describe('a text that goes to others', () => {
  for (const [before, after] of [
    ['cannot open /home/ada/lab/x.pcap: ENOENT', 'cannot open ~/lab/x.pcap: ENOENT'],
    ["no '/home/ada': make it", "no '~': make it"],
    ['/root/vsw, /Users/ada/vsw', '~/vsw, ~/vsw'],
    ['root=/dev/vda1 quiet', 'root=/dev/vda1 quiet'],
    ['/rootfs and /homework/x stay', '/rootfs and /homework/x stay'],
    ['console=ttyS0 cloud.token=abc123 quiet', 'console=ttyS0 cloud.token=- quiet'],
    ['API_KEY="a b" x', 'API_KEY=- x'],
    ['mitigations=auto,no_guest_host', 'mitigations=auto,no_guest_host'],
  ] as const) {
    it(`'${before}'`, () => {
      assert.equal(withoutPrivate(before), after);
      assert.equal(withoutPrivate(after), after, 'once is enough');
    });
  }

  it('names a host, and not who logs in', () => {
    assert.equal(withoutUser('ada@lab-1'), 'lab-1');
    assert.equal(withoutUser('ssh://ada@lab-1:22'), 'ssh://lab-1:22');
    for (const same of ['local', 'netns:left', 'lab-1']) assert.equal(withoutUser(same), same);
  });

  it('may be anywhere in a value', () => {
    assert.deepEqual(mapTexts({ a: ['/root/x', 1, null], '/root/y': { b: true } }, withoutPrivate), {
      a: ['~/x', 1, null],
      '~/y': { b: true },
    });
  });
});
