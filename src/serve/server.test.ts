// SPDX-License-Identifier: Apache-2.0
// The server as others see it, over real sockets.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { table2Campaign } from '../../test/fixtures/campaign.ts';
import { readCampaign } from '../cli/campaign-file.ts';
import { casesOf } from '../cli/results.ts';
import { openStore, type Store } from '../store/store.ts';
import { readAssets } from './assets.ts';
import type { Program } from './command.ts';
import { oneKey } from './door.ts';
import { LiveRuns } from './live.ts';
import { read } from './route.ts';
import { routesOf } from './routes.ts';
import { Runs } from './runs.ts';
import { type Serving, startServer } from './server.ts';

const token = 'a-token-that-nobody-guesses';
const bearer = { Authorization: `Bearer ${token}` };
const campaign = table2Campaign();

interface Heard {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Not by fetch, which does not let a caller say another Host. */
function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Heard> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((heard, failed) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => heard({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.on('error', failed);
    asked.end(body);
  });
}

describe('the server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-serve-test-'));
  const temporary = join(folder, 'temporary');
  const { TMPDIR } = process.env;
  let store: Store;
  let here: Serving;
  let abroad: Serving;
  /** How often what trials told was gone through. */
  let looks = 0;
  /** Of all that changes something. */
  let paths: string[];

  before(async () => {
    mkdirSync(temporary);
    process.env.TMPDIR = temporary;
    store = openStore(join(folder, 'vswbench.db'));
    const { cases, ...head } = campaign;
    store.createCampaign({ ...head, cases });
    for (const [index, { trials }] of cases.entries())
      for (const trial of trials) store.saveTrial(head.id, index, trial);
    const program: Program = {
      command: [process.execPath, '-e', 'process.stderr.write("vswbench: there is no campaign\\n");process.exit(2)'],
      environment: {},
    };
    const routes = () =>
      routesOf({
        about: { version: '0', files: ['quick.yaml'], campaigns: '/campaigns', results: folder },
        assets: readAssets(resolve(import.meta.dirname, '../..')),
        live: new LiveRuns(folder),
        place: {
          kind: 'machine',
          runs: new Runs(program),
          checkCampaign: (path: string) => void readCampaign(path, {}),
        },
        results: {
          ...{ folder, store: () => store },
          cases: (from, id) => {
            looks += 1;
            return casesOf(from, id);
          },
        },
        program,
      });
    paths = routes().flatMap(({ method, path }) => (method === 'GET' ? [] : [path.source]));
    const listen = (isPublic: boolean) =>
      startServer({
        ...{ address: '127.0.0.1', port: 0, routes: routes(), keys: oneKey(token, { user: 'ann', isAdmin: true }) },
        rules: { isPublic, name: null, origin: null, tokenHint: 'this takes the token' },
      });
    [here, abroad] = await Promise.all([listen(false), listen(true)]);
  });
  after(async () => {
    await Promise.all([here.close(), abroad.close()]);
    store.close();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells campaigns, cases and trials', async () => {
    const list = JSON.parse((await ask(here.port, '/api/campaigns')).body);
    assert.deepEqual(
      list.campaigns.map((one: { id: string }) => one.id),
      [campaign.id],
    );
    const page = JSON.parse((await ask(here.port, `/api/campaigns/${campaign.id}`)).body);
    assert.equal(page.tables[0].rows.length, campaign.cases.length);
    const one = JSON.parse((await ask(here.port, `/api/campaigns/${campaign.id}/cases/1`)).body);
    assert.equal(one.trials.length, campaign.cases[1]?.trials.length);
    const trial = JSON.parse((await ask(here.port, `/api/campaigns/${campaign.id}/trials/1/2`)).body);
    assert.equal(trial.round, 2);
    assert.ok(trial.figures.length > 10);
    for (const path of ['cases/999', 'trials/0/999', 'trials/999/1']) {
      assert.equal((await ask(here.port, `/api/campaigns/${campaign.id}/${path}`)).status, 404, path);
    }
    assert.equal((await ask(here.port, '/api/campaigns/20990101-0000-000')).status, 404);
    // As run --as takes it.
    assert.equal((await ask(here.port, '/campaigns/gh-71.2_a')).status, 200);
  });

  it('refuses foreign names, foreign origins and a missing token', async () => {
    const change = { method: 'POST', body: '{}' };
    const json = { 'Content-Type': 'application/json' };
    const path = `/api/campaigns/${campaign.id}/report`;
    const status = async (port: number, at: string, options: Parameters<typeof ask>[2]) =>
      (await ask(port, at, options)).status;
    assert.equal(await status(here.port, '/', { headers: { Host: 'evil.example' } }), 403);
    assert.equal(await status(here.port, '/api/campaigns', { headers: { Host: `evil.example:${here.port}` } }), 403);
    assert.equal(await status(here.port, '/api/campaigns', { headers: { Origin: 'http://evil.example' } }), 403);
    assert.equal(
      await status(here.port, path, { ...change, headers: { ...json, ...bearer, Origin: 'http://evil.example' } }),
      403,
    );
    assert.equal(
      await status(here.port, path, { ...change, headers: { ...json, ...bearer, Host: 'evil.example' } }),
      403,
    );
    assert.equal(await status(here.port, path, { ...change, headers: json }), 403);
    assert.equal(
      await status(here.port, path, { ...change, headers: { ...json, Authorization: 'Bearer guess' } }),
      403,
    );
    assert.equal(await status(here.port, path, { ...change, headers: { ...json, ...bearer } }), 200);
    assert.ok(paths.length >= 4);
    for (const source of paths) {
      const at = source.replace(/\(\\d\{1,9\}\)/, '1').replace(/\(\[[^)]*\)/, campaign.id);
      const one = at.replace(/^\^|\$$/g, '').replaceAll('\\/', '/');
      assert.match(one, new RegExp(source));
      assert.equal(await status(here.port, one, { ...change, headers: json }), 403, one);
    }
    assert.equal(await status(abroad.port, '/api/campaigns', {}), 403);
    assert.equal(await status(abroad.port, '/api/campaigns', { headers: bearer }), 200);
  });

  it('changes nothing by GET, and takes JSON alone, of so many bytes', async () => {
    const path = `/api/campaigns/${campaign.id}/report`;
    const post = (headers: Record<string, string>, body: string) =>
      ask(here.port, path, { method: 'POST', headers: { ...bearer, ...headers }, body });
    const got = await ask(here.port, path, { headers: bearer });
    assert.equal(got.status, 405);
    assert.equal(got.headers.allow, 'POST');
    assert.equal((await ask(here.port, '/api/campaigns', { method: 'DELETE', headers: bearer })).status, 405);
    assert.equal((await post({ 'Content-Type': 'text/plain' }, '{}')).status, 415);
    assert.equal((await post({ 'Content-Type': 'application/json' }, '{')).status, 400);
    assert.equal((await post({ 'Content-Type': 'application/json' }, JSON.stringify('x'.repeat(300_000)))).status, 413);
  });

  it('names all modules that a page begins with, so that they come at once, and Vega when it is asked for', async () => {
    const shell = (await ask(here.port, '/')).body;
    const named = [...shell.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, path = '']) => `/${path}`);
    assert.equal(new Set(named).size, named.length);
    assert.ok(named.some((path) => path.endsWith('/app.js')));
    assert.ok(!named.some((path) => path.endsWith('/vega.js')));
    for (const path of named) {
      const { status, body } = await ask(here.port, path);
      assert.equal(status, 200, path);
      for (const [, name] of body.matchAll(/\b(?:from|import) ?['"]\.\/([^'"]+)['"]/g)) {
        assert.ok(
          named.some((one) => one.endsWith(`/${name}`)),
          `${path} imports ${name}`,
        );
      }
    }
  });

  it('reaches no file by any address', async () => {
    const asset = `/${/assets\/[0-9a-f]{16}/.exec((await ask(here.port, '/')).body)?.[0] ?? ''}`;
    for (const path of [
      '/../../../../etc/passwd',
      '/assets/../../package.json',
      `${asset}/../server.ts`,
      `${asset}/..%2fserver.ts`,
      `${asset}/%2e%2e/server.ts`,
      '/campaigns/../../x',
      '/campaigns/--help/report',
      '/api/campaigns/..%2f..%2fetc',
      '//etc/passwd',
    ]) {
      assert.equal((await ask(here.port, path)).status, 404, path);
    }
    assert.equal((await ask(here.port, '/api/compare?a=--help&b=../x')).status, 400);
    const style = await ask(here.port, `${asset}/style.css`);
    assert.equal(style.status, 200);
    assert.match(String(style.headers['cache-control']), /immutable/);
  });

  it('answers what is no request of HTTP, and goes on', async () => {
    const said = await new Promise<string>((heard) => {
      let text = '';
      const socket = connect(here.port, '127.0.0.1', () =>
        socket.end('GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      );
      socket.on('data', (part) => {
        text += part.toString();
      });
      socket.on('close', () => heard(text));
    });
    assert.match(said, /^HTTP\/1\.1 (400|404) /);
    assert.equal((await ask(here.port, '/')).status, 200);
  });

  it('lets the page run its own scripts alone', async () => {
    const { headers, body } = await ask(here.port, '/');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|http|data:/);
    assert.doesNotMatch(body, /<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
  });

  it('opens a report by a ticket once, where reading takes the token', async () => {
    const path = `/campaigns/${campaign.id}/report`;
    const headers = { ...bearer, 'Content-Type': 'application/json' };
    const issued = await ask(abroad.port, `/api${path}`, { method: 'POST', headers, body: '{}' });
    const address = JSON.parse(issued.body).path;
    assert.equal((await ask(abroad.port, path)).status, 403);
    assert.equal((await ask(abroad.port, `${path}?ticket=guess`)).status, 403);
    // The command that writes it is none here: its complaint shows that it was asked.
    const opened = await ask(abroad.port, address);
    assert.equal(opened.status, 422);
    assert.match(opened.body, /there is no campaign/);
    assert.equal((await ask(abroad.port, address)).status, 403);
    assert.deepEqual(readdirSync(temporary), [], 'a folder is left behind');
  });

  it('starts what is a campaign, and nothing else', async () => {
    const headers = { ...bearer, 'Content-Type': 'application/json' };
    const post = (path: string, body: unknown) =>
      ask(here.port, path, { method: 'POST', headers, body: JSON.stringify(body) });
    const begun = async () => JSON.parse((await ask(here.port, '/api/runs')).body).runs.length;
    for (const [body, status, complaint] of [
      [{}, 400, /give/],
      [{ file: '../../etc/passwd' }, 404, /quick\.yaml/],
      [{ file: 'quick.yaml', yaml: '' }, 400, /give/],
      [{ yaml: 'switches: [' }, 422, /^the campaign is not YAML/],
      [{ yaml: 'swiches: [ovs]' }, 422, /^the campaign: unknown key 'swiches'/],
      [{ yaml: 'packetSize: 40' }, 422, /packetSize/],
    ] as const) {
      const heard = await post('/api/runs', body);
      assert.equal(heard.status, status, heard.body);
      assert.match(JSON.parse(heard.body).error, complaint);
    }
    assert.equal((await post('/api/campaigns/20990101-0000-000/resume', {})).status, 404);
    assert.equal((await post('/api/runs/99/stop', {})).status, 404);
    assert.equal(await begun(), 0);
    assert.equal((await ask(here.port, '/api/runs', { method: 'POST', body: '{"file":"quick.yaml"}' })).status, 403);
    assert.equal(await begun(), 0);
    assert.equal((await post('/api/runs', { file: 'quick.yaml' })).status, 200);
    assert.equal((await post(`/api/campaigns/${campaign.id}/resume`, {})).status, 200);
    assert.equal(await begun(), 2);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('begins no stream for whoever has gone meanwhile, as nothing would end it', async () => {
    let begun = 0;
    const known = Promise.withResolvers<null>();
    const asked = Promise.withResolvers<void>();
    const slow = await startServer({
      ...{ address: '127.0.0.1', port: 0 },
      keys: () => {
        asked.resolve();
        return known.promise;
      },
      rules: { isPublic: false, name: null, origin: null, tokenHint: '' },
      routes: [
        read('/stream', () => ({
          stream: () => {
            begun += 1;
            return () => undefined;
          },
        })),
      ],
    });
    try {
      const gone = request({ port: slow.port, host: '127.0.0.1', path: '/stream', headers: bearer });
      gone.on('error', () => undefined);
      gone.end();
      await asked.promise;
      gone.destroy();
      // Whoever is answered after it has gone before.
      await ask(slow.port, '/');
      await ask(slow.port, '/');
      known.resolve(null);
      await ask(slow.port, '/');
      assert.equal(begun, 0);
    } finally {
      await slow.close();
    }
  });

  it('says what a command complains of', async () => {
    const { status, body } = await ask(here.port, '/api/compare?a=1&b=2');
    assert.equal(status, 422);
    assert.deepEqual(JSON.parse(body), { error: 'there is no campaign' });
  });

  it('goes through the cases of a campaign once, and again when a trial has come', async () => {
    const { cases, ...head } = campaign;
    const id = 'looked-at';
    store.createCampaign({ ...head, id, cases: cases.slice(0, 1) });
    const [first, second] = cases[0]?.trials ?? [];
    assert.ok(first !== undefined && second !== undefined);
    store.saveTrial(id, 0, first);
    const done = async () => JSON.parse((await ask(here.port, `/api/campaigns/${id}`)).body).trialsDone;
    const before = looks;
    assert.deepEqual([await done(), await done(), looks - before], [1, 1, 1]);
    store.saveTrial(id, 0, second);
    assert.deepEqual([await done(), await done(), looks - before], [2, 2, 2]);
  });

  it('compresses what goes over a network, and nothing within the machine', async () => {
    const encodingOf = async ({ port }: Serving) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/campaigns/${campaign.id}`, { headers: bearer });
      assert.equal(JSON.parse(await answer.text()).id, campaign.id);
      return answer.headers.get('content-encoding');
    };
    assert.equal(await encodingOf(here), null);
    assert.equal(await encodingOf(abroad), 'gzip');
  });
});
