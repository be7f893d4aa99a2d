// SPDX-License-Identifier: Apache-2.0
// The papers that come with vswbench, or a folder of one's own: what they measured, and what they claim.
import { existsSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type ClaimFile, ClaimFileSchema } from '../model/claim.ts';
import { type Paper, PaperSchema } from '../model/paper-panel.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { readLocated } from './located-yaml.ts';

const PAPERS = resolve(checkout.root, 'papers');
const FORM = 'docs/claims.md describes the form';

export interface ReadPaper {
  /** As the user names it, and its output folder: `ara2021`. */
  name: string;
  /** Null where there are claims alone, to be judged on a campaign of the user's. */
  paper: Paper | null;
  claims: ClaimFile;
}

/** A paper by its name, or by its folder. Throws CliError. */
export function readPaper(given: string, claimsFile: string | undefined): ReadPaper {
  const folder = given.includes('/') ? resolve(given) : resolve(PAPERS, given);
  const [paper, claims] = [resolve(folder, 'paper.yaml'), resolve(folder, 'claims.yaml')];
  if (!existsSync(paper) && !existsSync(claims)) {
    throw new CliError(
      EXIT.usage,
      `there is no paper '${given}': give one of ${known().join(', ')}, or a folder with claims.yaml`,
    );
  }
  return {
    name: basename(folder),
    paper: existsSync(paper) ? readLocated(paper, 'paper', PaperSchema, FORM) : null,
    claims: readLocated(claimsFile ?? claims, 'claims', ClaimFileSchema, FORM),
  };
}

function known(): string[] {
  return readdirSync(PAPERS).filter((name) => existsSync(resolve(PAPERS, name, 'claims.yaml')));
}
