// SPDX-License-Identifier: Apache-2.0
// How soon a report is written, and it and the pages of vswbench serve can be read and worked with in Chromium, of 1000 cases with 10 000 and with
// 100 000 made-up trials, beside an empty page in the same browser. The CPU time of the page's main thread tells pages apart where the machine is busy with
// other work as well. Measures no packets. Exits with 1 where a promise is not kept.
//
//     node bench/pages.ts [TRIALS[/CASES]...]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { openFile } from '../src/store/open.ts';
import { Rows } from '../src/store/rows.ts';
import { casesOf, writeCampaign } from './made-up.ts';

const CASES = 1000;
const PAINT_MAX_MS = 1000;
const READY_MAX_MS = 1500;
const REPETITIONS = 5;
const OUTPUT_MAX_BYTES = 2 ** 26;
const vswbench = join(import.meta.dirname, '../bin/vswbench');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

interface Shown {
  /** First contentful paint, as the browser tells it. */
  paintMs: number;
  /** Until what is waited for is there and the page answers. */
  readyMs: number;
  /** What the page's main thread has computed by then. */
  threadMs: number;
  nodes: number;
}

/** The median of some looks, each in a page of its own. */
async function look(browser: Browser, address: string, isReady: (page: Page) => Promise<unknown>): Promise<Shown> {
  const shown: Shown[] = [];
  for (let index = 0; index < REPETITIONS; index += 1) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const metrics = await page.context().newCDPSession(page);
    await metrics.send('Performance.enable', { timeDomain: 'threadTicks' });
    const began = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await isReady(page);
    const readyMs = performance.now() - began;
    const told = (await metrics.send('Performance.getMetrics')).metrics;
    const threadMs = 1000 * (told.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN);
    const paintMs = Number(
      await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"),
    );
    const nodes = Number(await page.evaluate("document.querySelectorAll('*').length"));
    shown.push({ paintMs, readyMs, threadMs, nodes });
    await page.close();
  }
  const middle = (of: (one: Shown) => number) => shown.map(of).sort((a, b) => a - b)[REPETITIONS >> 1] ?? Number.NaN;
  return {
    paintMs: middle((one) => one.paintMs),
    readyMs: middle((one) => one.readyMs),
    threadMs: middle((one) => one.threadMs),
    nodes: shown[0]?.nodes ?? 0,
  };
}

let isKept = true;
function row(
  what: string,
  { paintMs, readyMs, threadMs, nodes }: Shown,
  empty: Shown | null,
  isPromised: boolean,
): void {
  const kept = !isPromised || (paintMs < PAINT_MAX_MS && readyMs < READY_MAX_MS);
  isKept &&= kept;
  const ratio = empty === null ? '' : (readyMs / empty.readyMs).toFixed(1);
  console.log(
    `| ${what.padEnd(32)} | ${paintMs.toFixed(0).padStart(5)} | ${readyMs.toFixed(0).padStart(5)} | ${ratio.padStart(6)} | ${threadMs.toFixed(0).padStart(6)} | ${String(nodes).padStart(6)} | ${isPromised ? (kept ? 'kept' : 'BROKEN') : ''} |`,
  );
}

/** The page is loaded, and a press is answered. */
async function reportReady(page: Page): Promise<void> {
  await page.waitForLoadState('domcontentloaded');
  await page.locator('summary').first().click();
  await page.evaluate('new Promise(requestAnimationFrame)');
}

async function pages(browser: Browser, trials: number, cases: number): Promise<void> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vswbench-pages-'));
  const environment = { ...process.env, VSWBENCH_RESULTS: folder };
  const { db } = openFile(join(folder, 'vswbench.db'));
  writeCampaign(new Rows(db), (sql) => db.exec(sql), { id: 'large' }, casesOf(cases), trials);
  db.close();
  const secondsOf = (command: string, ...options: string[]) => {
    const began = performance.now();
    const { status, signal, stderr } = spawnSync(vswbench, [command, 'large', ...options], {
      ...{ env: environment, encoding: 'utf8', maxBuffer: OUTPUT_MAX_BYTES },
    });
    if (status !== 0) throw new Error(`${command} ended with ${status ?? signal}: ${stderr}`);
    return (performance.now() - began) / 1000;
  };
  const write = (...options: string[]) => ({
    seconds: secondsOf('report', '--out', folder, ...options),
    bytes: statSync(join(folder, 'large.html')).size,
  });
  // What trials tell is worked out at the first look, and kept.
  const firstS = secondsOf('show');
  const shownS = secondsOf('show');
  const plain = write('--static');
  const explored = write();
  console.log(
    `\n${cases} cases, ${trials} trials: the report is written in ${explored.seconds.toFixed(1)} s (static ${plain.seconds.toFixed(1)} s), ${(explored.bytes / 1e6).toFixed(2)} MB (static ${(plain.bytes / 1e6).toFixed(2)} MB), and shown on a terminal in ${shownS.toFixed(1)} s (at first ${firstS.toFixed(1)} s)\n`,
  );
  writeFileSync(join(folder, 'empty.html'), '<!DOCTYPE html><title>Empty</title><p>Nothing</p>');
  const server = spawn(vswbench, ['serve', '--port', '0'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const base = await new Promise<string>((told) =>
      server.stdout.once('data', (line) => told(String(line).replace(/\/#.*/, ''))),
    );
    console.log(
      '| page | paint, ms | ready, ms | empty | thread, ms | elements | promise |\n|---|---:|---:|---:|---:|---:|---|',
    );
    const file = (name: string) => pathToFileURL(join(folder, name)).href;
    const empty = await look(browser, file('empty.html'), (page) => page.waitForLoadState('domcontentloaded'));
    row('an empty page', empty, null, false);
    row('report', await look(browser, file('large.html'), reportReady), empty, true);
    const table = (page: Page) => page.getByRole('row').nth(50).click();
    row('serve: a campaign', await look(browser, `${base}/campaigns/large`, table), empty, true);
    const verdicts = (page: Page) =>
      page
        .getByRole('button', { name: /^Explore/ })
        .first()
        .waitFor();
    // The first look makes it, which takes as long as a report.
    row(
      'serve: verdicts and figures',
      await look(browser, `${base}/campaigns/large?view=report`, verdicts),
      empty,
      true,
    );
  } finally {
    server.kill('SIGINT');
    rmSync(folder, { recursive: true });
  }
}

const browser = await chromium.launch({
  ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
const asked = process.argv.slice(2);
for (const one of asked.length > 0 ? asked : ['10000', '100000']) {
  const [trials, cases = CASES] = one.split('/').map(Number);
  await pages(browser, trials ?? 0, cases);
}
await browser.close();
process.exitCode = isKept ? 0 : 1;
