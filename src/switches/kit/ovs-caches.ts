// SPDX-License-Identifier: Apache-2.0
// The tables of an Open vSwitch that flows and addresses fill, as the daemon and its database tell of them.
import type { Cache } from '../../model/cache.ts';
import type { SwitchContext, SwitchFigures } from '../driver.ts';
import { appctl, vsctl } from './ovs-daemons.ts';

/** EM_FLOW_HASH_ENTRIES of lib/dpif-netdev-private-dfc.h, for each polling thread. */
const EMC_ENTRIES = 8192;
/** SMC_ENTRIES, the same. */
const SMC_ENTRIES = 1 << 20;
/** Of so many misses one is put into the exact-match cache, unless told otherwise (ovs-vswitchd.conf.db(5)). */
const EMC_INSERT_INV_PROB = 100;

/** A setting of `ovs-vsctl get Open_vSwitch . other_config`: `{emc-insert-inv-prob="20", smc-enable="true"}`. Null where it is not there. */
export function settingIn(text: string, name: string): string | null {
  return new RegExp(`[{ ]${name}="?([^",}]*)"?`).exec(text)?.[1] ?? null;
}

/** The caches in front of the datapath's flows, of the poller's own: those that are on. */
export async function pollerCaches(context: SwitchContext): Promise<Cache[]> {
  const settings = await vsctl(context, 'get', 'Open_vSwitch', '.', 'other_config');
  const inverse = Number(settingIn(settings, 'emc-insert-inv-prob') ?? EMC_INSERT_INV_PROB);
  const isSmcOn = settingIn(settings, 'smc-enable') === 'true';
  const each = context.cpus.length > 1 ? 'of each polling thread; ' : '';
  const of = 'flows' as const;
  return [
    ...(inverse === 0
      ? []
      : [
          {
            ...{ name: 'exact-match cache', entries: EMC_ENTRIES, of },
            ...{ note: `${each}emc-insert-inv-prob ${inverse}`, hitRatio: 'emcHitRatio', held: null },
          },
        ]),
    ...(isSmcOn
      ? [
          {
            ...{ name: 'signature-match cache', entries: SMC_ENTRIES, of },
            ...{ note: `${each}smc-enable`, hitRatio: 'smcHitRatio', held: null },
          },
        ]
      : []),
  ];
}

/** The datapath's flows, which the daemon sets up, and its addresses. `hitRatio` is the figure of the former. */
export async function daemonCaches(context: SwitchContext, bridge: string, hitRatio: string | null): Promise<Cache[]> {
  const limit = /\(limit (\d+)\)/.exec(await appctl(context, 'upcall/show'))?.[1];
  const [, maximum] = macsIn(await appctl(context, 'fdb/stats-show', bridge)) ?? [];
  return [
    {
      ...{ name: 'megaflow table', entries: limit === undefined ? null : Number(limit), of: 'flows' },
      ...{ note: 'flow-limit; a flow of it may be many of ours', hitRatio, held: 'megaflows' },
    },
    {
      ...{ name: 'address table', entries: maximum ?? null, of: 'macs' },
      ...{ note: 'mac-table-size', hitRatio: null, held: 'fdbEntries' },
    },
  ];
}

/** How many flows the datapath has, and how many addresses are known. */
export async function fillFigures(context: SwitchContext, bridge: string): Promise<SwitchFigures> {
  const flows = /\(current (\d+)\)/.exec(await appctl(context, 'upcall/show'))?.[1];
  const [entries] = macsIn(await appctl(context, 'fdb/stats-show', bridge)) ?? [];
  return {
    ...(flows === undefined ? {} : { megaflows: Number(flows) }),
    ...(entries === undefined ? {} : { fdbEntries: entries }),
  };
}

/** Entries and their maximum, of `fdb/stats-show`; null where it does not tell. */
function macsIn(text: string): [number, number] | null {
  const [, entries, maximum] = /Current\/maximum MAC entries in the table: (\d+)\/(\d+)/.exec(text) ?? [];
  return entries === undefined || maximum === undefined ? null : [Number(entries), Number(maximum)];
}
