// SPDX-License-Identifier: Apache-2.0
// What else of a host can be in the way of a packet or a container: filters, programs on its network cards, managers that take
// interfaces, security modules. Nothing is changed, and what cannot be read is left out or said.
import { z } from 'zod';
import type { Foreign } from '../model/inventory.ts';
import { readBridgedRules } from './firewall.ts';
import { type Host, lastLine } from './host.ts';

/** Everything of it that is known, one entry a fact. */
export async function foreignOf(host: Host): Promise<Foreign[]> {
  return [
    ...(await filters(host)),
    ...(await cards(host)),
    ...(await managers(host)),
    ...(await appArmor(host)),
    ...(await seLinux(host)),
  ];
}

/** So many rules are named; a container engine has hundreds. */
const NAMED_RULES = 3;

async function filters(host: Host): Promise<Foreign[]> {
  const { rules, unreadable } = await readBridgedRules(host);
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

const LinkSchema = z.array(
  z.looseObject({ ifname: z.string(), xdp: z.looseObject({ mode: z.union([z.int(), z.string()]) }).optional() }),
);
const QdiscSchema = z.array(z.looseObject({ kind: z.string(), dev: z.string() }));
const FiltersSchema = z.array(z.unknown());

/** Queueing disciplines that the kernel gives an interface by itself: they neither shape nor filter. */
const PLAIN_QDISCS = new Set(['noqueue', 'noop', 'pfifo_fast', 'mq', 'fq', 'fq_codel', 'pfifo']);

/** Programs and queues on network cards, which may be somebody's uplink. */
async function cards(host: Host): Promise<Foreign[]> {
  const names = await host.list('/sys/class/net');
  const isCard = await Promise.all(
    names.map(async (name) => (await host.read(`/sys/class/net/${name}/device/uevent`)) !== null),
  );
  const found = new Set(names.filter((_, index) => isCard[index]));
  if (found.size === 0) return [];
  const links = await answer(host, ['ip', '-details', '-json', 'link'], LinkSchema);
  const qdiscs = await answer(host, ['tc', '-json', 'qdisc', 'show'], QdiscSchema);
  const facts = [...found].map(async (name) => {
    const xdp = links?.some(({ ifname, xdp }) => ifname === name && xdp !== undefined) === true;
    const queues = (qdiscs ?? []).filter(({ dev, kind }) => dev === name && !PLAIN_QDISCS.has(kind));
    const hooks = queues.some(({ kind }) => kind === 'clsact' || kind === 'ingress');
    const programs = hooks ? await tcPrograms(host, name) : [];
    const shapers = queues.map(({ kind }) => kind).filter((kind) => kind !== 'clsact' && kind !== 'ingress');
    return { name, has: [...(xdp ? ['an XDP program'] : []), ...programs, ...shapers.map((kind) => `queue ${kind}`)] };
  });
  return (await Promise.all(facts))
    .filter(({ has }) => has.length > 0)
    .map(({ name, has }) => ({
      subject: 'network card',
      text: `${name} has ${has.join(', ')}, which ${name} as an uplink would measure as well`,
      mend: `take them off ('ip link set dev ${name} xdp off', 'tc qdisc del dev ${name} clsact', 'tc qdisc del dev ${name} root'), or use another uplink`,
    }));
}

async function tcPrograms(host: Host, name: string): Promise<string[]> {
  const sides = await Promise.all(
    (['ingress', 'egress'] as const).map(async (side) => {
      const filters = await answer(host, ['tc', '-json', 'filter', 'show', 'dev', name, side], FiltersSchema);
      return filters === null || filters.length === 0 ? [] : [`tc filters on ${side}`];
    }),
  );
  return sides.flat();
}

async function answer<T>(host: Host, command: readonly string[], schema: z.ZodType<T>): Promise<T | null> {
  const { exitCode, stdout } = await host.run(command);
  if (exitCode !== 0) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(stdout.trim() || '[]'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
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
