// SPDX-License-Identifier: Apache-2.0
// A campaign under a name of the user's own, and one shard of it: what `--shard` and `--as` ask for.
import { createHash } from 'node:crypto';
import type { Campaign } from '../model/campaign.ts';
import { CAMPAIGN_ID } from '../model/campaign-row.ts';
import type { PlannedCase } from '../model/result.ts';
import { parseShard, type Shard, type Shards } from '../model/shards.ts';
import { caseKey } from '../model/testcase.ts';
import { cutIntoShards } from '../plan/shard.ts';
import { type Plan, together } from '../run/parts.ts';
import type { Store } from '../store/store.ts';
import { CliError, EXIT } from './errors.ts';

/** What a campaign is called, and which part of it is asked for. */
export interface Named {
  /** Null where that follows from the campaign. */
  id: string | null;
  /** Null for all of it. */
  shard: Shard | null;
}

export const UNNAMED: Named = { id: null, shard: null };

const ID = new RegExp(`^${CAMPAIGN_ID}$`);
/** What commands take for another campaign, or for a path. */
const TAKEN = /^latest$|\.(db|zip)$/;

/**
 * What the options ask for. All shards have to be of one campaign in one order: by an id that is given, which decides on the order
 * too, or by a seed, which with the campaign decides on the id. Throws CliError.
 */
export function namedBy(
  options: { shard?: string; as?: string; resume?: string | true },
  { seed, precision }: Pick<Campaign, 'seed' | 'precision'>,
): Named {
  const { as: id = null } = options;
  if (options.resume !== undefined) return UNNAMED;
  if (id !== null && (!ID.test(id) || TAKEN.test(id))) {
    throw new CliError(
      EXIT.usage,
      `--as ${id}: an id is up to 64 letters, digits, '.', '_' and '-', as --as nightly-217; not 'latest', nor with .db or .zip at its end`,
    );
  }
  if (options.shard === undefined) return { id, shard: null };
  const shard = parseShard(options.shard);
  if (!shard.ok) throw new CliError(EXIT.usage, `--shard ${shard.error}`);
  if (precision !== null) {
    throw new CliError(
      EXIT.usage,
      '--shard needs a fixed number of trials, and with a precision what is measured decides on it: give --trials without --precision',
    );
  }
  if (id === null && seed === null) {
    throw new CliError(
      EXIT.usage,
      "--shard needs what makes the shards one campaign: give all of them the same --as, as the engine's number of the run, or the same --seed",
    );
  }
  return { id, shard: shard.value };
}

/** The seed of a campaign that has a name and no seed. */
export function seedOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0);
}

/** The id of a campaign that has a seed and no name: equal wherever the same is asked for. */
export function idOf(head: Plan['campaign'], cases: readonly PlannedCase[]): string {
  const { seed, warmupMs, warmupAuto, durationMs, trialsPlanned, search, repeat, reuse, tune, hostNetwork } = head;
  const asked = { seed, warmupMs, warmupAuto, durationMs, trialsPlanned, search, repeat, reuse, tune, hostNetwork };
  const text = JSON.stringify([asked, cases.map((planned) => caseKey(planned.case))]);
  return `shared-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** The record of this shard of a plan of the whole. Throws CliError where it has nothing to do. */
export function shardsOf(plan: Plan, { index, count }: Shard): Shards {
  const { campaign, cases, schedule } = together(plan);
  const { shardOf, units } = cutIntoShards(
    schedule.planned,
    cases.map((planned) => planned.case),
    count,
    campaign,
  );
  if (count > Math.max(1, units)) {
    throw new CliError(
      EXIT.usage,
      `--shard ${index}/${count}: what is compared with each other stays together, and there are ${units} such parts: give at most ${Math.min(index, units)}/${units}`,
    );
  }
  const trials = schedule.planned.filter((planned) => shardOf(planned) === index).length;
  return { count, of: schedule.planned.length, parts: [{ index, trials }], unlike: [] };
}

/** Throws CliError where there is a campaign of that name already: a new one would get another, and not be of one with its shards. */
export function refuseTaken(store: Store, id: string): void {
  if (store.head(id) === null) return;
  throw new CliError(
    EXIT.usage,
    `campaign ${id} is in these results already: go on with it by --resume ${id}, or give each shard a folder of its own (VSWBENCH_RESULTS)`,
  );
}
