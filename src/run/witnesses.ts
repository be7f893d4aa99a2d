// SPDX-License-Identifier: Apache-2.0
// Who knows nothing of the applications and counted their packets: what a trial's evidence has for the ledgers.
import type { Measurement } from '../model/result.ts';
import type { PortCounts, UplinkCounts } from '../switches/driver.ts';
import type { End } from './application.ts';
import type { Evidence } from './evaluate.ts';
import { makeUplinkLedger } from './ledger.ts';
import { type InterfaceWitness, type PortWitness, unfoldInterface, unfoldPort } from './super-packets.ts';

/** What uplinks dropped was this pair's where there is no other; of several pairs nobody knows whose it was. */
export function uplinkDropsOf({ testCase, uplinks }: Evidence): PortCounts['drops'] {
  if (uplinks === null || testCase.pairs > 1) return [];
  const named = (side: string, { drops }: UplinkCounts) =>
    drops.map(({ reason, packets }) => ({ reason: `${side} uplink, ${reason}`, packets }));
  return [...named('near', uplinks.near), ...named('far', uplinks.far)];
}

/** What knows nothing of the applications of a pair, and counted their packets; null for a place where nobody did. */
export function witnessesOf({ testCase, superPackets, interfaces, ports }: Evidence, pair: number) {
  const of = (end: End) => (candidate: { pair: number; end: End }) => candidate.pair === pair && candidate.end === end;
  return {
    counters(end: End): InterfaceWitness | null {
      const found = interfaces.find(of(end))?.counters ?? null;
      return found !== null && superPackets ? unfoldInterface(found, testCase) : found;
    },
    port(end: End): PortWitness | null {
      const found = ports?.find(of(end)) ?? null;
      return found !== null && superPackets ? unfoldPort(found, testCase) : found;
    },
  };
}

/** Everybody's packets, on both sides of the cable; null where there is none, or nobody counts. */
export function uplinkLedgerOf({ testCase, superPackets, ports, uplinks }: Evidence): Measurement['uplink'] {
  if (uplinks === null) return null;
  const unfolded = (counters: UplinkCounts) => (superPackets ? unfoldPort(counters, testCase) : counters);
  const [near, far] = [unfolded(uplinks.near), unfolded(uplinks.far)];
  if (near === null || far === null) return null;
  const total = (wanted: End, of: (port: UplinkCounts) => number) =>
    ports === null
      ? null
      : ports.reduce((sum, port) => sum + (port.end === wanted ? of(unfolded(port) ?? port) : 0), 0);
  return makeUplinkLedger({
    switchIn: total('source', ({ inPackets }) => inPackets),
    switchOut: total('sink', ({ outPackets }) => outPackets),
    sent: near.outPackets,
    arrived: far.inPackets,
    nearDrops: dropsOf('near', near, ports, 'source'),
    farDrops: dropsOf('far', far, ports, 'sink'),
  });
}

/** What one host's switch gave up: at its uplink, and at the ports of all pairs. */
function dropsOf(side: string, uplink: UplinkCounts, ports: Evidence['ports'], end: End) {
  const atPorts = new Map<string, number>();
  for (const { drops } of ports?.filter((port) => port.end === end) ?? []) {
    for (const { reason, packets } of drops) atPorts.set(reason, (atPorts.get(reason) ?? 0) + packets);
  }
  return [
    ...uplink.drops.map(({ reason, packets }) => ({ where: `dropped at the ${side} uplink: ${reason}`, packets })),
    ...[...atPorts].map(([reason, packets]) => ({ where: `dropped by the ${side} switch: ${reason}`, packets })),
  ];
}
