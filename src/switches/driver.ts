// SPDX-License-Identifier: Apache-2.0
// What a switch has to be able to do. A switch is one file in this folder that exports a SwitchDriver, and one line in
// registry.ts; `--switch ./file.ts` takes one from anywhere.
import type { Counter } from '../host/counter.ts';
import { type Host, HostError, type UndoStack } from '../host/host.ts';
import type { Cache } from '../model/cache.ts';
import type { Hotplug } from '../model/churn.ts';
import type { PortKind } from '../model/dataplane.ts';
import type { Header } from '../model/names.ts';
import type { Flag } from '../model/result.ts';
import type { SwitchOption, SwitchOptions } from '../model/switch-options.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Pin, ServedQueue, Workers } from '../model/workers.ts';

/**
 * Whether a switch can be used on a host: with its version and, where it is a program of its own, the path of that; or what is missing and how
 * to get it.
 */
export type Probe =
  | { available: true; version: string; program?: string; without?: Without }
  | { available: false; missing: string; mend: string };

/** Which of a switch's options a host cannot give it, each with what is missing and the mend. */
export type Without = Readonly<Partial<Record<SwitchOption, string>>>;

/** The end of a pair that a port is for. */
export interface PortRequest {
  pair: number;
  end: 'source' | 'sink';
}

/** An interface, which is moved into the container for each trial and comes back. */
export interface NetdevPort extends PortRequest {
  kind: 'netdev';
  interface: string;
  /** The network namespace that it is in, as a path; the host's own where absent. */
  namespace?: string;
}

/** A socket through which memory is shared. */
export interface SocketPort extends PortRequest {
  kind: 'vhost-user' | 'memif';
  /** Folder of the host that holds the sockets; it is mounted in the container as SOCKETS. */
  directory: string;
  /** What the application opens, as seen from within the container. */
  device: string;
}

/** A device of the host that the application drives itself. */
export interface DevicePort extends PortRequest {
  kind: 'vf';
  /** Device files of the host by which that is done; the container sees them under the same paths. */
  devices: readonly string[];
  /** What the application opens: the address of the PCI device. */
  device: string;
}

/** A port of netmap, which the application opens through NETMAP_DEVICE. */
export interface NetmapPort extends PortRequest {
  kind: 'netmap';
  /** The network namespace that the container shares, as a path: netmap looks the port up there. */
  namespace: string;
  /** What the application opens, as seen from within the container. */
  device: string;
}

/** A TAP device, whose interface is a port of the switch and whose descriptor the application has, through TUN_DEVICE. */
export interface TapPort extends PortRequest {
  kind: 'tap';
  /** The network namespace that the interface is in, as a path: the container shares it. */
  namespace: string;
  /** Name of the interface, which persists and which nobody has open. */
  device: string;
}

/** What a container is given. */
export type Port = NetdevPort | SocketPort | NetmapPort | TapPort | DevicePort;

/** Where a container finds the sockets of its port. */
export const SOCKETS = '/run/vswbench';

/** How the netmap module is reached, in a container as on the host. */
export const NETMAP_DEVICE = '/dev/netmap';

/** How TAP devices are opened, in a container as on the host. */
export const TUN_DEVICE = '/dev/net/tun';

/** Who is behind a port: of this host, or of the other one, which is reached by the uplink. */
export interface Station extends PortRequest {
  /** In lower case, with colons. */
  mac: string;
  at: 'port' | 'uplink';
  /** The VLANs that its packets are of, by their outermost tag; absent where they have none. */
  vlans?: readonly number[];
}

/** The interface that leads to the other host of a testbed. */
export interface Uplink {
  /** Its name in the kernel, where it stays unless the switch takes the device itself. */
  interface: string;
  /** Address of the PCI device, such as 0000:03:00.0, where the testbed names one: for a switch with a driver of its own. */
  pci: string | null;
}

/**
 * Packets at the uplink since whenever, seen from the switch: `in` came from the other host. What counts are differences, which are exact:
 * a counter may be a number where it stays below 2^53, and has to be a bigint where it may not, as the bytes of a card since boot.
 */
