// SPDX-License-Identifier: Apache-2.0
// All that can be asked for: a fixed list, so that no address reaches a file. What changes something is a POST with the token.

import { join } from 'node:path';
import { z } from 'zod';
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
import type { AboutDocument, StartedRun } from './documents.ts';
import type { Access } from './door.ts';
import type { LiveRuns } from './live.ts';
import { Reports } from './reports.ts';
import type { Results } from './results.ts';
import type { Runs } from './runs.ts';
import { Tickets } from './tickets.ts';
import { caseDocument, trialDocument } from './trials.ts';

export interface Request {
  /** What the groups of the path matched. */
  parts: readonly string[];
  query: URLSearchParams;
  body: unknown;
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
}

export type Answer =
  | {
      status?: number;
      type: string;
      body: string;
      /** In place of the usual Content-Security-Policy. */
      policy?: string;
      /** What has this address never changes. */
      isForGood?: boolean;
    }
  /** Begins a stream of events; what is returned ends it. */
  | { stream: (send: (event: string, data: unknown) => void) => () => void };

export interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  access: Access;
  /** Null where there is no such thing. Throws Complained. */
  answer(request: Request): Answer | null | Promise<Answer | null>;
  /** Whether the address itself says that it may be read. */
  admits?(url: URL): boolean;
}

export interface Home {
  about: AboutDocument;
  assets: Assets;
  results: Results;
  live: LiveRuns;
  runs: Runs;
  /** Throws where a file is no campaign, before anything is started. */
  checkCampaign(path: string): void;
  program: Program;
}

const ID = `(${CAMPAIGN_ID})`;
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** It may run its own scripts, but has no part in this site: it reads nothing here, and does not see the token. */
const REPORT_POLICY = "sandbox allow-scripts allow-downloads; frame-ancestors 'none'";

export function routesOf(home: Home): Route[] {
  const { about, assets, results, live, runs, program } = home;
  const list = new CampaignList();
  const reports = new Reports(program);
  const tickets = new Tickets();
  const running = () => live.campaigns();
  const shell = () => ({ type: HTML, body: assets.shell });
  const withStore = (use: (store: Store) => unknown): Answer | null => {
    const store = results.store();
    if (store === null) throw new Complained(404, "nothing has been measured yet: run 'sudo vswbench run'");
    return documentOf(use(store));
  };
  const rowOf = (store: Store, id: string) => store.list().find((row) => row.id === id);
  return [
    ...['/', `/campaigns/${ID}`, '/compare', '/start'].map((path) => page(path, shell)),
    {
      ...{ method: 'GET', path: /^(\/assets\/[0-9a-f]{16}\/[\w.-]+)$/, access: 'open' },
      answer({ parts: [path = ''] }) {
        const file = assets.files.get(path);
        return file === undefined ? null : { ...file, isForGood: true };
      },
    },
    read('/api/about', () => documentOf(about)),
    read('/api/campaigns', () =>
      results.store() === null
        ? documentOf({ campaigns: [], choices: [] })
        : withStore((store) => list.document(store, running())),
    ),
    read(`/api/campaigns/${ID}`, ({ parts: [id = ''] }) =>
      withStore((store) => {
        const [row, told] = [rowOf(store, id), results.cases(store, id)];
        return row === undefined || told === null ? null : campaignDocument(told, row, stateOf(row, running()));
      }),
    ),
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
    read('/api/live', () => ({ stream: (send) => live.watch(send) })),
    read('/api/runs', () => documentOf({ runs: runs.list() })),
    change('/api/runs', ({ body }) => documentOf(startOf(home, body))),
    change('/api/runs/(\\d{1,9})/stop', ({ parts: [number] }) => documentOf(runs.stop(Number(number)))),
    change(`/api/campaigns/${ID}/resume`, ({ parts: [id = ''] }) =>
      withStore((store) =>
        rowOf(store, id) === undefined ? null : runs.start(`campaign ${id}, resumed`, ['--resume', id]),
      ),
    ),
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

function page(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path: new RegExp(`^${path}$`), access: 'open', answer };
}

function read(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path: new RegExp(`^${path}$`), access: 'read', answer };
}

function change(path: string, answer: Route['answer']): Route {
  return { method: 'POST', path: new RegExp(`^${path}$`), access: 'change', answer };
}

/** One of the files that come with vswbench, by its name, or a campaign as text. */
const StartSchema = z.union([z.strictObject({ file: z.string() }), z.strictObject({ yaml: z.string() })]);

function startOf({ about, runs, checkCampaign }: Home, body: unknown): StartedRun {
  const asked = StartSchema.safeParse(body);
  if (!asked.success) throw new Complained(400, 'give {"file": NAME} or {"yaml": TEXT}');
  if ('yaml' in asked.data) return runs.startText(asked.data.yaml, checked(checkCampaign));
  const { file } = asked.data;
  if (!about.files.includes(file)) throw new Complained(404, `there is no ${file} among ${about.files.join(', ')}`);
  return runs.start(file, [join(about.campaigns, file)]);
}

/** What is wrong with the text is told without the path at which it lay for a moment. */
function checked(check: (path: string) => void): (path: string) => void {
  return (path) => {
    try {
      check(path);
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      throw new Complained(422, told.replaceAll(path, 'the campaign'));
    }
  };
}

function documentOf(value: unknown): Answer | null {
  return value === null ? null : { type: JSON_TYPE, body: JSON.stringify(value) };
}

/** An id, and nothing that a command would take for an option or a path. */
function campaignIn(query: URLSearchParams, name: string): string {
  const id = query.get(name) ?? '';
  if (!new RegExp(`^${ID}$`).test(id)) throw new Complained(400, `${name}= takes the id of a campaign`);
  return id;
}
