// SPDX-License-Identifier: Apache-2.0
// `vswbench serve` in a real browser: by mouse, by keyboard alone, and as a screen reader is told.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { readCampaign } from '../../src/cli/campaign-file.ts';
import { LiveSocket } from '../../src/cli/live.ts';
import { casesOf } from '../../src/cli/results.ts';
import { labOf } from '../../src/cli/serve-lab.ts';
import { Database } from '../../src/fleet/database.ts';
import { register } from '../../src/fleet/lab.ts';
import { addToken, holderOf } from '../../src/fleet/tokens.ts';
import type { StoredCampaign } from '../../src/model/result.ts';
import { renderHtml } from '../../src/report/html.ts';
import { readAssets } from '../../src/serve/assets.ts';
import type { Program } from '../../src/serve/command.ts';
import { oneKey } from '../../src/serve/door.ts';
import { LabWatch } from '../../src/serve/lab-watch.ts';
import { LiveRuns } from '../../src/serve/live.ts';
import { routesOf } from '../../src/serve/routes.ts';
import { Runs } from '../../src/serve/runs.ts';
import { type Serving, startServer } from '../../src/serve/server.ts';
import { toCampaignResult } from '../../src/stats/campaign.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { hostileCampaign, storedCampaign, storedCase, table2Campaign, testCase } from '../fixtures/campaign.ts';
import { startPrefixProxy } from '../fixtures/prefix-proxy.ts';
import { scriptedBench } from '../fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres } from '../postgres.ts';
import { seriousIn, tabTo } from './browser.ts';
import { root, suite } from './machine.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const token = 'a-token-that-nobody-guesses';
const table2 = table2Campaign();

function wideCampaign(id: string): StoredCampaign {
  const cases = ['direct', 'linux-bridge', 'ovs'].flatMap((name) =>
    Array.from({ length: 12 }, (_, step) =>
      storedCase({ case: testCase({ switch: name, packetSize: 64 + step }), pps: 1e6 }, 1),
    ),
  );
  return storedCampaign({ id, title: 'Sizes', cases });
}

