// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostPair, hostRecord, seededRandom } from '../../test/fixtures/campaign.ts';
import {
  farHostOf,
  HostNameSchema,
  HostSpecSchema,
  InterfaceSchema,
  lineRatePps,
  nearOf,
  PciAddressSchema,
  TestbedNameSchema,
  TestbedSpecSchema,
  TestbedsSchema,
  testbedError,
  testbedsOf,
} from './testbed.ts';

/** What a shell, ssh(1), ip(8) or a log would take for something else than a name. */
const HOSTILE: readonly string[] = [
  '',
  ' ',
  'a b',
  ' a',
  'a ',
  "a'b",
  'a"b',
  'a;b',
  'a; rm -rf /',
  'a&b',
  'a|b',
  'a>b',
  'a$b',
  '$(reboot)',
  'a$(reboot)',
  '`reboot`',
  'a`b',
  'a\\b',
  'a\nb',
  'a\n',
  '\na',
  'a\rb',
  'a\tb',
  'a\0b',
  'a\0',
  '\u001b[31m',
  'a\u2028b',
  '-a',
  '-oProxyCommand=reboot',
  '--',
  'a@-oProxyCommand=reboot',
  '-l@a',
  'a@b@c',
  'a@',
  '@a',
  'ssh://',
  'ssh://-oProxyCommand=reboot',
  'ssh://a/b',
  'a/b',
  '../a',
  'a*',
  'a?',
  '{a,b}',
  '~',
  '!a',
  '#a',
  'a%h',
  'a=b',
  // To ssh(1) this is a name with a colon in it; a port needs ssh://.
  'user@lab:22',
  'ssh://lab:0',
  'ssh://lab:99999999',
  '[::1]',
  '::1-',
  'ä',
  'a'.repeat(100_000),
];

const VALID_HOSTS: readonly string[] = [
  'local',
  'netns:vswbench-near',
  'lab',
  'lab.example.org',
  'user@lab',
  '_svc@lab',
  'user.name@10.0.0.1',
  'ssh://user@lab:2222',
  'user@fe80::1',
  'user@fe80::1%eth0.5',
  'ssh://user@[fe80::1]:22',
  'ssh://lab',
  'a'.repeat(253),
];

describe('hosts', () => {
  it('are named as ssh(1) does', () => {
    for (const host of VALID_HOSTS) assert.ok(HostNameSchema.safeParse(host).success, host);
  });
  it('are refused whose names could be taken for something else', () => {
    for (const text of HOSTILE) {
      assert.equal(HostNameSchema.safeParse(text).success, false, JSON.stringify(text));
      assert.equal(HostNameSchema.safeParse(`netns:${text}`).success, /^a+$/.test(text) && text.length < 65, text);
    }
  });
  it('have no other configuration than an absolute path', () => {
    const accepts = (sshConfig: string) => HostSpecSchema.safeParse({ host: 'a', sshConfig }).success;
    assert.ok(accepts('/home/user/my config'));
    for (const path of ['', 'config', '-F', 'none', '/a\nb', '/a\0', `/${'a'.repeat(5000)}`]) {
      assert.equal(accepts(path), false, path);
    }
  });
});

describe('interfaces', () => {
  it('are named as the kernel allows, and not as an option', () => {
    for (const name of ['eth0', 'enp3s0f0np0', 'vlan.100', 'br-lab', 'veth_1']) assert.ok(InterfaceSchema.parse(name));
    for (const text of [...HOSTILE, 'a'.repeat(16), '.', '..', 'a:b', 'a@b']) {
      assert.equal(InterfaceSchema.safeParse(text).success, false, JSON.stringify(text));
    }
  });
  it('have addresses as lspci -D writes them', () => {
    assert.ok(PciAddressSchema.parse('0000:03:00.0'));
    // Behind VMD a domain has five digits; sysfs, which is asked, has lower-case letters only.
    assert.equal(PciAddressSchema.parse('10000:E1:00.0'), '10000:e1:00.0');
    for (const text of [...HOSTILE, '03:00.0', '0000:03:00.8', '0000:03:00.0 ', '0000:03:00.0\n', 'virtio0']) {
      assert.equal(PciAddressSchema.safeParse(text).success, false, JSON.stringify(text));
    }
  });
});

