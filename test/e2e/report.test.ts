// SPDX-License-Identifier: Apache-2.0
// The report in a real browser: it shows what the results say, and asks nobody for anything.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { renderHtml } from '../../src/report/html.ts';
import { toCampaignResult } from '../../src/stats/campaign.ts';
import { hostileCampaign, table2Campaign } from '../fixtures/campaign.ts';
import { suite } from './machine.ts';

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

  it('shows hostile text as text', async () => {
    const { page, requests, complaints, url } = await open(await renderHtml(toCampaignResult(hostileCampaign())));
    assert.deepEqual(requests, [url]);
    assert.deepEqual(complaints, []);
    assert.equal(await page.locator('script').count(), 0);
  });
});
