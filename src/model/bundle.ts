// SPDX-License-Identifier: Apache-2.0
// A bundle: a campaign as one file to mail, to archive and to check (docs/bundle.md). Its folder is a results folder as well.
import { z } from 'zod';

/** The files that a bundle has in any case; tables and figures are beside them, in folders of their own. */
export const BUNDLE = {
  crate: 'ro-crate-metadata.json',
  manifest: 'manifest-sha256.txt',
  about: 'bundle.json',
  /** The one source: all else is derived from it. Named as in a results folder, which an unpacked bundle is. */
  store: 'vswbench.db',
  document: 'document.json',
  report: 'report.html',
  appendix: 'ARTIFACT.md',
  machines: 'machines.json',
  dictionary: 'tables/data-dictionary.md',
} as const;

export function tableFile(name: string): string {
  return `tables/${name}.csv`;
}

/** `id` as `Figure` has it. */
export function figureFile(id: string): string {
  return `figures/${id}.svg`;
}

/** Version of the bundle's form: it grows with a file renamed or removed, not with one added. */
const FORM = 1;

export const BundleAboutSchema = z.strictObject({
  bundle: z.literal(FORM),
  campaign: z.string(),
  /** What made the bundle, which may be later than what measured. */
  madeBy: z.strictObject({
    vswbench: z.string(),
    node: z.string(),
    /** Of all its sources: equal where the same figures lead to the same words. */
    sources: z.string(),
  }),
  /** How the data may be used: an SPDX identifier, or a sentence where nobody has said. */
  license: z.string(),
});
/** What a bundle tells of itself. */
export type BundleAbout = z.infer<typeof BundleAboutSchema>;

export type Maker = BundleAbout['madeBy'];

export function aboutBundle(campaign: string, madeBy: Maker, license: string): BundleAbout {
  return { bundle: FORM, campaign, madeBy, license };
}

/** A file of a bundle, by its SHA-256 as 64 hex digits. */
export interface Listed {
  name: string;
  sha256: string;
}

/** A manifest as sha256sum(1) reads it. */
export function manifestText(files: readonly Listed[]): string {
  return files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}

/** Null for what is no manifest. */
export function parseManifest(text: string): Listed[] | null {
  const listed: Listed[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(\S.*)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) return null;
    listed.push({ name, sha256 });
  }
  return listed;
}

/** Why a file of this name is not unpacked; null where it may be: names lead down, and never up, away or to a device. */
export function refusalOfName(name: string): string | null {
  const parts = name.split('/');
  if (name.length > 200) return 'is longer than 200 characters';
  if (!/^[\w./ -]+$/.test(name)) return 'has characters that file names of a bundle do not have';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'leads out of the bundle';
  return null;
}
