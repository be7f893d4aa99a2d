// SPDX-License-Identifier: Apache-2.0
import { renderCampaignList } from '../report/list.ts';
import { withStore } from './load.ts';
import { terminalOf } from './terminal.ts';

export async function list(options: { json?: boolean }): Promise<void> {
  const rows = await withStore((store) => store.list());
  const text =
    options.json === true
      ? JSON.stringify({ schema: 1, campaigns: rows })
      : renderCampaignList(rows, terminalOf(process.stdout));
  process.stdout.write(`${text}\n`);
}
