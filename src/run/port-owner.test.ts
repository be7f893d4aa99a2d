// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import type { Port } from '../switches/driver.ts';
import { strangePort } from './port-owner.ts';

const DIRECTORY = '/run/vswbench/near/switch';
const HOST_NAMESPACE = '4026531840';

function ask(t: TestContext, ...ports: Port[]): Promise<string | null> {
  const links = [
    { ifname: 'eth0', addr_info: [{ local: '10.0.0.7', scope: 'global' }] },
    { ifname: 'own0', addr_info: [{ local: 'fe80::1', scope: 'link' }] },
    { ifname: 'docker1', addr_info: [{ local: '172.17.0.1', scope: 'global' }] },
  ];
  const host = new FakeHost(t)
    .answer(/^ip -json address$/, { stdout: JSON.stringify(links) })
    .answer(/^nsenter .* ip -json address$/, { stdout: '[{"ifname":"vswc0source","addr_info":[]}]' })
    // The second folder is a link to elsewhere.
    .answer(/^realpath /, (command) => ({
      stdout: command
        .split(' ')
        .slice(2)
        .map((path) => path.replace('escaped', '../../../../etc'))
        .map((path) => new URL(`file://${path}`).pathname)
        .join('\n'),
    }))
    .answer(/^stat /, (command) => ({
      stdout: `${HOST_NAMESPACE}\n${command.includes('/proc/1/') ? HOST_NAMESPACE : '4026532000'}`,
    }))
    .put({ '/sys/bus/pci/devices/0000:01:00.0/net/eth0/ifindex': '2\n' });
  const before = {
    links: new Set(['lo', 'eth0']),
    namespaces: new Set(['blue']),
    processes: new Set(''),
    mounts: new Set(''),
  };
  return strangePort({ host, before, directory: DIRECTORY }, ports);
}

const source = { pair: 0, end: 'source' } as const;
const sink = { pair: 0, end: 'sink' } as const;
const netdev = (name: string) => ({ ...source, kind: 'netdev', interface: name }) as const;
const within = (name: string, namespace: string) => ({ ...netdev(name), namespace });
const socket = (directory: string) =>
  ({ ...source, kind: 'vhost-user', directory, device: 'net_virtio_user0' }) as const;
const vf = (device: string, ...devices: string[]) => ({ ...sink, kind: 'vf', device, devices }) as const;
const netmap = (namespace: string, device = 'netmap:x') => ({ ...sink, kind: 'netmap', namespace, device }) as const;
const tap = (namespace: string) => ({ ...sink, kind: 'tap', namespace, device: 'vsws0sink' }) as const;

describe('strangePort', () => {
  it('is content with what is the driver’s own', async (t) => {
    const own = [
      netdev('own0'),
      within('vswc0source', '/run/netns/vswnet1'),
      socket(DIRECTORY),
      socket(`${DIRECTORY}/port0`),
      netmap('/proc/77/ns/net'),
      tap('/proc/77/ns/net'),
      netmap('/proc/1/ns/net', 'netmap:valevsw:source0'),
    ];
    for (const port of [...own, vf('0000:02:10.0', '/dev/vfio/vfio', '/dev/vfio/12')]) {
      assert.equal(await ask(t, port), null);
    }
  });

  const strange: [string, Port[], RegExp][] = [
    ['an interface of the host', [netdev('eth0')], /^interface eth0 was there before the switch was started/],
    ['one that somebody has given an address meanwhile', [netdev('docker1')], /docker1 has the address 172\.17\.0\.1/],
    ['one that is not there', [netdev('own1')], /^interface own1 is not there$/],
    ['one twice', [netdev('own0'), { ...netdev('own0'), ...sink }], /^interface own0 is given twice$/],
    ['one that is not in its namespace', [within('own0', '/run/netns/vswnet1')], /^interface own0 is not there$/],
    [
      'one in a namespace of the host',
      [within('vswc0source', '/run/netns/blue')],
      /^network namespace .* was there before/,
    ],
    ['one in the host’s own network by its path', [within('eth0', '/proc/1/ns/net')], /is the host's own/],
    ['a folder of the host', [socket('/etc')], /^folder \/etc is not in context\.directory$/],
    ['a folder whose name begins alike', [socket(`${DIRECTORY}2`)], /not in context\.directory$/],
    ['a link that leads out', [socket(`${DIRECTORY}/escaped`)], /not in context\.directory$/],
    ['a disk', [vf('0000:02:10.0', '/dev/sda')], /^\/dev\/sda is no device/],
    ['a card of the host', [vf('0000:01:00.0', '/dev/vfio/1')], /^0000:01:00\.0 is eth0 of the host$/],
    ['the namespace of the host', [netmap('/proc/1/ns/net')], /is the host's own/],
    ['an interface that is called like a switch', [netmap('/proc/1/ns/net', 'netmap:vale0')], /is the host's own/],
    ['a switch in a namespace of the host', [netmap('/run/netns/blue', 'netmap:valevsw:source0')], /was there before/],
    ['a TAP device of the host', [tap('/proc/1/ns/net')], /is the host's own/],
  ];
  for (const [what, ports, reason] of strange) {
    it(`refuses ${what}`, async (t) => assert.match((await ask(t, ...ports)) ?? '', reason));
  }
});
