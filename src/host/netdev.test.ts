// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { HostError } from './host.ts';
import { counterDelta, ipBatch, linkNames, parseNetDev, readNetdev, silenceIpv6 } from './netdev.ts';

/** As Linux 6.1 prints it: a number may touch the colon, and columns drift where a number is too wide for its own. */
const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0: 342164010    8476    1    2    3     4          5         6   572408    5545    7    8    9    10      11         12
vsws0sink:18972191957 282152141    0   11    0     0          0         0 43543427  680038    0 2801    0     0       0          0
`;

describe('parseNetDev', () => {
  const table = parseNetDev(NET_DEV);
  it('reads every interface', () => {
    assert.deepEqual([...table.keys()], ['lo', 'eth0', 'vsws0sink']);
  });
  it('takes each figure from its own column', () => {
    assert.deepEqual(table.get('eth0'), {
      rxBytes: 342_164_010n,
      rxPackets: 8476n,
      rxDropped: 2n,
      txBytes: 572_408n,
      txPackets: 5545n,
      txDropped: 8n,
    });
  });
  it('reads a number that touches the colon', () => {
    assert.equal(table.get('vsws0sink')?.rxBytes, 18_972_191_957n);
    assert.equal(table.get('vsws0sink')?.txDropped, 2801n);
  });
  it('reads every digit of what no number holds', () => {
    const busy = parseNetDev('|\n|\n  eth0: 18446744073709551615 9007199254740993 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n').get(
      'eth0',
    );
    assert.equal(busy?.rxBytes, 18_446_744_073_709_551_615n);
    assert.equal(busy?.rxPackets, 9_007_199_254_740_993n);
  });
  it('finds nothing in an empty text', () => {
    assert.equal(parseNetDev('').size, 0);
  });
});

describe('readNetdev', () => {
  it('reads in the namespace of a process', async (t) => {
    const host = new FakeHost(t).put({ '/proc/17/net/dev': NET_DEV });
    assert.equal((await readNetdev(host, 17, 'eth0')).rxPackets, 8476n);
  });
  it('says which interface is not there', async (t) => {
    const host = new FakeHost(t).put({ '/proc/self/net/dev': NET_DEV });
    await assert.rejects(readNetdev(host, 'self', 'eth7'), new HostError('no interface eth7 in /proc/self/net/dev'));
    await assert.rejects(readNetdev(host, 18, 'eth0'), HostError);
  });
});

describe('counterDelta', () => {
  const before = { rxPackets: 1n, rxBytes: 2n ** 60n, rxDropped: 2n, txPackets: 3n, txBytes: 4n, txDropped: 5n };
  it('subtracts each counter, exactly', () => {
    const after = {
      rxPackets: 3n,
      rxBytes: 2n ** 60n + 5n,
      rxDropped: 8n,
      txPackets: 11n,
      txBytes: 14n,
      txDropped: 17n,
    };
    assert.deepEqual(counterDelta(before, after), {
      rxPackets: 2,
      rxBytes: 5,
      rxDropped: 6,
      txPackets: 8,
      txBytes: 10,
      txDropped: 12,
    });
  });
  it('names one that ran backwards', () => {
    assert.throws(
      () => counterDelta(before, { ...before, txPackets: 2n }),
      /^HostError: an interface's txPackets ran backwards, from 3 to 2/,
    );
  });
});

describe('ipBatch', () => {
  it('gives all commands to one process', async (t) => {
    const host = new FakeHost(t).answer(/^ip -batch -$/);
    await ipBatch(host, ['link add a type bridge', 'link set dev a up']);
    assert.equal(host.inputs.get('ip -batch -'), 'link add a type bridge\nlink set dev a up\n');
  });
  it('runs nothing for no command', async (t) => {
    const host = new FakeHost(t);
    await ipBatch(host, []);
    assert.deepEqual(host.commands, []);
  });
  it('names the command that failed and why, which ip says first', async (t) => {
    const stderr = 'RTNETLINK answers: File exists\nCommand failed -:2\n';
    const host = new FakeHost(t).answer(/^ip -batch/, { exitCode: 1, stderr });
    await assert.rejects(
      ipBatch(host, ['link add a type bridge', 'link add b type bridge']),
      new HostError('ip link add b type bridge: RTNETLINK answers: File exists'),
    );
  });
  it('says what it can where ip itself cannot be run', async (t) => {
    const host = new FakeHost(t).answer(/^ip -batch/, { exitCode: null, stderr: 'spawn ip ENOENT' });
    await assert.rejects(ipBatch(host, ['link add a type bridge']), /spawn ip ENOENT/);
  });
});

describe('silenceIpv6', () => {
  const knob = '/proc/sys/net/ipv6/conf/vsws0sink/disable_ipv6';
  it('turns IPv6 off on the interface', async (t) => {
    const host = new FakeHost(t).put({ [knob]: '0\n' });
    await silenceIpv6(host, 'vsws0sink');
    assert.equal(host.files.get(knob), '1');
  });
  it('writes nothing where the kernel has no IPv6', async (t) => {
    const host = new FakeHost(t);
    await silenceIpv6(host, 'vsws0sink');
    assert.deepEqual(host.events, []);
  });
});

it('linkNames reads what ip prints as JSON', async (t) => {
  const stdout = '[{"ifindex":1,"ifname":"lo","operstate":"UNKNOWN"},{"ifindex":2,"ifname":"eth0","operstate":"UP"}]';
  assert.deepEqual(await linkNames(new FakeHost(t).answer(/^ip -json link$/, { stdout })), ['lo', 'eth0']);
});
