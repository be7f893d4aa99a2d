// SPDX-License-Identifier: Apache-2.0
// The report in a real browser: it shows what the results say, and asks nobody for anything.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { readExplorer } from '../../src/cli/explorer.ts';
import { PaperPanelSchema } from '../../src/model/paper-panel.ts';
import { renderHtml } from '../../src/report/html.ts';
import { panelFigure } from '../../src/report/panel-figure.ts';
import { renderReproduction } from '../../src/report/reproduction-html.ts';
import { toCampaignResult } from '../../src/stats/campaign.ts';
import { hostileCampaign, largeCampaign, sweepCampaign, table2Campaign } from '../fixtures/campaign.ts';
import { seriousIn, tabTo } from './browser.ts';
import { root, suite } from './machine.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

suite('the HTML report', CHROMIUM === undefined && 'no Chromium here: vswbench setup --tests', () => {
  let folder: string;
  let browser: Browser;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-report-'));
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
  });
  after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (html: string) => {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const page = await browser.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
    await page.goto(pathToFileURL(file).href);
    return { page, requests, complaints, url: pathToFileURL(file).href };
  };

  it("draws table 2 beside the paper's figures, from one file", async () => {
    const { page, requests, complaints, url } = await open(await renderHtml(toCampaignResult(table2Campaign())));
    assert.deepEqual(requests, [url]);
    assert.deepEqual(complaints, []);
    const drawings = await page.getByRole('img').all();
    assert.ok(drawings.length >= 2);
    for (const drawing of drawings) {
      const box = await drawing.boundingBox();
      assert.ok(box !== null && box.width > 100 && box.height > 50, 'a drawing has no size');
      assert.notEqual(await drawing.getAttribute('aria-label'), null);
    }
    const text = (await page.locator('body').textContent()) ?? '';
    for (const figure of ['338', '409', '360', '440']) assert.ok(text.includes(figure), `the paper's ${figure} kpps`);
    assert.ok((await page.getByRole('row').count()) > 4);
  });

  it('fits a phone without sideways scrolling of the page', async () => {
    const { page } = await open(await renderHtml(toCampaignResult(table2Campaign())));
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    assert.ok(Number(overflow) <= 0, `${String(overflow)} px too wide`);
  });

  it('lets figures be worked with by keyboard and by pointer, and gives them back', async () => {
    const html = await renderHtml(toCampaignResult(sweepCampaign()), undefined, readExplorer(root));
    const { page, requests, complaints, url } = await open(html);
    await tabTo(page, 'Explore: Throughput by packet size');
    await page.keyboard.press('Enter');
    const figure = page.locator('figure.explored');
    const mark = figure.locator('.drawing path[aria-label^="ovs · dpdk: 4.48 Mpps"]');
    await mark.waitFor();
    assert.match(String(await page.evaluate('document.activeElement?.className')), /drawing/);
    assert.equal(await figure.locator('.wide').isVisible(), false, 'the picture is still there');
    const first = (await mark.boundingBox())?.x;
    const hidden = figure.locator('.drawing path[aria-label^="linux-bridge · udp-mmsg"]');
    const isMoved = async (wanted: boolean) => {
      for (let frames = 0; ((await mark.boundingBox())?.x !== first) !== wanted; frames += 1) {
        assert.ok(frames < 200, wanted ? 'the drawing does not move' : 'the drawing does not come back');
        await page.evaluate('new Promise(requestAnimationFrame)');
      }
    };
    for (const key of ['+', 'ArrowLeft']) await page.keyboard.press(key);
    await isMoved(true);
    await page.keyboard.press('0');
    await isMoved(false);
    await figure.getByRole('button', { name: 'linux-bridge · udp-mmsg' }).click();
    await hidden.first().waitFor({ state: 'detached' });
    await mark.hover();
    await figure.locator('.tip', { hasText: '4.48 Mpps at packet size' }).waitFor();
    await mark.click();
    await figure.getByText(/Received of each round: 4\.\d+ Mpps/).waitFor();
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousIn(page, axe, colorScheme, 'figure.explored'), [], colorScheme);
    }
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('figure.explored').count(), 0);
    assert.equal(
      await page.evaluate('document.activeElement?.getAttribute("aria-label")'),
      'Explore: Throughput by packet size',
      'the focus is where it came from',
    );
    // Bars are worked with in the same way, along their values.
    await page.getByRole('button', { name: 'Explore: Received throughput' }).click();
    await figure.locator('.drawing path[aria-label^="ovs · dpdk: "]').click();
    await figure.getByText(/Received of each round: 4\.\d+ Mpps/).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.hops').count(), 0, 'what is folded away is there already');
    await page.getByText('Hop by hop').click();
    await page.locator('#ledger .hops').first().waitFor();
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, [url]);
  });

  it('lets the figures of a paper be worked with in the same way, those of several campaigns together', async () => {
    const results = ['one', 'other'].map((id) => toCampaignResult({ ...sweepCampaign(), id }));
    const panel = PaperPanelSchema.parse({
      ...{ id: 'figure-1', title: 'Sizes', draws: 'lines', figure: 'packets', along: 'packetSize', xScale: 'log' },
      lines: [
        { switch: 'ovs', io: 'dpdk' },
        { switch: 'linux-bridge', io: 'udp-mmsg' },
      ],
      cases: { packetSize: [64, 1500], rate: 'max', burst: 64 },
    });
    const figures = [{ figure: panelFigure(panel, results), gaps: [] }];
    const words = { title: 'A paper', citation: 'Nobody', doi: undefined, machine: null, judgements: [] };
    const explorer = { ...readExplorer(root), inflater: null };
    const { page, requests, complaints, url } = await open(
      await renderReproduction({ ...words, figures, results }, explorer),
    );
    await tabTo(page, 'Explore: Sizes');
    await page.keyboard.press('Enter');
    const figure = page.locator('figure.explored');
    const marks = figure.locator('.drawing path[aria-label^="ovs: 4.48 Mpps"]');
    const hidden = figure.locator('.drawing path[aria-label^="linux-bridge: "]');
    await marks.nth(1).waitFor();
    await figure.getByRole('button', { name: 'linux-bridge' }).click();
    await hidden.first().waitFor({ state: 'detached' });
    await marks.nth(1).hover();
    await figure.locator('.tip', { hasText: '4.48 Mpps at packet size' }).waitFor();
    await marks.nth(1).click();
    await figure.locator('.answer', { hasText: /^ovs with dpdk.*, campaign other/ }).waitFor();
    await figure.getByText(/Received of each round: 4\.\d+ Mpps/).waitFor();
    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousIn(page, axe, colorScheme), [], colorScheme);
    }
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('figure.explored').count(), 0);
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, [url]);
  });

  it('makes what a very large page has as it is looked at, and all of it for paper', async () => {
    const cases = 320;
    const html = await renderHtml(toCampaignResult(largeCampaign(cases)), undefined, readExplorer(root));
    const { page, requests, complaints, url } = await open(html);
    assert.equal(await page.getByRole('row').count(), 0);
    await page.locator('#throughput figure').first().scrollIntoViewIfNeeded();
    await page.locator('#throughput figure .once svg').first().waitFor();
    await page.getByText(`All cases (${cases} cases)`).click();
    await page
      .locator('#results tbody tr')
      .nth(cases - 1)
      .waitFor();
    await page.locator('#results tbody tr').nth(cases).waitFor({ state: 'detached' });
    assert.equal(await page.locator('#ledger .hops').count(), 0);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assert.equal(await page.locator('#ledger .hops').count(), cases);
    assert.equal(await page.locator('.later').count(), 0);
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, [url]);
    const plain = await browser.newPage({ javaScriptEnabled: false });
    await plain.goto(url);
    assert.equal(await plain.locator('#results tbody tr').count(), 100);
    await plain.close();
  });

  it('shows hostile text as text', async () => {
    const { page, requests, complaints, url } = await open(await renderHtml(toCampaignResult(hostileCampaign())));
    assert.deepEqual(requests, [url]);
    assert.deepEqual(complaints, []);
    assert.equal(await page.locator('script').count(), 0);
  });
});
