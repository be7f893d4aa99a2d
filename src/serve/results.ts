// SPDX-License-Identifier: Apache-2.0
// What the server reads. How a campaign's cases are summarized is the command line's to know, as it keeps the summaries.
import type { CaseResult, StoredCampaign } from '../model/result.ts';
import type { Store } from '../store/store.ts';

export interface Results {
  /** The folder with the store. */
  folder: string;
  /** The store; null as long as nothing was measured. */
  store(): Store | null;
  /** A campaign with what the trials of each of its cases tell, but nothing that compares cases; null where there is none. */
  cases(store: Store, id: string): { campaign: StoredCampaign; results: CaseResult[] } | null;
}
