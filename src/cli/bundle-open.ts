// SPDX-License-Identifier: Apache-2.0
// A bundle that somebody sent, read as if an enemy had written it. It is unpacked into a folder that goes afterwards.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BUNDLE, type BundleAbout, BundleAboutSchema, type Listed, parseManifest } from '../model/bundle.ts';
import { admitFile } from '../store/sealed.ts';
import { openStore, type Store } from '../store/store.ts';
import { notBundle, ZipReader } from './bundle-zip.ts';
import { CliError, EXIT } from './errors.ts';
import { withFolder } from './temporary.ts';

export interface OpenBundle {
  path: string;
  zip: ZipReader;
  about: BundleAbout;
  manifest: readonly Listed[];
}

/** Throws CliError where it is no bundle, or one of a later form. Its trials are not looked at by this. */
export function openBundle(path: string): OpenBundle {
  const zip = new ZipReader(path);
  const manifest = parseManifest(textOf(zip, BUNDLE.manifest) ?? '\0');
  const about = aboutOf(path, textOf(zip, BUNDLE.about));
  if (manifest === null || !zip.names.includes(BUNDLE.store)) throw notBundle(path, 'is not a whole bundle');
  return { path, zip, about, manifest };
}

const FormSchema = z.looseObject({ bundle: z.int() });

function aboutOf(path: string, text: string | null): BundleAbout {
  const told = text === null ? null : jsonOf(text);
  const about = BundleAboutSchema.safeParse(told);
  if (about.success) return about.data;
  const form = FormSchema.safeParse(told).data?.bundle;
  if (form === undefined || form === 1) throw notBundle(path, 'is not a bundle');
  throw new CliError(
    EXIT.usage,
    `${path} is a bundle of form ${form}, and this vswbench reads form 1: update vswbench`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A file of a bundle as text; null where there is none. */
export function textOf(zip: ZipReader, name: string): string | null {
  const bytes = zip.read(name);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The store of a bundle for the time of `use`. Throws CliError or StoreError where it cannot be read, or holds other than one campaign. */
export async function withBundleStore<T>(
  bundle: Pick<OpenBundle, 'path' | 'zip' | 'about'>,
  use: (store: Store) => T | Promise<T>,
): Promise<T> {
  const bytes = bundle.zip.read(BUNDLE.store);
  if (bytes === null) throw notBundle(bundle.path, 'has no results');
  return withUnpacked(bytes, bundle, use);
}

async function withUnpacked<T>(
  bytes: Uint8Array,
  { path, about }: Pick<OpenBundle, 'path' | 'about'>,
  use: (store: Store) => T | Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const file = join(folder, BUNDLE.store);
    writeFileSync(file, bytes, { mode: 0o600 });
    admitFile(file);
    const store = openStore(file);
    try {
      const [only, ...others] = store.list();
      if (only?.id !== about.campaign || others.length > 0) {
        throw new CliError(
          EXIT.trialFailed,
          `${path}: its store does not hold campaign ${about.campaign} alone: get the bundle anew`,
        );
      }
      return await use(store);
    } finally {
      store.close();
    }
  });
}

/** As withBundleStore, for whoever only reads: refuses what the manifest does not vouch for. */
export async function withBundle<T>(path: string, use: (store: Store) => T | Promise<T>): Promise<T> {
  const bundle = openBundle(path);
  const listed = bundle.manifest.find(({ name }) => name === BUNDLE.store);
  const bytes = bundle.zip.read(BUNDLE.store);
  if (bytes === null || listed?.sha256 !== sha256Of(bytes)) {
    throw new CliError(
      EXIT.trialFailed,
      `${path} is not as it was written: 'vswbench verify ${path}' says what differs`,
    );
  }
  return withUnpacked(bytes, bundle, use);
}
