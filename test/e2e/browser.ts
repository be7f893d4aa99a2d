// SPDX-License-Identifier: Apache-2.0
// Pages as people reach them who have no mouse, or do not see them.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

const PRESSES_MAX = 60;

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < PRESSES_MAX; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(
      'document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""',
    );
    if (focused === name) return;
  }
  assert.fail(`no way to ${name} by keyboard`);
}

/** What axe-core calls serious or critical, in the whole page or a part of it: rule and element. In the dark only colours are others. */
export async function seriousIn(
  page: Page,
  axe: string,
  colorScheme: 'light' | 'dark',
  part = 'html',
): Promise<unknown> {
  await page.evaluate(axe);
  const rules = colorScheme === 'dark' ? ", runOnly: ['color-contrast']" : '';
  return page.evaluate(`axe.run('${part}', { resultTypes: ['violations']${rules} }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`);
}