export interface UplinkCounters<Count extends Counter = Counter> {
  inPackets: Count;
  outPackets: Count;
  /** Bytes of the frames, Ethernet header included, where the switch counts them. */
  inBytes?: Count;
  outBytes?: Count;
  /** What the switch itself gave up there, by its own counters and words. */
  drops: { reason: string; packets: Count }[];
}

/** The same of one port: `in` came from the container. */
export interface PortCounters<Count extends Counter = Counter> extends PortRequest, UplinkCounters<Count> {}

/** What was counted over a trial. */
export type UplinkCounts = UplinkCounters<number>;
export type PortCounts = PortCounters<number>;

/**
 * Figures that a switch tells of itself, by name with unit, such as `busyRatio`. One is looked at: `cacheMisses`, packets that no flow cache
 * of it knew, and that took its slow path. Where they go on in the steady state, the warm-up was not over.
 */
export type SwitchFigures = Record<string, number>;

export interface SwitchContext {
  host: Host;
  /** Those of this host: with an uplink, one end of each pair. */
  ports: readonly PortRequest[];
  /** Leads to the same switch on the other host, which has the other ends; null where both ends are here. */
  uplink: Uplink | null;
  /** Of the driver's kinds, the one that all ports are to be of. */
  portKind: PortKind;
  /** The largest frame to come, without FCS; 1514 at least. What ports and buffers have to hold. */
  frameBytes: number;
  /** CPUs for the switch's own threads, one each, some the same where there are too few; empty where it has none. */
  cpus: readonly number[];
  /** Of each port, each way: as many as its device has to have; more than one only of a driver whose `workers` have `queuesMax`. */
  queues: number;
  /** Which thread is to serve which port (model/workers.ts); other than `auto` only of a driver whose `workers` are `pinned`. */
  pin: Pin;
  /** What it is to do beside forwarding; other than usual only of a driver that has those `options`. */
  options: SwitchOptions;
  /** CPUs for everything else that it runs. */
  housekeeping: readonly number[];
  /** NUMA node of its CPUs, or of the lowest one. */
  node: number;
  /** Kernel switches live in the host's own network, and not in a namespace of ours: asked of `openNetwork` (kit/network.ts). */
  hostNetwork: boolean;
  /** An empty folder of this run for its files, removed with everything in it. */
  directory: string;
  /** The checkout's folder of built programs, for switches that are ours. */
  programs: string;
  /** Each step registers its undo here before it acts. */
  undo: UndoStack;
}

export interface RunningSwitch {
  /** The ports of the next trial, in the order of the requests. Called once for each: a switch may have to make them anew. */
  nextPorts(): Port[];
  /** What a reader of its figures must know of how this host has it. */
  flags: Flag[];
  /**
   * Read while the applications still have their ports open, before and after traffic. Null where the switch has no
   * counters of its own (a bare cable: its ends are in the containers).
   */
  counters(): Promise<PortCounters[]> | null;
  /** As `counters`, of the uplink. Needed of each switch that serves `remote`, where it has one. */
  uplinkCounters?(): Promise<UplinkCounters>;
  /**
   * Called when the applications are being started, each of which is ready only when its port is connected: for a switch
   * that is the client of their sockets. Throws HostError, or the signal's reason. Absent where applications connect by themselves.
   */
  connect?(signal: AbortSignal): Promise<void>;
  /**
   * Asked when all applications are ready, until it is null: every port forwards and, for a switch that learns, these MAC
   * addresses are known at their ports, or at the uplink. Else one line on what is missing; the applications announce themselves again then.
   */
  settled(stations: readonly Station[]): Promise<string | null>;
  /** Process and thread ids whose CPU time is the switch's. */
  threads(): Promise<number[]>;
  /**
   * Which of its threads serves which queue, as the switch itself says, once it is settled: threads are numbered as their CPUs in the
   * context are. Needed of each switch that has `workers`.
   */
  served?(): Promise<ServedQueue[]>;
  /** Null while it is well; one line where it is no longer there. */
  health(): Promise<string | null>;
  /**
   * Begins to observe the switch by its own means, shortly before the steady state; what it returns ends that, right
   * after the steady state, and tells. Absent where the switch tells nothing.
   */
  observe?(): Promise<() => Promise<SwitchFigures>>;
  /** Asked after the steady state: its tables that flows or addresses fill, in the order in which a packet is looked up in them. Absent where it has none, or nobody knows. */
  caches?(): Promise<Cache[]>;
  /** Needed of each switch whose driver says that ports come and go (`hotplug: 'port'`). */
  hotplug?: PortHotplug;
}

