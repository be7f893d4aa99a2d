// SPDX-License-Identifier: Apache-2.0
// A campaign of the options on the command line from plan to report: its trials are invented, and all else is as it is. Prints as JSON what
// became of it. Run with the path of a results file that there is not, and the options.
import { DatabaseSync } from 'node:sqlite';
import { Command } from 'commander';
import { readCampaign } from '../../src/cli/campaign-file.ts';
import { addCampaignOptions } from '../../src/cli/campaign-options.ts';
import type { Framework } from '../../src/model/dataplane.ts';
import { caseKey } from '../../src/model/testcase.ts';
import { expandCampaign } from '../../src/plan/expand.ts';
import type { SwitchOffer } from '../../src/plan/offer.ts';
import { reproduceCommand } from '../../src/report/command.ts';
import { renderHtml } from '../../src/report/html.ts';
import { jsonText } from '../../src/report/json.ts';
import { CASES, caseRows } from '../../src/report/tables/cases.ts';
import { csvText } from '../../src/report/tables/columns.ts';
import { renderSummary } from '../../src/report/terminal.ts';
import { titleOf } from '../../src/report/title.ts';
import { toCampaignResult } from '../../src/stats/campaign.ts';
import { verdicts } from '../../src/stats/verdict.ts';
import { openStore } from '../../src/store/store.ts';
import { storedCampaign, storedCase } from '../fixtures/campaign.ts';
import { plainCpus } from '../fixtures/cpus.ts';

const [path = '', ...args] = process.argv.slice(2);
const asked = readCampaign(undefined, addCampaignOptions(new Command()).parse(args, { from: 'user' }).opts());

const offer = (id: string): SwitchOffer => ({
  ...{ id, title: id, ports: ['netdev'], locations: ['local'], threads: 0 },
  available: { ok: true, version: '1' },
});
const framework: Framework = {
  ...{ name: 'udp', title: 'UDP sockets', built: true, usable: true, why: null, whole_frames: false },
  ...{ super_packets: false, can_block: true, ports: ['netdev'], hugepage_bytes: 0, jumbo_hugepage_bytes: 0 },
  ...{ flow_fields: [], headers: [], answers_to_any_port: true, mixed_sizes: true },
  ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
};
const near = { name: 'local', switches: ['ovs', 'linux-bridge'].map(offer), cpus: plainCpus(8) };
const expanded = expandCampaign(asked, [
  { name: 'local', frameworks: [framework], near, far: null, sameMachine: false },
]);
if (!expanded.ok) throw new Error(expanded.error);

const cases = expanded.value.map((planned) => planned.case);
const campaign = storedCampaign({
  title: titleOf(cases, false),
  cases: cases.map((one, index) => storedCase({ case: one, pps: 100_000 * (index + 1) }, 6, 0.01, index)),
});
const store = openStore(path);
store.createCampaign({ ...campaign, cases: expanded.value });
for (const [index, { trials }] of campaign.cases.entries()) {
  for (const trial of trials) store.saveTrial(campaign.id, index, trial);
}
const read = store.load();
store.close();
if (read === null) throw new Error('nothing was stored');
const result = toCampaignResult(read);
const db = new DatabaseSync(path, { readOnly: true });
const rows = db.prepare('SELECT * FROM trial_results').all();
db.close();
console.log(
  JSON.stringify({
    title: result.title,
    keys: result.results.map((one) => caseKey(one.case)),
    verdicts: verdicts(result.results).map(({ group, contenders }) => ({
      group,
      contenders: contenders.map((one) => one.case),
    })),
    line: reproduceCommand(result),
    terminal: renderSummary(result, { columns: 200, color: false }),
    page: await renderHtml(result),
    csv: [...csvText(CASES, caseRows(result))].join(''),
    document: [...jsonText(result, (index) => read.cases[index]?.trials ?? [])].join(''),
    rows,
  }),
);
