// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import type { Undo } from './host.ts';
import { returnLink } from './return-link.ts';

const OURS = '02:00:00:00:00:01';
const OTHER = '02:00:00:00:00:02';
const HOME = '/proc/100/ns/net';
const AWAY = '/run/netns/vswnet9';

type Network = Map<string, string>;

/** Two networks, each with its interfaces by name, and their MAC addresses. */
function machine(t: TestContext, home: Record<string, string>, away: Record<string, string>) {
  const networks: Record<string, Network> = {
    [HOME]: new Map(Object.entries(home)),
    [AWAY]: new Map(Object.entries(away)),
  };
  const exists = { exitCode: 2, stderr: 'RTNETLINK answers: File exists' };
  const host = new FakeHost(t)
    .answer(/^stat /, { stdout: `77 ${HOME}\n` })
    .answer(/^nsenter --net=(\S+) -- ip (-json )?link (show|set)/, (line) => {
      const [, at = '', rest = ''] = /^nsenter --net=(\S+) -- ip (?:-json )?link (.*)$/.exec(line) ?? [];
      const network = networks[at] ?? new Map<string, string>();
      if (rest === 'show') {
        return { stdout: JSON.stringify([...network].map(([ifname, address]) => ({ ifname, address }))) };
      }
      const [verb, , name = '', ...more] = rest.split(' ');
      const mac = network.get(name);
      if (mac === undefined) return { exitCode: 1, stderr: `Device "${name}" does not exist.` };
      if (verb === 'show') return {};
      const to = more[0] === 'netns' ? networks[more[1] ?? ''] : network;
      const as = more.includes('name') ? (more.at(-1) ?? '') : name;
      if (to === undefined || (to === network && as === name)) return {};
      if (to.has(as)) return exists;
      network.delete(name);
      to.set(as, mac);
      return {};
    })
    .answer(/^nsenter --net=\S+ -- sh -c /);
  return { host, networks, linksAt: (at: string) => Object.fromEntries(networks[at] ?? []) };
}

const UNDO: Extract<Undo, { kind: 'return-link' }> = {
  ...{ kind: 'return-link', name: 'cable', namespace: AWAY, home: '77', mac: OURS, up: true, mtu: 1600 },
  settings: [{ path: '/proc/sys/net/ipv4/conf/cable/arp_ignore', value: '2' }],
};

const settings = (host: FakeHost) => host.commands.filter((line) => / (sh -c|nomaster) /.test(line));

describe('an interface of the host’s own', () => {
  it('comes back under its name', async (t) => {
    const { host, linksAt } = machine(t, {}, { cable: OURS });
    assert.equal(await returnLink(host, UNDO), null);
    assert.deepEqual([linksAt(HOME), linksAt(AWAY)], [{ cable: OURS }, {}]);
  });

  it('comes back under another where that is taken, with its settings, and nothing is done to whose the name is', async (t) => {
    const { host, linksAt } = machine(t, { cable: OTHER }, { cable: OURS });
    const told =
      "interface cable is back as cable-vswbench, for another one has its name by now: rename that one, and run 'vswbench clean'";
    assert.equal(await returnLink(host, UNDO), told);
    assert.deepEqual([linksAt(HOME), linksAt(AWAY)], [{ cable: OTHER, 'cable-vswbench': OURS }, {}]);
    const done = settings(host);
    assert.match(done[0] ?? '', / \/proc\/sys\/net\/ipv4\/conf\/cable-vswbench\/arp_ignore 2$/);
    assert.match(done[1] ?? '', / ip link set dev cable-vswbench nomaster mtu 1600 up$/);
    // As often as it is tried again.
    assert.equal(await returnLink(host, UNDO), told);
    assert.ok(settings(host).every((line) => line.includes('cable-vswbench')));
  });

  it('has its name again as soon as that is free', async (t) => {
    const { host, networks, linksAt } = machine(t, { cable: OTHER }, { cable: OURS });
    await returnLink(host, UNDO);
    networks[HOME]?.delete('cable');
    assert.equal(await returnLink(host, UNDO), null);
    assert.deepEqual(linksAt(HOME), { cable: OURS });
    assert.match(settings(host).at(-1) ?? '', / ip link set dev cable nomaster mtu 1600 up$/);
  });

  it('takes the first name that is free, of no more bytes than the kernel takes', async (t) => {
    const name = 'enp130s0f0np0v1';
    const home = { [name]: OTHER, 'enp130-vswbench': OTHER };
    const { host, linksAt } = machine(t, home, { [name]: OURS });
    assert.match((await returnLink(host, { ...UNDO, name })) ?? '', /is back as enp13-vswbench1,/);
    assert.deepEqual(linksAt(HOME), { ...home, 'enp13-vswbench1': OURS });
  });

  it('that came home by itself is known by its address: another one with its name is left as it is', async (t) => {
    const { host } = machine(t, { cable: OTHER }, {});
    assert.equal(await returnLink(host, UNDO), null);
    assert.deepEqual(settings(host), []);
    const fallen = machine(t, { cable: OTHER, dev3: OURS, 'cable.7': OURS }, {});
    assert.match((await returnLink(fallen.host, UNDO)) ?? '', /is back as dev3,/);
    const freed = machine(t, { dev3: OURS }, {});
    assert.equal(await returnLink(freed.host, UNDO), null);
    assert.deepEqual(freed.linksAt(HOME), { cable: OURS });
  });

  it('that cannot be fetched is told with the reason', async (t) => {
    const { host } = machine(t, {}, { cable: OURS });
    host.answer(/^nsenter --net=\/run\/netns\/vswnet9 -- ip link set dev cable netns /, {
      exitCode: 2,
      stderr: 'RTNETLINK answers: Invalid argument',
    });
    assert.equal(
      await returnLink(host, UNDO),
      'cannot fetch interface cable back from /run/netns/vswnet9: RTNETLINK answers: Invalid argument',
    );
  });
});