it('whatever is accepted holds no character that a shell or an option begins with', () => {
  const random = seededRandom(20261125);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const letters = [...'abcXYZ019._-@:[]/ \t\n\0\'"`$(){}<>|&;*?!#~%=\\,^+äß\u2028\u{1f600}'];
  const seeds = [...HOSTILE.filter(({ length }) => length < 100), ...VALID_HOSTS, 'eth0', '0000:03:00.0'];
  let accepted = 0;
  for (let round = 0; round < 50_000; round += 1) {
    const text = [...(pick(seeds) ?? '')];
    for (let change = Math.floor(random() * 4); change > 0; change -= 1) {
      const at = Math.floor(random() * (text.length + 1));
      text.splice(at, Math.floor(random() * 2), pick(letters) ?? '');
    }
    const value = text.join('');
    for (const schema of [HostNameSchema, InterfaceSchema, PciAddressSchema, TestbedNameSchema]) {
      if (!schema.safeParse(value).success) continue;
      accepted += 1;
      assert.match(value, /^[\w:][\w.:@%[\]/-]*$/, JSON.stringify(value));
      assert.ok(value.length <= 300);
      assert.doesNotMatch(value, /@-|\/-|\.\.\//, JSON.stringify(value));
    }
    if (InterfaceSchema.safeParse(value).success) assert.ok(Buffer.byteLength(value) <= 15, value);
  }
  assert.ok(accepted > 1000, `${accepted} of the fuzzed values were valid: too few to say anything`);
});

describe('testbeds', () => {
  const two = { near: { host: 'a', uplink: 'eth0' }, far: { host: 'b', uplink: 'eth0' } };
  it('have one host, or two with a cable between them', () => {
    assert.ok(TestbedSpecSchema.parse({ near: { host: 'local' } }));
    assert.ok(TestbedSpecSchema.parse(two));
    for (const bad of [
      { ...two, near: { host: 'a' } },
      { ...two, far: { host: 'b' } },
      { ...two, far: { ...two.far, host: 'a' } },
      { far: two.far },
      { ...two, middle: two.near },
    ]) {
      assert.equal(TestbedSpecSchema.safeParse(bad).success, false, JSON.stringify(bad));
    }
  });
  it('are told of in one short line where something is wrong', () => {
    for (const text of HOSTILE) {
      const content = { lab: { ...two, far: { host: text, uplink: text, pci: text } }, [text]: two };
      const result = TestbedsSchema.safeParse(content);
      assert.ok(!result.success);
      const error = testbedError(result.error, content, ['testbeds']);
      assert.match(error, /^testbeds\./);
      assert.doesNotMatch(error, /\p{Cc}/u);
      assert.ok(error.length < 300, error);
    }
  });
});

it('a line carries frames with preamble, FCS and gap', () => {
  assert.equal(Math.round(lineRatePps(10e9, 60)), 14_880_952);
  assert.equal(Math.round(lineRatePps(1e9, 1514)), 81_274);
});

it('a campaign has a near host for each of its testbeds', () => {
  const campaign = { hosts: [hostRecord(), ...hostPair('lab')] };
  assert.deepEqual(testbedsOf(campaign), ['local', 'lab']);
  assert.equal(nearOf(campaign).hostname, 'testbed-1');
  assert.equal(nearOf(campaign, 'lab').hostname, 'lab-near');
  assert.equal(farHostOf(campaign, 'lab')?.inventory.hostname, 'lab-far');
  assert.equal(farHostOf(campaign, 'local'), null);
  assert.throws(() => nearOf(campaign, 'nosuch'), RangeError);
});
