// SPDX-License-Identifier: Apache-2.0
// What else of a host can be in the way of a packet or a container: filters, programs on its network cards, managers that take
// interfaces, security modules. Nothing is changed, and what cannot be read is left out or said.
import type { Foreign } from '../model/inventory.ts';
import { readBridgedRules } from './firewall.ts';
import { type Host, lastLine } from './host.ts';
import { programsOn } from './interface-programs.ts';

/** Everything of it that is known, one entry a fact; also of these interfaces, which are uplinks of a testbed. */
export async function foreignOf(host: Host, uplinks: readonly string[] = []): Promise<Foreign[]> {
  const found = await Promise.all([
    filters(host, uplinks),
    interfaces(host, uplinks),
    managers(host),
    appArmor(host),
    seLinux(host),
  ]);
  return found.flat();
}

/** So many rules are named; a container engine has hundreds. */
const NAMED_RULES = 3;

async function filters(host: Host, uplinks: readonly string[]): Promise<Foreign[]> {
  const { rules, unreadable } = await readBridgedRules(host, uplinks);
  const seesIp = (await host.read('/proc/sys/net/bridge/bridge-nf-call-iptables'))?.trim() === '1';
  const lift = seesIp ? ', or sysctl -w net.bridge.bridge-nf-call-iptables=0 (Docker sets it and relies on it)' : '';
  const subject = 'bridge filter';
  // Without it, switches of the kernel are in a network of ours, where nobody has rules.
  const when = 'with --host-network';
  const unknown: Foreign[] = unreadable.map((what) => ({
    subject,
    text: `${when}, bridged packets may meet rules that cannot be told: ${what}`,
    mend: null,
  }));
  if (rules.length === 0) {
    const slower: Foreign = {
      subject,
      text: `${when}, bridged packets pass the filters of IP, which slows linux-bridge; results say so`,
      mend: 'sysctl -w net.bridge.bridge-nf-call-iptables=0 (Docker sets it and relies on it)',
    };
    return [...(seesIp ? [slower] : []), ...unknown];
  }
  const dropping = rules.filter(({ drops }) => drops);
  const first = (dropping.length > 0 ? dropping : rules).slice(0, NAMED_RULES);
  const named = first.map(({ where, text }) => `${where}: ${text}`).join('; ');
  const may = dropping.length === 0 ? 'none of which drops any' : `${dropping.length} of which may drop them`;
  const text = `${when}, bridged packets meet ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, ${may} (${named}${rules.length > first.length ? '; …' : ''})`;
  return [{ subject, text, mend: `delete those that are in the way${lift}` }, ...unknown];
}

/** Programs and queues on network cards, any of which may be somebody's uplink, and on the uplinks that are known. */
async function interfaces(host: Host, uplinks: readonly string[]): Promise<Foreign[]> {
  const names = await host.list('/sys/class/net');
  const isCard = await Promise.all(
    names.map(async (name) => (await host.read(`/sys/class/net/${name}/device/uevent`)) !== null),
  );
  const looked = names.filter((name, index) => isCard[index] || uplinks.includes(name));
  const found = [...(await programsOn(host, looked))];
  return found.flatMap(([name, { xdp, filters, queues }]) => {
    const subject = uplinks.includes(name) ? 'uplink' : 'network card';
    const program: Foreign = {
      subject,
      text: `${name} has an XDP program: as an uplink, whatever arrives there meets it before any switch`,
      mend: `take it off ('ip link set dev ${name} xdp off'), or use another uplink`,
    };
    const has = [...filters.map((side) => `tc filters on ${side}`), ...queues.map((kind) => `queue ${kind}`)];
    const others: Foreign = {
      subject,
      text: `${name} has ${has.join(', ')}: as an uplink, a switch of the kernel meets them with --host-network and is refused without, as they would be lost; ovs and vpp pass them by`,
      mend: `take them off ('tc qdisc del dev ${name} clsact', 'tc qdisc del dev ${name} root'), or use another uplink`,
    };
    return [...(xdp ? [program] : []), ...(has.length > 0 ? [others] : [])];
  });
}

/** By the name of their process, of which the kernel keeps 15 characters: what they do to an interface that appears. */
const MANAGERS: Record<string, { name: string; does: string }> = {
  NetworkManager: {
    name: 'NetworkManager',
    does: 'asks for an address on every network card that it is not told to leave',
  },
  'systemd-network': { name: 'systemd-networkd', does: 'sets up interfaces that one of its .network files matches' },
  connmand: { name: 'ConnMan', does: 'takes every Ethernet interface that it is not told to leave' },
  dhcpcd: { name: 'dhcpcd', does: 'asks for an address on the interfaces that it was started for, or on all' },
  ifplugd: { name: 'ifplugd', does: 'sets up the interface that it was started for when its cable is in' },
};

async function managers(host: Host): Promise<Foreign[]> {
  const { exitCode, stdout } = await host.run(['pgrep', '--list-name', '--exact', Object.keys(MANAGERS).join('|')]);
  const running = new Set(exitCode === 0 ? stdout.split('\n').map((line) => line.split(' ')[1] ?? '') : []);
  const found = Object.entries(MANAGERS).filter(([process]) => running.has(process));
  const hotplugged = /^\s*allow-hotplug\s+(.+)$/m.exec((await host.read('/etc/network/interfaces')) ?? '')?.[1];
  const ifupdown =
    hotplugged === undefined ? [] : [{ name: 'ifupdown', does: `sets up ${hotplugged.trim()} when it appears` }];
  return [...found.map(([, manager]) => manager), ...ifupdown].map(({ name, does }) => ({
    subject: 'network manager',
    text: `${name} ${does}: on an uplink, what it sends is counted as foreign`,
    mend: 'tell it to leave the uplink alone, where a testbed has one of this machine',
  }));
}

/** LXC 5 loads no profile for a container that is unconfined, as ours are; one that confines vswbench itself holds for them all the same. */
async function appArmor(host: Host): Promise<Foreign[]> {
  const profile = (await host.read(`/proc/${host.ownerPid}/attr/current`))?.replace('\0', '').trim() ?? '';
  // SELinux says a context there, which has colons.
  if (!/^\S+ \((enforce|kill)\)$/.test(profile)) return [];
  return [
    {
      subject: 'AppArmor',
      text: `vswbench runs under the profile ${lastLine(profile)}, which may refuse mounts and containers`,
      mend: 'run vswbench unconfined (aa-exec -p unconfined, or a container without a profile)',
    },
  ];
}

async function seLinux(host: Host): Promise<Foreign[]> {
  if ((await host.read('/sys/fs/selinux/enforce'))?.trim() !== '1') return [];
  return [
    {
      subject: 'SELinux',
      text: 'enforcing: its policy may refuse containers and shared memory, and then vswbench fails with EACCES',
      mend: "'ausearch -m avc' tells what was refused; setenforce 0 for the time of measuring",
    },
  ];
}
