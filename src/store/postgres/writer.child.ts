// SPDX-License-Identifier: Apache-2.0
// A thread for postgres-store.test.ts: `writer.child.ts LOCATION FIRST` makes the campaign where it is absent, and saves every second
// of its rounds from the first on.
import { storedCampaign, testCase, trial } from '../../../test/fixtures/campaign.ts';
import { openStore, StoreError } from '../store.ts';

const [location = '', first = ''] = process.argv.slice(2);
const one = testCase();
const store = openStore(location);
try {
  store.createCampaign({ ...storedCampaign({ id: 'x', endedAt: null }), cases: [{ case: one, skipped: null }] });
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
}
for (let round = Number(first); round < 40; round += 2) {
  store.saveTrial('x', 0, trial({ case: one, pps: 1000 + round, round }));
}
store.close();
