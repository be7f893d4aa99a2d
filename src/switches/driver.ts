// SPDX-License-Identifier: Apache-2.0
// What a switch has to be able to do. A switch is one file in this folder that exports a SwitchDriver, and one line in
// registry.ts; `--switch ./file.ts` takes one from anywhere.
import type { Host, UndoStack } from '../host/host.ts';
import type { PortKind } from '../model/dataplane.ts';
import type { Flag } from '../model/result.ts';

/** Whether a switch can be used on a host: with its version, or what is missing and how to get it. */
export type Probe = { available: true; version: string } | { available: false; missing: string; mend: string };

/** The end of a pair that a port is for. */
export interface PortRequest {
  pair: number;
  end: 'source' | 'sink';
}

/** A port that a container is given: an interface of the host, which is moved in. */
export interface Port extends PortRequest {
  kind: PortKind;
  interface: string;
}

/** Who is behind a port. */
export interface Station extends PortRequest {
  /** In lower case, with colons. */
  mac: string;
}

/** Packets of one port since the switch started, seen from the switch: `in` came from the container. */
export interface PortCounters extends PortRequest {
  inPackets: number;
  outPackets: number;
  /** Packets that the switch itself gave up at this port, by its own counters. */
  droppedPackets: number;
}

export interface SwitchContext {
  host: Host;
  ports: readonly PortRequest[];
  /** CPUs for the switch's own threads, one each; empty where it has none. */
  cpus: readonly number[];
  /** Each step registers its undo here before it acts. */
  undo: UndoStack;
}

export interface RunningSwitch {
  ports: Port[];
  /** What a reader of its figures must know of how this host has it. */
  flags: Flag[];
  /** Null where the switch has no counters of its own (a bare cable: its ends are in the containers). */
  counters(): Promise<PortCounters[]> | null;
  /**
   * Asked when all applications are ready, until it is null: every port forwards and, for a switch that learns, these MAC
   * addresses are known at their ports. Else one line on what is missing; the applications announce themselves again then.
   */
  settled(stations: readonly Station[]): Promise<string | null>;
  /** Process and thread ids whose CPU time is the switch's. */
  threads(): Promise<number[]>;
  /** Null while it is well; one line where it is no longer there. */
  health(): Promise<string | null>;
}

export interface SwitchDriver {
  /** The word on the command line. */
  id: string;
  /** What a reader of a report sees. */
  title: string;
  kind: 'none' | 'kernel' | 'user-space' | 'hardware';
  /** Learns where MAC addresses are: one that does not needs ports in pairs. */
  learns: boolean;
  ports: PortKind[];
  locations: ('local' | 'remote')[];
  /** CPU threads of its own that poll: each is given a CPU. */
  threads: number;
  probe(host: Host): Promise<Probe>;
  /** Brings it up with these ports and returns once it forwards, which it finds out by asking. Throws HostError. */
  start(context: SwitchContext): Promise<RunningSwitch>;
}