/** How one port comes and goes while others forward. Its counters may begin anew. */
export interface PortHotplug {
  /** Takes the port off the switch; its application has ended. */
  unplug(request: PortRequest): Promise<void>;
  /** Makes the port anew. Its application is started afterwards. */
  plug(request: PortRequest): Promise<Port>;
  /** As `connect` of the switch, of this port alone. */
  connect?(request: PortRequest, signal: AbortSignal): Promise<void>;
}

/** The largest frame that a switch carries in some way, where that is less than the largest of all. */
export interface FrameLimit {
  /** Without FCS. */
  bytes: number;
  /** What is no larger, as `netmap's buffers have 2048 bytes`. */
  why: string;
}

export interface SwitchDriver {
  /** The word on the command line. */
  id: string;
  /** What a reader of a report sees. */
  title: string;
  /** Name of the program that it is where that is one of ours, built with the others. */
  ownProgram?: string;
  ports: PortKind[];
  locations: ('local' | 'remote')[];
  /** CPU threads of its own that poll, on each host: each is given a CPU. A function of the pairs where it has more for more of them. */
  threads: number | ((pairs: number) => number);
  /** What can be asked of its threads; absent where it has those of `threads`, and no others. */
  workers?: Workers;
  /** The most pairs that it serves at once; as many as there are addresses (128) where absent. */
  pairsMax?: number;
  /** I/O frameworks that it cannot serve though it has ports for them, by name, each with why, as in "udp-gso": "it drops super-packets". */
  unserved?: Readonly<Record<string, string>>;
  /** Why it does not carry packets with such headers, as in "qinq": "its parser knows one tag"; it carries all where absent. */
  uncarried?: Readonly<Partial<Record<Header, string>>>;
  /** Why packets from or to many addresses behind a port do not pass it, as in "it hands packets over to the address of an interface alone"; they do where absent. */
  oneAddress?: string;
  /** What it can be asked for beside forwarding (model/switch-options.ts); nothing where absent. */
  options?: readonly SwitchOption[];
  /** What can come and go while it forwards for others (`-D churn`); nothing where absent. */
  hotplug?: Hotplug;
  /** The largest frames that it carries from port to port; null, or absent, where it carries all that there are (FRAME_BYTES_MAX). */
  frameLimit?(port: PortKind, location: 'local' | 'remote'): FrameLimit | null;
  /** Hugepages that it takes with so many ports and frames of so many bytes, in bytes; none where absent. */
  hugepageBytes?(ports: number, frameBytes: number): number;
  probe(host: Host): Promise<Probe>;
  /** Brings it up with these ports and returns once it forwards, which it finds out by asking. Throws HostError. */
  start(context: SwitchContext): Promise<RunningSwitch>;
}

/** The most polling threads that are believed of a driver. */
export const THREADS_MAX = 1024;

/** Polling threads of a switch on each host for a test case. Throws HostError where its driver does not say a number. */
export function threadsFor(
  { id, threads }: Pick<SwitchDriver, 'id' | 'threads'>,
  { pairs, switchThreads }: Pick<TestCase, 'pairs' | 'switchThreads'>,
): number {
  if (switchThreads !== 'auto') return switchThreads;
  const count: unknown = typeof threads === 'function' ? threads(pairs) : threads;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= THREADS_MAX) return count;
  throw new HostError(
    `threads(${pairs}) of ${id} answers ${String(count)}: expected a whole number up to ${THREADS_MAX}`,
  );
}
