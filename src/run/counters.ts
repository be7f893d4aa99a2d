// SPDX-License-Identifier: Apache-2.0
// Counters that know nothing of the applications, before and after a trial, and what they counted in between. Pure: they are
// read in trial.ts.
import { type Counter, grownBy, grownByOrNull } from '../host/counter.ts';
import { counterDelta, type NetdevReading } from '../host/netdev.ts';
import type {
  PortCounters,
  PortCounts,
  PortRequest,
  SwitchFigures,
  UplinkCounters,
  UplinkCounts,
} from '../switches/driver.ts';
import type { Evidence } from './evaluate.ts';

/** Counters of the switch on all hosts. */
export interface SwitchCounters {
  ports: PortCounters[] | null;
  /** The near host's and the far one's; null for `local`. */
  uplinks: UplinkCounters[] | null;
}

/** Counters of the interface that a container has. */
export interface InterfaceCounters {
  port: PortRequest;
  counters: NetdevReading;
}

/** What each interface has counted in between. Throws HostError where a counter ran backwards, as those below. */
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
export function portDifferences(before: PortCounters[] | null, after: PortCounters[] | null): PortCounts[] | null {
  if (before === null || after === null) return null;
  return after.map(({ pair, end, ...later }) => {
    const earlier = before.find((port) => port.pair === pair && port.end === end);
    return { pair, end, ...grown(`the ${end}'s port of pair ${pair}`, earlier, later) };
  });
}

/** What both uplinks have counted in between; null where there is none, or nobody counts. */
export function uplinkDifferences(
  before: UplinkCounters[] | null,
  after: UplinkCounters[] | null,
): { near: UplinkCounts; far: UplinkCounts } | null {
  const [near, far] = (after ?? []).map((later, index) =>
    grown(`the ${index === 0 ? 'near' : 'far'} uplink`, before?.[index], later),
  );
  return before === null || near === undefined || far === undefined ? null : { near, far };
}

/** What has been counted in between; what was not there before began at 0. */
function grown(where: string, earlier: UplinkCounters | undefined, later: UplinkCounters): UplinkCounts {
  const since = (what: string, before: Counter | undefined, after: Counter) =>
    grownBy(`what ${where} counted as ${what}`, before ?? 0, after);
  const dropsBefore = new Map(earlier?.drops.map(({ reason, packets }) => [reason, packets]));
  return {
    ...bytesSince('inBytes', earlier, later),
    ...bytesSince('outBytes', earlier, later),
    inPackets: since('received', earlier?.inPackets, later.inPackets),
    outPackets: since('sent', earlier?.outPackets, later.outPackets),
    drops: later.drops.map(({ reason, packets }) => ({
      reason,
      packets: since(`dropped (${reason})`, dropsBefore.get(reason), packets),
    })),
  };
}

/** Bytes tell of super-packets alone. Old drivers count them in 32 bits, which are full in seconds: whoever needs them then has no witness. */
function bytesSince(
  field: 'inBytes' | 'outBytes',
  earlier: UplinkCounters | undefined,
  later: UplinkCounters,
): Partial<UplinkCounts> {
  const bytes = later[field] === undefined ? null : grownByOrNull(earlier?.[field] ?? 0, later[field]);
  return bytes === null ? {} : { [field]: bytes };
}

/** What the far host's switch tells of itself is named so: `farBusyRatio`. */
export function joinFigures([near = {}, far = {}]: readonly SwitchFigures[]): SwitchFigures {
  const named = Object.entries(far).map(([name, value]) => [
    `far${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    value,
  ]);
  return { ...near, ...Object.fromEntries(named) };
}
