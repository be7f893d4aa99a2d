// SPDX-License-Identifier: Apache-2.0
// All that can be asked for: a fixed list, so that no address reaches a file.
import { CAMPAIGN_ID } from '../model/campaign-row.ts';
import { PARAMETER_KEYS } from '../model/parameters.ts';
import { trialNamed } from '../report/trial.ts';
import type { Store } from '../store/store.ts';
import type { Assets } from './assets.ts';
import { campaignDocument } from './campaign.ts';
import { CampaignList, stateOf } from './campaigns.ts';
import type { Program } from './command.ts';
import { comparisonOf } from './comparison.ts';
import { Complained } from './complained.ts';
import type { AboutDocument, MeDocument } from './documents.ts';
import type { Holder } from './door.ts';
import { Kept } from './kept.ts';
import { type LabPlace, labRoutes } from './lab-routes.ts';
import type { LiveRuns } from './live.ts';
import { Reports } from './reports.ts';
import type { Results } from './results.ts';
import { type Answer, change, documentOf, HTML, JSON_TYPE, open, type Route, read } from './route.ts';
import { type Machine, runRoutes } from './run-routes.ts';
import { Tickets } from './tickets.ts';
import { caseDocument, trialDocument } from './trials.ts';

export interface Home {
  about: AboutDocument;
  assets: Assets;
  results: Results;
  live: LiveRuns;
  program: Program;
  /** What is measured by: this machine, or the testbeds of a lab. */
  place: Machine | LabPlace;
}

const ID = `(${CAMPAIGN_ID})`;

/** It may run its own scripts, but has no part in this site: it reads nothing here, and does not see the token. */
const REPORT_POLICY = "sandbox allow-scripts allow-downloads; frame-ancestors 'none'";

export function routesOf(home: Home): Route[] {
  const { about, assets, results, live, program, place } = home;
  const list = new CampaignList();
  const reports = new Reports(program);
  const campaigns = new Kept(CAMPAIGNS_KEPT_MAX);
  const tickets = new Tickets();
  const isLab = place.kind === 'lab';
  const runningNow = async () => (isLab ? place.lab.running() : live.campaigns());
  const page = (path: string, depth: 0 | 1) => open(path, () => ({ type: HTML, body: assets.shell(depth) }));
  const withStore = (use: (store: Store) => unknown): Answer | null => documentOf(use(storeOf(results)));
  const rowOf = (store: Store, id: string) => store.list().find((row) => row.id === id);
  return [
    ...['/', '/compare', ...(isLab ? ['/queue', '/fleet', '/submit', '/sign-in'] : ['/start'])].map((path) =>
      page(path, 0),
    ),
    page(`/campaigns/${ID}`, 1),
    ...(isLab ? labRoutes(place) : runRoutes(place, about, results)),
    {
      ...{ method: 'GET', path: /^(\/assets\/[0-9a-f]{16}\/[\w.-]+)$/, access: 'open' },
      answer({ parts: [path = ''] }) {
        const file = assets.files.get(path);
        return file === undefined ? null : { ...file, isForGood: true };
      },
    },
    read('/api/about', () => documentOf(about)),
    open('/api/me', ({ holder }) => documentOf(meOf(isLab, holder))),
    read('/api/campaigns', async () => {
      const running = await runningNow();
      return results.store() === null
        ? documentOf({ campaigns: [], choices: [] })
        : withStore((store) => list.document(store, running));
    }),
    read(`/api/campaigns/${ID}`, async ({ parts: [id = ''] }) => {
      const running = await runningNow();
      const store = storeOf(results);
      const row = rowOf(store, id);
      if (row === undefined) return null;
      const state = stateOf(row, running);
      const body = await campaigns.of(id, JSON.stringify([row, state]), async () => {
        const told = results.cases(store, id);
        if (told === null) throw new Complained(404, `there is no campaign ${id} any more`);
        return JSON.stringify(campaignDocument(told, row, state));
      });
      return { type: JSON_TYPE, body };
    }),
    read(`/api/campaigns/${ID}/cases/(\\d{1,6})`, ({ parts: [id = '', index] }) =>
      withStore((store) => {
        const campaign = store.head(id);
        return campaign === null ? null : caseDocument(store, campaign, Number(index));
      }),
    ),
    read(`/api/campaigns/${ID}/trials/(\\d{1,6}/[1-9]\\d{0,5}(?:/repetition)?)`, ({ parts: [id = '', name = ''] }) =>
      withStore((store) => {
        const [campaign, asked] = [store.head(id), trialNamed(name)];
        return campaign === null || asked === null ? null : trialDocument(store, campaign, asked);
      }),
    ),
    read(`/api/campaigns/${ID}/parts`, async ({ parts: [id = ''], query, signal }) => {
      const store = results.store();
      const row = store === null ? undefined : rowOf(store, id);
      if (row === undefined) return null;
      const only = PARAMETER_KEYS.flatMap((key) => query.getAll(key).map((value) => `${key}=${value}`));
      return { type: JSON_TYPE, body: await reports.parts(id, JSON.stringify(row), only, signal) };
    }),
    read('/api/live', () => ({
      stream: (send) => {
        const ends = [live.watch(send), ...(isLab ? [place.watch.watch(send)] : [])];
        return () => {
          for (const end of ends) end();
        };
      },
    })),
    read('/api/compare', async ({ query, signal }) => {
      const [a, b] = [campaignIn(query, 'a'), campaignIn(query, 'b')];
      return documentOf(await comparisonOf(program, a, b, query.get('across') === '1', signal));
    }),
    {
      ...read(`/campaigns/${ID}/report`, async ({ parts: [id = ''], signal }) => {
        const store = results.store();
        const row = store === null ? undefined : rowOf(store, id);
        if (row === undefined) return null;
        const body = await reports.of(id, JSON.stringify(row), signal);
        return { type: HTML, body, policy: REPORT_POLICY };
      }),
      admits: (url) => tickets.admits(url),
    },
    change(`/api/campaigns/${ID}/report`, ({ parts: [id = ''] }) =>
      documentOf({ path: tickets.issue(`/campaigns/${id}/report`) }),
    ),
  ];
}

function meOf(isLab: boolean, holder: Holder | null): MeDocument {
  return { isLab, user: holder?.user ?? null, isAdmin: holder?.isAdmin === true };
}

/** One of a thousand cases has a megabyte, and takes a quarter of a second to make. */
const CAMPAIGNS_KEPT_MAX = 8;

function storeOf(results: Results): Store {
  const store = results.store();
  if (store === null) throw new Complained(404, "nothing has been measured yet: run 'sudo vswbench run'");
  return store;
}

/** An id, and nothing that a command would take for an option or a path. */
function campaignIn(query: URLSearchParams, name: string): string {
  const id = query.get(name) ?? '';
  if (!new RegExp(`^${ID}$`).test(id)) throw new Complained(400, `${name}= takes the id of a campaign`);
  return id;
}
