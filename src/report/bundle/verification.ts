// SPDX-License-Identifier: Apache-2.0
import type { Maker } from '../../model/bundle.ts';
import { counted } from '../format.ts';
import { clean, painter, type TerminalOptions, wrap, writtenColumns } from '../text.ts';
import type { Difference } from './differences.ts';

/** What came of checking a bundle; the document of `verify --json`. */
export interface Verification {
  schema: 1;
  file: string;
  campaign: string;
  madeBy: Maker;
  here: Maker;
  /** The bundle was made by the very program that checks it: then each word is compared, else numbers and verdicts. */
  sameProgram: boolean;
  /** Trials whose raw data were looked at, and files that were derived from them. */
  trials: number;
  files: number;
  differences: Difference[];
}

/** So many are shown; all of them are in the document. */
const SHOWN_MAX = 20;

export function renderVerification(verification: Verification, options: TerminalOptions): string {
  const { file, campaign, trials, files, differences } = verification;
  const paint = painter(options.color);
  const columns = writtenColumns(options);
  const looked = `campaign ${campaign}, ${counted(trials, 'trial')}, ${counted(files, 'file')} derived anew`;
  const head =
    differences.length === 0
      ? paint(`${file}: the same`, 'green')
      : paint(`${file}: ${counted(differences.length, 'difference')}`, 'red');
  const more = differences.length - SHOWN_MAX;
  return [
    head,
    ...wrap(clean(looked), columns, 2),
    ...wrap(clean(whoMade(verification)), columns, 2),
    ...differences.slice(0, SHOWN_MAX).map(line),
    ...(more > 0 ? [`and ${more} more: --json has all of them`] : []),
  ].join('\n');
}

function whoMade({ madeBy, here, sameProgram }: Verification): string {
  if (sameProgram) return `made by this vswbench (${here.vswbench}): words and numbers were compared`;
  const named = (maker: Maker) => `${maker.vswbench} on Node.js ${maker.node}`;
  const why =
    named(madeBy) === named(here) ? `${named(here)}, of other sources` : `${named(madeBy)}; here ${named(here)}`;
  return `made by another vswbench (${why}): numbers and verdicts were compared, and no words`;
}

function line({ file, where, told, derived }: Difference): string {
  return clean(`  ${file}: ${where}: ${told ?? 'nothing'} → ${derived ?? 'nothing'}`);
}
