// SPDX-License-Identifier: Apache-2.0
// Counters that know nothing of the applications, before and after a trial, and what they counted in between. Pure: they are
// read in trial.ts.
import { counterDelta, type NetdevCounters } from '../host/netdev.ts';
import type { Port, PortCounters, SwitchFigures, UplinkCounters } from '../switches/driver.ts';
import type { Evidence } from './evaluate.ts';

/** Counters of the switch on all hosts. */
export interface SwitchCounters {
  ports: PortCounters[] | null;
  /** The near host's and the far one's; null for `local`. */
  uplinks: UplinkCounters[] | null;
}

/** Counters of the interface that a container has. */
export interface InterfaceCounters {
  port: Port;
  counters: NetdevCounters;
}

/** What each interface has counted in between. */
export function interfaceDifferences(
  before: readonly InterfaceCounters[],
  after: readonly InterfaceCounters[],
): Evidence['interfaces'] {
  return before.map(({ port, counters }, index) => {
    const later = after[index]?.counters ?? counters;
    return { pair: port.pair, end: port.end, counters: counterDelta(counters, later) };
  });
}

/** What each port of the switch has counted in between; null where nobody counts. */
export function portDifferences(before: PortCounters[] | null, after: PortCounters[] | null): PortCounters[] | null {
  if (before === null || after === null) return null;
  return after.map((later) => {
    const earlier = before.find((port) => port.pair === later.pair && port.end === later.end);
    return { ...later, ...grown(earlier, later) };
  });
}

/** What both uplinks have counted in between; null where there is none, or nobody counts. */
export function uplinkDifferences(
  before: UplinkCounters[] | null,
  after: UplinkCounters[] | null,
): { near: UplinkCounters; far: UplinkCounters } | null {
  const [near, far] = (after ?? []).map((later, index) => grown(before?.[index], later));
  return before === null || near === undefined || far === undefined ? null : { near, far };
}

/** What has been counted in between. */
function grown(earlier: UplinkCounters | undefined, later: UplinkCounters): UplinkCounters {
  return {
    ...(later.inBytes === undefined ? {} : { inBytes: later.inBytes - (earlier?.inBytes ?? 0) }),
    ...(later.outBytes === undefined ? {} : { outBytes: later.outBytes - (earlier?.outBytes ?? 0) }),
    inPackets: later.inPackets - (earlier?.inPackets ?? 0),
    outPackets: later.outPackets - (earlier?.outPackets ?? 0),
    drops: later.drops.map(({ reason, packets }) => ({
      reason,
      packets: packets - (earlier?.drops.find((drop) => drop.reason === reason)?.packets ?? 0),
    })),
  };
}

/** What the far host's switch tells of itself is named so: `farBusyRatio`. */
export function joinFigures([near = {}, far = {}]: readonly SwitchFigures[]): SwitchFigures {
  const named = Object.entries(far).map(([name, value]) => [
    `far${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    value,
  ]);
  return { ...near, ...Object.fromEntries(named) };
}
