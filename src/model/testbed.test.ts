// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { hostPair, hostRecord, seededRandom } from '../../test/fixtures/campaign.ts';
import { HostNameSchema, InterfaceSchema, PciAddressSchema } from './host-names.ts';
import {
  farHostOf,
  HostSpecSchema,
  lineRatePps,
  nearOf,
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
  'ssh://lab:65536',
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
  'LAB.Example.ORG.',
  '::ffff:10.0.0.1',
  'ssh://user@[fe80::1]:22',
  'ssh://lab',
  'ssh://lab:1',
  'ssh://lab:9999',
  'ssh://lab:59999',
  'ssh://lab:65535',
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

const INVALID_INTERFACES = ['a'.repeat(128), '.', '..', 'a:b', 'a@b', 'eth%d', 'a#b', '日本'];

describe('interfaces', () => {
  it('are named as the kernel allows, by any of their names, and not as an option', () => {
    const valid = [
      'eth0',
      'enp3s0f0np0',
      'vlan.100',
      'br-lab',
      'veth_1',
      '007',
      'enx0123456789abcdef'.padEnd(127, 'a'),
    ];
    for (const name of valid) assert.ok(InterfaceSchema.parse(name));
    for (const text of [...HOSTILE.filter(({ length }) => length < 100_000), ...INVALID_INTERFACES]) {
      assert.equal(InterfaceSchema.safeParse(text).success, false, JSON.stringify(text));
    }
  });
  it('have addresses as lspci writes them, with or without the domain', () => {
    const READ: [string, string][] = [
      ['0000:03:00.0', '0000:03:00.0'],
      ['03:00.0', '0000:03:00.0'],
      ['3B:1F.7', '0000:3b:1f.7'],
      ['pci@0000:03:00.0', '0000:03:00.0'],
      // Behind VMD a domain has five digits; sysfs, which is asked, has lower-case letters only.
      ['10000:E1:00.0', '10000:e1:00.0'],
    ];
    for (const [text, address] of READ) assert.equal(PciAddressSchema.parse(text), address);
    const refused = ['03:00', '0000:03:00.8', '0000:03:20.0', '0000:03:00.0 ', '0000:03:00.0\n', 'virtio0', '3:0.0'];
    for (const text of [...HOSTILE, ...refused]) {
      assert.equal(PciAddressSchema.safeParse(text).success, false, JSON.stringify(text));
    }
  });
});

describe('what is like a name and is none is refused with what it may have been meant to be', () => {
  const REFUSED: [z.ZodType, string, RegExp][] = [
    [
      HostNameSchema,
      'root@lab:2222',
      /^is to ssh\(1\) a name with a ':' in it: give ssh:\/\/root@lab:2222 for port 2222$/,
    ],
    [HostNameSchema, '[2001:db8::1]', /^has brackets, which ssh\(1\) takes in ssh:\/\/ alone: give 2001:db8::1$/],
    [HostNameSchema, 'root@[::1]:22', /: give root@::1, or ssh:\/\/root@\[::1\]:22$/],
    [HostNameSchema, '[fe80::1%eth0]', /takes without brackets alone: give fe80::1%eth0$/],
    [HostNameSchema, 'ssh://a@[fe80::1%eth0]:22', /: give a@fe80::1%eth0, and the port in ssh\(1\)'s configuration$/],
    [HostNameSchema, 'Local', /^may be this machine, which is 'local', or one that ssh\(1\) knows by this name/],
    [HostNameSchema, 'a b', /^is not a host: give 'local', /],
    [
      InterfaceSchema,
      'eth0.100@eth0',
      /^is what ip\(8\) writes of eth0\.100, whose other end is eth0: give eth0\.100$/,
    ],
    [InterfaceSchema, 'eth0:1', /label of addresses, or what ip\(8\) writes, of eth0: give eth0$/],
    [InterfaceSchema, 'eth0:', /give eth0$/],
    [InterfaceSchema, '-x', /^is not the name of an interface .*; an interface of another name can be renamed/],
    [PciAddressSchema, '0000:03:00', /^is a PCI device and not one of its functions: give 0000:03:00\.0$/],
    [PciAddressSchema, 'eth0', /^is not a PCI address, such as 0000:03:00\.0$/],
  ];
  for (const [schema, text, message] of REFUSED) {
    it(JSON.stringify(text), () => {
      const { error } = schema.safeParse(text);
      assert.match(error?.issues[0]?.message ?? '', message);
    });
  }
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
    if (InterfaceSchema.safeParse(value).success) assert.ok(Buffer.byteLength(value) <= 127, value);
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
  it('have names of digits in quotes, as YAML reads a number otherwise', () => {
    const errorOf = (uplink: unknown) => {
      const content = { lab: { near: { host: 'a', uplink } } };
      const result = TestbedsSchema.safeParse(content);
      return result.success ? null : testbedError(result.error, content);
    };
    assert.equal(errorOf('007'), null);
    assert.equal(errorOf(7), "lab.near.uplink: '7' is not of type string: put it in quotes");
    assert.equal(errorOf(['eth0']), `lab.near.uplink: '["eth0"]' is not of type string`);
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