suite('the browser', CHROMIUM === undefined && 'no Chromium here: vswbench setup --tests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-serve-test-'));
  let store: Store;
  let serving: Serving;
  let browser: Browser;
  let base: string;
  const complaints: string[] = [];

  before(async () => {
    store = openStore(join(folder, 'vswbench.db'));
    record(store, table2);
    record(store, wideCampaign('20260302-0959-001'));
    record(store, { ...hostileCampaign(), id: '20260302-0959-003' });
    const { cases, ...head } = table2;
    record(store, { ...head, cases, id: '20260302-0959-002', title: 'Again' });
    const program: Program = {
      command: [process.execPath, join(root, 'src/cli/main.ts')],
      environment: { ...process.env, VSWBENCH_RESULTS: folder },
    };
    const routes = routesOf({
      about: { version: '0', files: ['quick.yaml'], campaigns: '/campaigns', results: folder },
      assets: readAssets(root),
      live: new LiveRuns(folder),
      place: {
        kind: 'machine',
        runs: new Runs(program),
        checkCampaign: (path: string) => void readCampaign(path, {}),
      },
      results: { folder, store: () => store, cases: casesOf },
      program,
    });
    const rules = { isPublic: false, name: null, origin: null, tokenHint: 'this takes the token' };
    const keys = oneKey(token, { user: 'ann', isAdmin: true });
    serving = await startServer({ address: '127.0.0.1', port: 0, rules, keys, routes });
    base = `http://127.0.0.1:${serving.port}`;
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
  });
  after(async () => {
    await browser.close();
    await serving.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (path: string, options: Parameters<Browser['newPage']>[0] = {}, from = base): Promise<Page> => {
    const page = await browser.newPage(options);
    page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${from}/`)) complaints.push(`asked elsewhere: ${request.url()}`);
    });
    await page.goto(from + path);
    return page;
  };

  it('shows in another browser what a copied address says: filters, order, case and trial', async () => {
    const page = await open(`/campaigns/20260302-0959-001#token=${token}`);
    await page.getByText('Switch', { exact: true }).first().click();
    await page.getByRole('checkbox', { name: 'ovs' }).check();
    await page.getByText('12 of 36 cases').waitFor();
    await page.getByRole('link', { name: 'P (B)' }).click();
    await page.getByRole('link', { name: 'P (B)' }).click();
    await page.getByRole('link', { name: 'ovs with udp' }).first().click();
    await page.getByRole('link', { name: 'Round 1' }).click();
    await page.getByRole('heading', { name: 'Packets of pair 0' }).waitFor();
    assert.ok(!page.url().includes(token), 'the token would be copied with the address');
    const shown = async (one: Page) => {
      await one.getByRole('heading', { name: 'Packets of pair 0' }).waitFor();
      return (await one.locator('main').textContent()) ?? '';
    };
    const other = await open(page.url().slice(base.length));
    // The other browser has no token: it is led to the report by a link, and cannot resume.
    const withoutButton = (text: string) => text.replace('Open the report', '').replace('Resume', '');
    assert.equal(withoutButton(await shown(other)), withoutButton(await shown(page)));
    assert.match(await shown(other), /ovs with udp *throughput, local, 1vs1, P = 75 B/);
    await page.close();
    await other.close();
  });

  it('is worked by keyboard alone', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: table2.id }).waitFor();
    await tabTo(page, table2.id);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: table2.title }).waitFor();
    await tabTo(page, 'linux-bridge with raw-mmsg');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'linux-bridge with raw-mmsg' }).waitFor();
    assert.equal(await page.evaluate('document.activeElement?.tagName'), 'H2', 'the focus is led to what was opened');
    await tabTo(page, 'Round 2');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Packets of pair 0' }).waitFor();
    await page.close();
  });

  it('shows verdicts and figures of what the filter leaves, from which a point leads to its trials', async () => {
    const page = await open('/campaigns/20260302-0959-001?view=report&switch=ovs');
    await page.getByText('12 of 36 cases').waitFor();
    await page.getByRole('heading', { name: 'Verdicts' }).waitFor();
    await tabTo(page, 'Explore: Throughput by packet size');
    await page.keyboard.press('Enter');
    const marks = page.locator('.drawing path[aria-label^="ovs · udp: 1"]');
    await marks.nth(11).waitFor();
    assert.equal(await page.locator('.drawing path[aria-label^="direct"]').count(), 0);
    await page.keyboard.press('Escape');
    await marks.first().waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await marks.nth(11).click();
    await page.getByText('P = 75 B').first().waitFor();
    await page.getByRole('link', { name: 'Round 1' }).click();
    await page.getByRole('heading', { name: 'Packets of pair 0' }).waitFor();
    assert.deepEqual(
      [...new URL(page.url()).searchParams],
      [
        ['view', 'report'],
        ['switch', 'ovs'],
        ['case', '35'],
        ['trial', '1'],
      ],
    );
    await page.close();
    assert.deepEqual(complaints, []);
  });

  it('compares any two campaigns, as the command does', async () => {
    const page = await open(`/compare?a=${table2.id}`);
    await page.getByLabel('Campaign B').selectOption('20260302-0959-002');
    await page.getByText('cases compared').waitFor();
    const row = page.getByRole('row').filter({ hasText: 'linux-bridge · udp' }).first();
    assert.match((await row.textContent()) ?? '', /no difference/);
    await page.close();
  });

  it('shows a campaign live, to its end', async () => {
    const { trials, ...planned } = storedCase({ case: testCase(), pps: 1e6 }, 2);
    const { cases: _, ...head } = storedCampaign({ id: '20260302-0959-004', title: 'Live', endedAt: null });
    const own = { ...head, trialsPlanned: 2, cases: [planned] };
    store.createCampaign(own);
    const run = new LiveSocket(folder);
    const far = (done: number) =>
      run.tell({
        live: 'progress',
        campaign: own.id,
        title: own.title,
        done,
        total: 2,
        left: done === 2 ? '' : '5 s left',
      });
    const local = { testbed: 'local' };
    far(0);
    const page = await open(`/campaigns/${own.id}`);
    for (const [index, trial] of trials.entries()) {
      await page.getByText(`${index} of 2 trials, 5 s left`).waitFor();
      run.tell({ live: 'trial', ...local, caseIndex: 0, name: 'bridge', round: index + 1, repetition: false });
      for (const tS of [0.1, 0.2]) {
        const rates = { tS, offeredPps: 2e6, receivedPps: 1e6, senderCpus: 1, receiverCpus: 0.25 };
        run.tell({ live: 'rates', ...local, rates });
      }
      await page.getByText('received 1.000 Mpps; CPUs: senders 1.00, receivers 0.25').waitFor();
      store.saveTrial(own.id, 0, trial);
      run.tell({ live: 'ended', ...local, outcome: 'measured', found: '1.000 Mpps', disturbances: ['a quiet test'] });
      far(index + 1);
    }
    await page.getByText('disturbed: a quiet test').waitFor();
    store.endCampaign(own.id, '2026-03-02T10:10:00.000Z');
    run.close();
    await page.getByText('finished, 2 of 2 trials').waitFor();
    assert.equal(await page.getByText('Running:').count(), 0);
    await page.close();
  });

  it('fits a phone, shows hostile text as text, and complains of nothing', async () => {
    const page = await open('/campaigns/20260302-0959-003?case=0&trial=1', {
      viewport: { width: 390, height: 844 },
    });
    await page.getByRole('row').nth(1).waitFor();
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    assert.ok(Number(overflow) <= 0, `${String(overflow)} px too wide`);
    await page.close();
    assert.deepEqual(complaints, []);
  });

  it('is the page of a lab below a path of a proxy: one submits, cancels and reserves, and others see it at once', {
    skip: NO_POSTGRES,
  }, async () => {
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    const postgres = await startPostgres();
    const ends: (() => unknown)[] = [() => postgres.stop()];
    try {
      const location = await postgres.fresh();
      const results = openStore(location);
      ends.unshift(() => results.close());
      const database = await Database.open(location);
      ends.unshift(() => database.close());
      const bench = scriptedBench({ testbeds: [{ name: 'lab-1', machine: 'm1', kernel: '6.1' }], trialMs: 0 });
      const look = await bench.look('lab-1', AbortSignal.abort());
      await register(database.sql, { name: 'lab-1', worker: 'w', ...look });
      const { text: own } = await addToken(database.sql, { user: 'ann', isAdmin: false });
      const lab = labOf(database);
      const proxy = await startPrefixProxy(() => served.port, '127.0.0.1:4400');
      ends.unshift(() => proxy.close());
      const served = await startServer({
        ...{ address: '127.0.0.1', port: 0, keys: (text) => holderOf(database.sql, text) },
        rules: { isPublic: false, name: null, origin: `http://127.0.0.1:${proxy.port}`, tokenHint: 'sign in' },
        routes: routesOf({
          about: { version: '0', files: ['quick.yaml'], campaigns: '/campaigns', results: folder },
          assets: readAssets(root),
          results: { folder, store: () => results, cases: casesOf },
          live: new LiveRuns(folder),
          program: { command: [process.execPath], environment: {} },
          place: { kind: 'lab', lab, watch: new LabWatch(lab) },
        }),
      });
      ends.unshift(() => served.close());
      const below = `http://127.0.0.1:${proxy.port}/deep/path`;
      const onlooker = await open('/queue', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, below);
      await onlooker.getByText('Nothing waits').waitFor();
      const page = await open('/sign-in', {}, below);
      await page.getByLabel('Your token').fill(own);
      await page.keyboard.press('Enter');
      await page.getByText('You are ann.').waitFor();
      await tabTo(page, 'Skip to the content');
      await tabTo(page, 'Submit');
      await page.keyboard.press('Enter');
      await page.getByLabel('Or as text').fill('title: Bridges\nswitch: linux-bridge\n');
      assert.deepEqual(await seriousIn(page, axe, 'light'), []);
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.getByText('This is submission 1').waitFor();
      await onlooker.getByRole('rowheader', { name: 'Bridges' }).waitFor();
      assert.equal(await onlooker.getByRole('button', { name: 'Cancel' }).count(), 0);
      await page.getByRole('link', { name: 'queue', exact: true }).click();
      await page.getByRole('button', { name: 'Cancel submission 1' }).waitFor();
      assert.deepEqual(await seriousIn(page, axe, 'light'), []);
      await tabTo(page, 'Cancel submission 1');
      await page.keyboard.press('Enter');
      await onlooker.getByText('cancelled: by ann').waitFor();
      await onlooker.getByRole('link', { name: 'Fleet' }).click();
      await page.getByRole('link', { name: 'Fleet' }).click();
      const drifted = { state: 'drifted', since: '2026-03-01T09:59:58.000Z', reason: 'throughput of udp −21 %' };
      await database.sql('UPDATE fleet.testbeds SET health = $1', [JSON.stringify(drifted)]);
      await onlooker.getByText('drifted, last good at 2026-03-01 09:59 UTC: throughput of udp −21 %').waitFor();
      await onlooker.getByText('vswbench canary --testbed lab-1 --accept WHY').waitFor();
      await page.getByLabel('What for').fill('new card');
      await page.getByRole('button', { name: 'Reserve' }).click();
      await page.getByText('lab-1 is yours from').waitFor();
      await onlooker.getByText('reserved by ann: new card').waitFor();
      assert.deepEqual(await seriousIn(page, axe, 'light'), []);
      assert.deepEqual(await seriousIn(onlooker, axe, 'dark'), []);
      const overflow = await onlooker.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(Number(overflow) <= 0, `${String(overflow)} px too wide`);
      await page.getByRole('button', { name: 'Release lab-1, reservation 1' }).click();
      await onlooker.getByText('Nothing is reserved').waitFor();
      const linked = await open(`/fleet#token=${own}`, {}, below);
      await linked.getByRole('link', { name: 'Signed in as ann' }).waitFor();
      assert.equal(linked.url(), `${below}/fleet`, 'the token stays in the address');
      for (const one of [page, onlooker, linked]) await one.close();
      assert.deepEqual(complaints, []);
    } finally {
      for (const end of ends) await end();
    }
  });

  it('has nothing serious for axe to find, in light and dark, nor has a report', async () => {
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    const written = await renderHtml(toCampaignResult({ ...table2, cases: table2.cases.slice(0, 4) }));
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open('/', { colorScheme });
      const report = `/campaigns/${table2.id}?view=report&switch=direct`;
      for (const path of ['/', `/campaigns/${table2.id}?case=1&trial=1`, report, '/start']) {
        await page.goto(base + path);
        await (path === '/start'
          ? page.getByText('Start quick.yaml')
          : path === report
            ? page.getByRole('heading', { name: 'Verdicts' })
            : page.getByRole('table').last()
        ).waitFor();
        assert.deepEqual(await seriousIn(page, axe, colorScheme), [], `${path} in ${colorScheme}`);
      }
      await page.close();
      const alone = await browser.newPage({ colorScheme });
      await alone.setContent(written);
      assert.deepEqual(await seriousIn(alone, axe, colorScheme), [], `the report in ${colorScheme}`);
      await alone.close();
    }
  });
});

function record(store: Store, { cases, ...head }: StoredCampaign): void {
  store.createCampaign({ ...head, cases });
  for (const [index, { trials }] of cases.entries()) for (const trial of trials) store.saveTrial(head.id, index, trial);
}
