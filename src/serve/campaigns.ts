// SPDX-License-Identifier: Apache-2.0
// All campaigns, and by which parameters they may be filtered.
import { type CampaignRow, isUnfinished } from '../model/campaign-row.ts';
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey } from '../model/parameters.ts';
import type { Store } from '../store/store.ts';
import type { CampaignsDocument, Choice, ListedCampaign } from './documents.ts';

/** The values that the cases of a campaign have, by parameter. */
type Values = Partial<Record<ParameterKey, string[]>>;

/** The cases of a campaign never change: what was read of them once is kept. */
export class CampaignList {
  private readonly known = new Map<string, Values>();

  /** The latest first. `running` are the campaigns that are being measured now. */
  document(store: Store, running: ReadonlySet<string>): CampaignsDocument {
    const campaigns = store
      .list()
      .toReversed()
      .map((row) => ({ ...row, state: stateOf(row, running), values: this.valuesOf(store, row.id) }));
    return { campaigns, choices: choicesIn(campaigns.map(({ values }) => values)) };
  }

  private valuesOf(store: Store, id: string): Values {
    const known = this.known.get(id) ?? Object.fromEntries(store.parameterValues(id));
    this.known.set(id, known);
    return known;
  }
}

export function stateOf(row: CampaignRow, running: ReadonlySet<string>): ListedCampaign['state'] {
  if (running.has(row.id)) return 'running';
  return isUnfinished(row) ? 'unfinished' : 'finished';
}

/** The parameters of which there is more than one value, in the order in which a case is told. */
export function choicesIn(all: readonly Values[]): Choice[] {
  return PARAMETER_KEYS.map((key) => ({
    key,
    title: PARAMETERS[key].title,
    values: [...new Set(all.flatMap((values) => values[key] ?? []))].sort(byNumber),
  })).filter(({ values }) => values.length > 1);
}

const collator = new Intl.Collator('en', { numeric: true });

function byNumber(a: string, b: string): number {
  return collator.compare(a, b);
}
