// SPDX-License-Identifier: Apache-2.0
// What a bridge of the kernel's tells of its ports and of the addresses that it has learned.
import { z } from 'zod';
import { type Host, runOrThrow } from '../host/host.ts';
import type { Cache } from '../model/cache.ts';
import type { Station, SwitchFigures } from './driver.ts';

export const BRIDGE = 'vswbr0';

/** BR_STATE_FORWARDING of linux/if_bridge.h. */
const FORWARDING = '3';
/** That of frames without a tag, unless somebody says otherwise (vlan_default_pvid). */
const UNTAGGED_VLAN = 1;

const ForwardingSchema = z.array(z.looseObject({ mac: z.string(), ifname: z.string(), vlan: z.int().exactOptional() }));

/** Where a bridge is to know stations, and whether by VLAN as well. */
export interface Whereabouts {
  portOf: (station: Station) => string;
  vlanFiltering: boolean;
}

/**
 * A port forwards only after the kernel has noticed that its cable has two ends, and it notices up to a second late where
 * many links change. An announcement that comes before is dropped, and the receiver's packets would be flooded to all ports.
 */
export async function unlearned(
  host: Host,
  { portOf, vlanFiltering }: Whereabouts,
  stations: readonly Station[],
): Promise<string | null> {
  for (const port of new Set(stations.map(portOf))) {
    const state = (await host.read(`/sys/class/net/${port}/brport/state`))?.trim();
    if (state !== FORWARDING) return `port ${port} of ${BRIDGE} does not forward (state ${state ?? 'none'})`;
  }
  const shown = await runOrThrow(host, ['bridge', '-json', 'fdb', 'show', 'br', BRIDGE, 'dynamic']);
  const known = ForwardingSchema.parse(JSON.parse(shown));
  const knows = (station: Station, vlan: number | undefined) =>
    known.some((one) => one.mac === station.mac && one.ifname === portOf(station) && one.vlan === vlan);
  for (const station of stations) {
    const vlans = vlanFiltering ? (station.vlans ?? [UNTAGGED_VLAN]) : [undefined];
    const vlan = vlans.find((one) => !knows(station, one));
    if (vlans.every((one) => knows(station, one))) continue;
    return `${BRIDGE} has not learned ${station.mac} at ${portOf(station)}${vlan === undefined ? '' : ` in VLAN ${vlan}`}`;
  }
  return null;
}

/** The kernel goes through its table anew for each few hundred entries that it tells: of very many, it takes too long to ask. */
const TELLS_WITHIN_S = 4;

/** How many addresses the bridge has learned, as far as that is told in time. */
export async function learned(host: Host): Promise<SwitchFigures> {
  const count = `bridge fdb show br ${BRIDGE} dynamic | wc -l`;
  const { exitCode, stdout } = await host.run(['timeout', String(TELLS_WITHIN_S), 'sh', '-c', count]);
  return exitCode === 0 ? { fdbEntries: Number(stdout) } : {};
}

const BridgeSchema = z
  .array(
    z.looseObject({ linkinfo: z.looseObject({ info_data: z.looseObject({ fdb_max_learned: z.int().optional() }) }) }),
  )
  .min(1);

/** Bounded only where somebody has set that, since Linux 6.7; an ip(8) that is older than that does not tell. */
export async function addressTable(host: Host): Promise<Cache> {
  const shown = await runOrThrow(host, ['ip', '-details', '-json', 'link', 'show', 'dev', BRIDGE]);
  const most = BridgeSchema.safeParse(JSON.parse(shown)).data?.[0]?.linkinfo.info_data.fdb_max_learned ?? 0;
  const note = most === 0 ? 'no bound is set' : 'fdb_max_learned';
  return {
    ...{ name: 'address table', entries: most === 0 ? null : most, of: 'macs' },
    ...{ note, hitRatio: null, held: 'fdbEntries' },
  };
}
