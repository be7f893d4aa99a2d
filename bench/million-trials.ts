// SPDX-License-Identifier: Apache-2.0
// How long a lab's year is searched: a million trials in PostgreSQL, a thousand campaigns of a hundred cases. `node bench/million-trials.ts`

import { resultOf } from '../src/cli/results.ts';
import { openStore } from '../src/store/store.ts';
import { storedCampaign, storedCase, testCase } from '../test/fixtures/campaign.ts';
import { startPostgres } from '../test/postgres.ts';

const CAMPAIGNS = Number(process.argv[2] ?? 1000);
const TRIALS = 10;

const SWITCHES = ['linux-bridge', 'ovs', 'vpp', 'direct', 'macvlan'];
const SIZES = [64, 128, 256, 512, 1024, 1500];
const cases = SWITCHES.flatMap((id) =>
  SIZES.flatMap((packetSize) => [1, 2, 4].map((pairs) => testCase({ switch: id, packetSize, pairs }))),
).concat(
  SIZES.map((packetSize) => testCase({ packetSize, dimension: 'latency', rate: 1000 })),
  SWITCHES.slice(1).map((id) => testCase({ switch: id, dimension: 'latency', rate: 1000 })),
);

const server = await startPostgres();
try {
  const location = await server.fresh();
  const database = /t\d+/.exec(location)?.[0] ?? '';
  const model = storedCampaign({
    id: 'year-0',
    cases: cases.map((one, index) => storedCase({ case: one, pps: 1e6 + index }, TRIALS, 0.02, index)),
  });
  const store = openStore(location);
  store.importCampaign(model, (index) => model.cases[index]?.trials ?? []);
  await timed('generated', () =>
    server.run(
      database,
      `ALTER TABLE vswbench.trials DISABLE TRIGGER USER;
       INSERT INTO vswbench.campaigns (id, started, started_at, ended_at, trials_planned, repeat, title_json, head_json, hosts_json)
         SELECT 'year-' || n, started + n * interval '8 hours', started_at, ended_at, trials_planned, repeat, title_json, head_json, hosts_json
         FROM vswbench.campaigns, generate_series(1, ${CAMPAIGNS - 1}) AS n;
       INSERT INTO vswbench.cases SELECT number, case_index, case_key, parameters, skipped_json, revision, rounds_done, repetitions_owed
         FROM vswbench.cases, vswbench.campaigns WHERE campaign = 1 AND number > 1;
       INSERT INTO vswbench.trials SELECT number, case_index, round, ordinal, seed, trials.started, outcome, disturbed, flags, duration_s, throughput_pps,
           rtt_packets, rtt_p50_ns, rtt_p99_ns, background_capacity_pps, burst_longest_packets, churn_json, record, samples, histograms
         FROM vswbench.trials, vswbench.campaigns WHERE campaign = 1 AND number > 1;
       ALTER TABLE vswbench.trials ENABLE TRIGGER USER;
       ANALYZE`,
    ),
  );
  const [size] = await server.run(
    database,
    `SELECT count(*)::integer AS trials, round(pg_total_relation_size('vswbench.trials') / count(*)) AS bytes FROM vswbench.trials`,
  );
  console.log(`${size?.trials} trials, ${size?.bytes} bytes each`);
  const id = `year-${CAMPAIGNS >> 1}`;
  await timed('list', () => store.list());
  await timed('a campaign, from its trials', () => resultOf(store, id));
  await timed('a campaign, from kept summaries', () => resultOf(store, id));
  await timed('values of its parameters', () => store.parameterValues(id));
  await timed('its nearest neighbour', () =>
    store.neighbours({ id, startedAt: model.startedAt }, 'direct', 1e10).next(),
  );
  await timed('cases of all campaigns by parameters', () =>
    server.run(
      database,
      `SELECT id, case_index FROM vswbench.cases JOIN vswbench.campaigns ON number = campaign
       WHERE parameters @> '{"switch": "ovs", "packetSize": 64, "pairs": 2}'`,
    ),
  );
  store.close();
} finally {
  await server.stop();
}

async function timed(what: string, work: () => unknown): Promise<void> {
  const before = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - before) / 1000).toFixed(2)} s`);
}
