// SPDX-License-Identifier: Apache-2.0
// The network that a kernel switch lives in, with its ports: a namespace of our own, which no network manager of the host sees and no
// rule of its firewall reaches, or the host's own network where the user asks for that (docs/decisions/0018-own-network.md).
import { type Host, runOrThrow } from '../../host/host.ts';
import { NamespaceHost } from '../../host/namespace.ts';
import { ipBatch, silenceIpv6 } from '../../host/netdev.ts';
import { startMarked } from '../../host/process.ts';
import type { Flag } from '../../model/result.ts';
import type { SwitchContext } from '../driver.ts';
import { onceWithin } from './namespace.ts';

/** Where interfaces of a kernel switch are made. */
export interface Network {
  /** The host as it is seen from within: commands run there, and counters, knobs and interfaces are those of this network. */
  host: Host;
  /** For the ports: path of the namespace. Null in the host's own network. */
  namespace: string | null;
  /** What a reader of figures must know of it. */
  flags: Flag[];
  /** Null while it is there, one line when it is not. */
  health(): Promise<string | null>;
}

/** Names of the namespaces' files, which ip-netns(8) and all others look up here. */
const NAMES = '/run/netns';

/**
 * The host's own network with `hostNetwork`, else a namespace that is made for the switch. It has a name, which outlives whatever
 * process is killed: an uplink can always be fetched out. A switch that has several namespaces gives the others a suffix. Throws HostError.
 */
export async function openNetwork(context: SwitchContext, suffix = ''): Promise<Network> {
  const { host, undo, hostNetwork } = context;
  if (hostNetwork) {
    return { host, namespace: null, flags: ['host-network'], health: async () => null };
  }
  // Two hosts may be two namespaces of one machine.
  const name = `vswnet${host.ownerPid}${suffix}`;
  const path = `${NAMES}/${name}`;
  await undo.push({ kind: 'delete-namespace', name });
  await runOrThrow(host, ['ip', 'netns', 'add', name]);
  const witness = await startWitness(context, name, suffix);
  const ended = witness.ended.then(() => `the process that watches our network namespace ${name} was ended`);
  return {
    host: new NamespaceHost(host, path, witness.pid),
    namespace: path,
    flags: [],
    health: () => Promise.race([ended, Promise.resolve(null)]),
  };
}

/** For the port that is made in a network: where it is, if not in the host's own. */
export function placeIn({ namespace }: Network): { namespace?: string } {
  return namespace === null ? {} : { namespace };
}

/** Registers the end of an interface that is about to be made. What is in a namespace of ours goes with it. */
export async function registerLink({ undo }: SwitchContext, network: Network, name: string): Promise<void> {
  if (network.namespace === null) await undo.push({ kind: 'delete-link', name });
}

/**
 * Makes interfaces by commands of ip(8), none of which says anything of its own, and goes on with others: all at once in a namespace of ours,
 * as a program that is started there costs more than what it does.
 */
export async function makeSilent(
  network: Network,
  names: readonly string[],
  make: readonly string[],
  then: readonly string[] = [],
): Promise<void> {
  if (network.namespace !== null) return ipBatch(network.host, [...make, ...then]);
  await ipBatch(network.host, make);
  for (const name of names) await silenceLink(network, name);
  await ipBatch(network.host, then);
}

/** Turns IPv6 off on an interface that was made. In a namespace of ours all are born so. */
export async function silenceLink({ host, namespace }: Network, name: string): Promise<void> {
  if (namespace === null) await silenceIpv6(host, name);
}

/**
 * Neighbour discovery is not the traffic that we count; and bridged packets would pass iptables even where it has no rule: that is one
 * knob per namespace since Linux 5.3, and on by default in each.
 */
const KNOBS = [
  'for knob in /proc/sys/net/ipv6/conf/default/disable_ipv6; do [ ! -e $knob ] || echo 1 > $knob; done',
  'for knob in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $knob ] || echo 0 > $knob; done',
];

async function startWitness({ host, undo, directory }: SwitchContext, name: string, suffix: string) {
  const command = ['ip', 'netns', 'exec', name, 'sh', '-c', [...KNOBS, 'exec cat'].join('; ')];
  const witness = await startMarked(host, undo, `${directory}/network${suffix}`, command);
  return onceWithin(witness, " (--host-network measures without one, in the host's own network)");
}
