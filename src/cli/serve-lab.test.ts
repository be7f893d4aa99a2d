// SPDX-License-Identifier: Apache-2.0
// The browser of a lab, over real sockets and a real database: who may do what, below which path it lies, and what it never tells.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, it } from 'node:test';
import { table2Campaign } from '../../test/fixtures/campaign.ts';
import { startPrefixProxy } from '../../test/fixtures/prefix-proxy.ts';
import { scriptedBench } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { Database } from '../fleet/database.ts';
import { readState, register } from '../fleet/lab.ts';
import { addToken, holderOf } from '../fleet/tokens.ts';
import { readAssets } from '../serve/assets.ts';
import { LabWatch } from '../serve/lab-watch.ts';
import { LiveRuns } from '../serve/live.ts';
import type { Route } from '../serve/route.ts';
import { routesOf } from '../serve/routes.ts';
import { type Serving, startServer } from '../serve/server.ts';
import { openStore, type Store } from '../store/store.ts';
import { casesOf } from './results.ts';
import { labOf } from './serve-lab.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ORIGIN = 'https://lab.example';
const campaign = table2Campaign();
const YAML = 'title: Bridges\nswitch: linux-bridge\npacketSize: "64,1500"\ntrials: 3\n';

interface Heard {
  status: number;
  body: string;
}

interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Heard> {
  return new Promise((heard, failed) => {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const asked = request({ port, host: '127.0.0.1', path, method, headers: { ...json, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => heard({ status: response.statusCode ?? 0, body: text }));
    });
    asked.on('error', failed);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An address that a route takes. */
function pathOf({ path }: Route): string {
  const numbered = path.source.replaceAll('([1-9]\\d{0,8})', '1').replaceAll('(\\d{1,9})', '1');
  const named = numbered
    .replace(/\(\[[^)]*\)/, campaign.id)
    .replace(/^\^|\$$/g, '')
    .replaceAll('\\/', '/');
  assert.match(named, path, 'the test knows how to ask for every route');
  return named;
}

describe('the browser of a lab', { skip: NO_POSTGRES }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-serve-lab-'));
  let postgres: TestPostgres;
  let location: string;
  let database: Database;
  let store: Store;
  let serving: Serving;
  let routes: Route[];
  let tokens: Record<'ann' | 'bob' | 'root', string>;

  before(async () => {
    postgres = await startPostgres();
    location = await postgres.fresh();
    store = openStore(location);
    store.createCampaign(campaign);
    database = await Database.open(location);
    const lab = labOf(database);
    const token = async (user: string, isAdmin: boolean) => (await addToken(database.sql, { user, isAdmin })).text;
    tokens = { ann: await token('ann', false), bob: await token('bob', false), root: await token('root', true) };
    routes = routesOf({
      about: { version: '0', files: ['quick.yaml'], campaigns: join(ROOT, 'campaigns'), results: 'the lab' },
      assets: readAssets(ROOT),
      results: { folder, store: () => store, cases: casesOf },
      live: new LiveRuns(folder),
      program: { command: [process.execPath, '-e', 'process.exit(2)'], environment: {} },
      place: { kind: 'lab', lab, watch: new LabWatch(lab, { lookMs: 60_000 }) },
    });
    serving = await startServer({
      ...{ address: '127.0.0.1', port: 0, routes, keys: (text) => holderOf(database.sql, text) },
      rules: { isPublic: false, name: null, origin: ORIGIN, tokenHint: 'sign in' },
    });
    const bench = scriptedBench({ testbeds: [{ name: 'lab-1', machine: 'm1', kernel: '6.1' }], trialMs: 0 });
    await register(database.sql, { name: 'lab-1', worker: 'w', ...(await bench.look('lab-1', AbortSignal.abort())) });
  });
  afterEach(() =>
    database.sql('TRUNCATE fleet.submissions, fleet.blocks, fleet.reservations RESTART IDENTITY CASCADE'),
  );
  after(async () => {
    await serving?.close();
    store?.close();
    await database?.close();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  const as = (user: keyof typeof tokens) => ({ Authorization: `Bearer ${tokens[user]}` });
  const post = async (path: string, body: unknown, user: keyof typeof tokens) => {
    const heard = await ask(serving.port, path, { method: 'POST', headers: as(user), body });
    return { status: heard.status, told: JSON.parse(heard.body) };
  };
  const submitted = { what: { yaml: YAML } };
  const reserved = { testbed: 'lab-1', duration: '2h', why: 'new card' };
  const lab = async () => JSON.parse((await ask(serving.port, '/api/lab')).body);

  it('changes nothing for whoever has no token, comes from another site, or asks for another name, by any route', async () => {
    const changing = routes.filter(({ method }) => method !== 'GET');
    assert.ok(changing.length >= 5);
    const before = await lab();
    for (const route of changing) {
      assert.equal(route.access, 'change', route.path.source);
      const status = async (headers: Record<string, string>) =>
        (await ask(serving.port, pathOf(route), { method: 'POST', headers, body: submitted })).status;
      assert.equal(await status({}), 403, route.path.source);
      assert.equal(await status({ Authorization: 'Bearer guess' }), 403, route.path.source);
      assert.equal(await status({ Authorization: `Basic ${tokens.root}` }), 403, route.path.source);
      assert.equal(await status({ ...as('root'), Origin: 'https://evil.example' }), 403, route.path.source);
      assert.equal(await status({ ...as('root'), Host: 'evil.example' }), 403, route.path.source);
    }
    assert.ok(routes.every(({ access, method }) => method === 'GET' || access === 'change'));
    const open = routes.filter(({ access }) => access === 'open').map(({ path }) => path.source.replaceAll('\\/', '/'));
    assert.deepEqual(
      open.filter((path) => path.includes('/api/')),
      ['^/api/me$'],
      'what is open holds no data',
    );
    assert.deepEqual(await lab(), before);
  });

  it('lets everybody look, and starts nothing itself', async () => {
    for (const path of ['/', '/queue', '/fleet', '/submit', '/sign-in', '/api/campaigns', '/api/lab']) {
      assert.equal((await ask(serving.port, path, { headers: { Host: 'lab.example' } })).status, 200, path);
    }
    for (const path of ['/start', '/api/runs', '/vswbench/', '/queue/1']) {
      assert.equal((await ask(serving.port, path)).status, 404, path);
    }
    assert.equal((await post('/api/runs', { file: 'quick.yaml' }, 'root')).status, 404);
    const me = async (headers: Record<string, string>) =>
      JSON.parse((await ask(serving.port, '/api/me', { headers })).body);
    assert.deepEqual(await me({}), { isLab: true, user: null, isAdmin: false });
    assert.deepEqual(await me({ Authorization: 'Bearer guess' }), { isLab: true, user: null, isAdmin: false });
    assert.deepEqual(await me(as('ann')), { isLab: true, user: 'ann', isAdmin: false });
  });

  it('submits in the name of the token, and lets others than its owner and admins not cancel', async () => {
    const { status, told } = await post(
      '/api/lab/submissions',
      { ...submitted, testbedLike: 'cpus>=1', priority: 3 },
      'ann',
    );
    assert.equal(status, 200, JSON.stringify(told));
    const [row] = (await lab()).queue;
    assert.deepEqual(
      [row.id, row.user, row.title, row.priority, row.testbedLike],
      [told.id, 'ann', 'Bridges', 3, 'cpus>=1'],
    );
    assert.equal((await post('/api/lab/submissions', { ...submitted, user: 'bob' }, 'ann')).status, 400);
    const refused = await post(`/api/lab/submissions/${told.id}/cancel`, {}, 'bob');
    assert.equal(refused.status, 409);
    assert.equal(refused.told.error, `submission ${told.id} is ann's: only they take it back, or an admin of the lab`);
    assert.equal((await post(`/api/lab/submissions/${told.id}/cancel`, {}, 'ann')).status, 200);
    const again = await post('/api/lab/submissions', { what: { file: 'quick.yaml' } }, 'bob');
    assert.equal((await post(`/api/lab/submissions/${again.told.id}/cancel`, {}, 'root')).status, 200);
    const { queue, over } = await lab();
    assert.deepEqual(queue, []);
    assert.deepEqual(
      over.map(({ user, reason }: { user: string; reason: string }) => [user, reason]),
      [
        ['bob', 'by root'],
        ['ann', 'by ann'],
      ],
    );
  });

  it('measures once more what was submitted, by whoever asks for it', async () => {
    const { told } = await post('/api/lab/submissions', { ...submitted, testbedLike: '!virtual' }, 'ann');
    await database.sql("UPDATE fleet.submissions SET campaign_id = $1, state = 'done', rounds = 3", [campaign.id]);
    const of = JSON.parse((await ask(serving.port, `/api/lab/campaigns/${campaign.id}`)).body);
    assert.deepEqual(of, { submission: { id: told.id, user: 'ann' } });
    assert.equal((await post('/api/lab/submissions', { what: { again: campaign.id } }, 'bob')).status, 200);
    const states = async () =>
      JSON.parse((await ask(serving.port, '/api/campaigns')).body).campaigns.map(
        ({ state }: { state: string }) => state,
      );
    assert.deepEqual(await states(), ['unfinished']);
    const { open } = await readState(database.sql);
    const [{ submission }] = open as [(typeof open)[number]];
    assert.deepEqual([submission.user, submission.title, submission.testbedLike], ['bob', 'Bridges', '!virtual']);
    await database.sql("UPDATE fleet.submissions SET state = 'running' WHERE campaign_id IS NOT NULL");
    assert.deepEqual(await states(), ['running'], 'by a worker somewhere');
    const other = await post('/api/lab/submissions', { what: { again: '20990101-0000-000' } }, 'bob');
    assert.equal(other.status, 404);
  });

  it('refuses what is no campaign for a lab, in one line, and reads no file of the server for it', async () => {
    for (const [body, status, complaint] of [
      [{}, 400, /^what/],
      [{ what: { yaml: 'switch: [' } }, 422, /^the campaign is not YAML/],
      [{ what: { yaml: 'swiches: [ovs]' } }, 422, /^the campaign: unknown key 'swiches'/],
      [
        { what: { yaml: 'packetSize: /etc/sizes.csv' } },
        422,
        /'\/etc\/sizes\.csv' is a file: give the sizes themselves/,
      ],
      [{ what: { yaml: 'testbed: lab-1' } }, 422, /a lab chooses/],
      [{ what: { yaml: 'switch: nosuch' } }, 422, /nosuch/],
      [{ what: { file: '../../etc/passwd' } }, 404, /there is no/],
      [{ ...submitted, testbedLike: 'nosuch' }, 422, /--testbed-like: \^nosuch/],
      [{ ...submitted, at: 'noon' }, 422, /--at: 'noon' is no time/],
      [{ ...submitted, priority: 1e6 }, 400, /^priority/],
    ] as const) {
      const heard = await post('/api/lab/submissions', body, 'ann');
      assert.equal(heard.status, status, JSON.stringify(heard.told));
      assert.match(heard.told.error, complaint);
    }
    assert.equal((await post('/api/lab/submissions', { what: { yaml: 'x'.repeat(300_000) } }, 'ann')).status, 413);
    assert.deepEqual((await lab()).queue, []);
  });

  it('reserves in the name of the token, and only its owner and admins release', async () => {
    const { status, told } = await post('/api/lab/reservations', { ...reserved, from: '' }, 'ann');
    assert.equal(status, 200, JSON.stringify(told));
    const shown = await lab();
    assert.deepEqual(shown.reservations, [told]);
    assert.equal(shown.testbeds[0].doing, 'reserved by ann: new card');
    assert.equal(shown.testbeds[0].until, told.until);
    const late = await post('/api/lab/reservations', reserved, 'bob');
    assert.equal(late.status, 409);
    assert.match(late.told.error, /^ann has lab-1 from .* until /);
    assert.equal((await post('/api/lab/reservations', { ...reserved, duration: '2' }, 'bob')).status, 422);
    assert.equal((await post(`/api/lab/reservations/${told.id}/cancel`, {}, 'bob')).status, 409);
    assert.equal((await post(`/api/lab/reservations/${told.id}/cancel`, {}, 'ann')).status, 200);
    const next = await post('/api/lab/reservations', reserved, 'bob');
    assert.equal((await post(`/api/lab/reservations/${next.told.id}/cancel`, {}, 'root')).status, 200);
    assert.deepEqual((await lab()).reservations, []);
  });

  it('says what to do about a testbed that is not well', async () => {
    const health = { state: 'drifted', since: '2026-03-01T09:59:58.000Z', reason: 'throughput of udp −21 %' };
    const become = (value: unknown) => database.sql('UPDATE fleet.testbeds SET health = $1', [JSON.stringify(value)]);
    await become(health);
    const [{ isWell, ailment }] = (await lab()).testbeds;
    assert.equal(isWell, false);
    assert.match(ailment.what, /^drifted, last good at 2026-03-01 09:59 UTC: throughput of udp −21 %$/);
    assert.equal(ailment.command, 'vswbench canary --testbed lab-1 --accept WHY');
    await become({ state: 'good' });
    assert.equal((await lab()).testbeds[0].ailment, null);
  });

  it('lies below whatever path a reverse proxy has it: all that a page loads is found from there', async () => {
    const proxy = await startPrefixProxy(() => serving.port, 'lab.example');
    const { port } = proxy;
    const headers = { Origin: ORIGIN };
    try {
      for (const path of ['', 'queue', `campaigns/${campaign.id}`]) {
        const page = new URL(`http://lab.example/deep/path/${path}`);
        const { status, body } = await ask(port, page.pathname, { headers });
        assert.equal(status, 200);
        const links = [...body.matchAll(/(?:src|href)="([^"#]*)"/g)].map(
          ([, link = '']) => new URL(link, page).pathname,
        );
        assert.ok(links.length >= 5);
        for (const link of links) assert.equal((await ask(port, link, { headers })).status, 200, link);
      }
      assert.equal((await ask(port, '/queue', { headers })).status, 404);
      assert.equal((await ask(port, '/deep/path/deep/path/', { headers })).status, 404);
      const asked = { method: 'POST', headers: { ...headers, ...as('ann') }, body: submitted };
      assert.equal((await ask(port, '/deep/path/api/lab/submissions', asked)).status, 200);
    } finally {
      proxy.close();
    }
  });

  it('tells those who look on what somebody has changed', async () => {
    const told: string[] = [];
    const asked = request({ port: serving.port, host: '127.0.0.1', path: '/api/live' });
    asked.end();
    const user = await new Promise<string>((heard, failed) => {
      asked.on('error', failed);
      asked.on('response', (response) => {
        const lines = createInterface({ input: response });
        for (const emitter of [response, lines]) emitter.on('error', () => undefined);
        lines.on('line', (line) => {
          if (!line.startsWith('data: {"lab"')) return;
          told.push(line);
          const { queue } = JSON.parse(line.slice('data: '.length)).lab;
          if (queue.length > 0) heard(queue[0].user);
          else void post('/api/lab/submissions', submitted, 'ann').catch(failed);
        });
      });
    });
    asked.destroy();
    assert.equal(user, 'ann');
    assert.equal(told.length, 2, 'what has not changed is not told');
  });

  it('says when the database is away, and goes on when it is back', async () => {
    await postgres.crash();
    const { status, body } = await ask(serving.port, '/api/lab');
    assert.equal(status, 503, body);
    assert.match(JSON.parse(body).error, /is not reached .*: check that PostgreSQL runs there$/);
    assert.equal((await ask(serving.port, '/')).status, 200);
    await postgres.start();
    assert.equal((await ask(serving.port, '/api/lab')).status, 200);
    assert.equal((await post('/api/lab/submissions', submitted, 'ann')).status, 200);
  });

  it('tells the password of the store to nobody, and takes no token that would be everybody’s', async () => {
    const name = new URL(location).pathname.slice(1);
    const password = 'a-secret-of-the-lab';
    await postgres.requirePassword('lab', password, name);
    await postgres.run(name, 'GRANT USAGE ON SCHEMA vswbench, fleet TO lab');
    for (const schema of ['vswbench', 'fleet']) {
      await postgres.run(
        name,
        `GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO lab; GRANT ALL ON ALL SEQUENCES IN SCHEMA ${schema} TO lab`,
      );
    }
    const url = new URL(location);
    url.searchParams.delete('user');
    const named = `postgres://lab:${password}@/${name}?${url.searchParams}`;
    const run = (args: string[]) => {
      const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'serve', '--port', '0', ...args], {
        env: { ...process.env, VSWBENCH_STORE: named, VSWBENCH_RESULTS: folder, VSWBENCH_TOKEN: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const output of [child.stdout, child.stderr]) {
        output.setEncoding('utf8').on('data', (part: string) => {
          said += part;
        });
      }
      return { child, said: () => said };
    };
    const refused = run(['--token', 'a-token-of-everybody']);
    const [code] = await once(refused.child, 'close');
    assert.equal(code, 2);
    assert.match(refused.said(), /--token: in a lab people have tokens of their own/);
    const { child, said } = run([]);
    for await (const line of createInterface({ input: child.stdout })) {
      const port = Number(/^http:\/\/127\.0\.0\.1:(\d+)\/$/.exec(line)?.[1]);
      const heard = [];
      for (const route of routes.filter(({ path }) => !path.source.includes('live')))
        if (!/assets|compare|parts|report|cases|trials/.test(route.path.source)) {
          heard.push(
            (await ask(port, pathOf(route), { method: route.method, headers: as('root'), body: submitted })).body,
          );
        }
      const seen = [said(), readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), ...heard].join('\n');
      assert.match(seen, /postgres:\/\/lab@/);
      assert.doesNotMatch(seen, new RegExp(password));
      child.kill('SIGINT');
      break;
    }
    if (child.exitCode === null) await once(child, 'close');
    assert.doesNotMatch(said(), new RegExp(password));
  });
});
