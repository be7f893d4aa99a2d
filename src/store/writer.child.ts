// SPDX-License-Identifier: Apache-2.0
// A process for store.test.ts: `writer.child.ts PATH ID COUNT` records a campaign with COUNT trials, and tells each
// ordinal on standard output once it is saved.
import { writeSync } from 'node:fs';
import { storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign, Trial } from '../model/result.ts';
import { openStore } from './store.ts';

const ONE = testCase({ dimension: 'latency', switch: 'ovs', io: 'dpdk', rate: 1000 });

/** The trial of a round. */
export function writtenTrial(round: number): Trial {
  return trial({ case: ONE, pps: 1000 + round, round, seed: 3 });
}

/** The campaign as it is once `count` trials are saved. */
export function writtenCampaign(id: string, count: number): StoredCampaign {
  const trials = Array.from({ length: count }, (_, round) => writtenTrial(round));
  return storedCampaign({ id, endedAt: null, cases: [{ case: ONE, skipped: null, trials }] });
}

if (process.argv[1] === import.meta.filename) {
  const [path = '', id = '', count = ''] = process.argv.slice(2);
  const store = openStore(path);
  store.createCampaign({ ...writtenCampaign(id, 0), cases: [{ case: ONE, skipped: null }] });
  for (let ordinal = 0; ordinal < Number(count); ordinal++) {
    store.saveTrial(id, 0, writtenTrial(ordinal));
    // Not through a stream: what is told must be out before the next trial begins.
    writeSync(1, `${ordinal}\n`);
  }
  store.close();
}
