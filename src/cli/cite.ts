// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { CitationSchema } from '../model/citation.ts';
import { authorOf, CITATION_FORMATS, type CitedCampaign, citationText, citedCampaign } from '../report/citation.ts';
import { shownResult } from '../report/shown.ts';
import { sha256Of } from './bundle-open.ts';
import type { CiteOptions } from './commands/cite.ts';
import { checkout, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { loadFrom } from './load.ts';

export async function cite(id: string | undefined, { format, author }: CiteOptions): Promise<void> {
  const chosen = CITATION_FORMATS.find((one) => one === format);
  if (chosen === undefined) throw new CliError(EXIT.usage, `--format takes ${CITATION_FORMATS.join(', ')}`);
  if (id === undefined && author.length > 0) {
    throw new CliError(EXIT.usage, '--author is who measured a campaign: give its id, or a bundle');
  }
  const tool = CitationSchema.parse(parse(readFileSync(resolve(checkout.root, 'CITATION.cff'), 'utf8')));
  const campaign = id === undefined ? null : await campaignOf(id, author);
  process.stdout.write(`${citationText(tool, campaign, chosen)}\n`);
  if (campaign === null) return;
  if (campaign.authors.length === 0) tell('Nobody is named who measured it: add --author "Family, Given".');
  if (campaign.sha256 === null) {
    tell(
      `To cite the data themselves, archive vswbench bundle ${campaign.id}, and cite that file: its SHA-256 is told.`,
    );
  }
}

async function campaignOf(id: string, names: readonly string[]): Promise<CitedCampaign> {
  const result = shownResult(await loadFrom(id));
  const sha256 = id.endsWith('.zip') ? sha256Of(readFileSync(id)) : null;
  return citedCampaign(result, { sha256, authors: names.map(authorOf) });
}
