// SPDX-License-Identifier: Apache-2.0
// What testbeds have to run a campaign with, as far as a plan needs to know it.
import type { Hotplug } from '../model/churn.ts';
import type { Framework, PortKind } from '../model/dataplane.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Header } from '../model/names.ts';
import type { SwitchOption } from '../model/switch-options.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Workers } from '../model/workers.ts';

/** A switch of the registry, and whether this machine can run it. */
export interface SwitchOffer {
  id: string;
  title: string;
  ports: readonly PortKind[];
  locations: readonly TestCase['location'][];
  /** CPU threads of its own: the same for any number of pairs, or for one pair, two pairs and so on. */
  threads: number | readonly number[];
  /** What can be asked of them; absent where nothing can. */
  workers?: Workers;
  /** The most pairs that it can serve at once; unlimited where absent. */
  pairsMax?: number;
  /** Of the frames that it carries; null, or absent, where it carries the largest of all. */
  frameLimit?(port: PortKind, location: TestCase['location']): { bytes: number; why: string } | null;
  /** Why it cannot serve an I/O framework, by its name. */
  unserved?: Readonly<Record<string, string>>;
  /** Why it does not carry packets with such headers. */
  uncarried?: Readonly<Partial<Record<Header, string>>>;
  /** Why packets from or to many addresses behind a port do not pass it. */
  oneAddress?: string;
  /** What it can be asked for beside forwarding. */
  options?: readonly SwitchOption[];
  /** What can come and go while it forwards for others; nothing where absent. */
  hotplug?: Hotplug;
  /** `program` is the path of what runs as the switch; `without` says of which of its options a host lacks what they need, and the mend. */
  available:
    | { ok: true; version: string; program?: string; without?: Readonly<Partial<Record<SwitchOption, string>>> }
    | { ok: false; missing: string; mend: string };
}

/** What a host has to run a campaign with. */
export interface HostOffer {
  /** As the testbed names it; said where something is missing there. */
  name: string;
  switches: readonly SwitchOffer[];
  /** CPUs that may be used. */
  cpus: readonly Cpu[];
  /** NUMA node of its uplink, where there is one that says so. */
  uplinkNode?: number | null;
  /** Absent, or null, where it has none, or one that is made for us. */
  uplink?: UplinkOffer | null;
}

/** An interface that leads to the other host. */
export interface UplinkOffer {
  interface: string;
  mtu: number;
  /** The largest that its driver takes. */
  mtuMax: number;
}

/** What a testbed has to run a campaign with. */
export interface TestbedOffer {
  name: string;
  frameworks: readonly Framework[];
  near: HostOffer;
  /** Null where the testbed has one host. */
  far: HostOffer | null;
  /** The hosts are namespaces of one machine, and share its CPUs. */
  sameMachine: boolean;
}

/** CPU threads of a switch for a test case. */
export function threadsOf(
  { threads }: SwitchOffer,
  { pairs, switchThreads }: Pick<TestCase, 'pairs' | 'switchThreads'>,
): number {
  if (switchThreads !== 'auto') return switchThreads;
  return typeof threads === 'number' ? threads : (threads[pairs - 1] ?? 0);
}
