// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { aboutBundle, BUNDLE, type BundleAbout, manifestText } from '../model/bundle.ts';
import { mapTexts, withoutPrivate, withoutUser } from '../model/private.ts';
import { type StoredCampaign, StoredCampaignSchema, type Trial, TrialSchema } from '../model/result.ts';
import { SearchLoadSchema } from '../model/search.ts';
import { crateText } from '../report/bundle/crate.ts';
import type { CutSearch } from '../store/searches.ts';
import { openFileStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, contentsOf, thisMaker } from './bundle-content.ts';
import { ZipWriter } from './bundle-zip.ts';
import type { BundleOptions } from './commands/bundle.ts';
import { tell } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { requireHead, requireResult, withCampaign } from './load.ts';
import { withFolder } from './temporary.ts';

/** Where nobody says how the data may be used. */
const NO_LICENSE = 'No licence is given: ask the authors before you use the data.';

/** Writes a campaign as one file, and says where it is. */
export async function bundle(place: string | undefined, { out, license = NO_LICENSE }: BundleOptions): Promise<void> {
  await withCampaign(place, async (store, id) => {
    const head = requireHead(store, id);
    const path = resolve(out ?? `${head.id}.zip`);
    refuseFolder(path);
    if (head.endedAt === null) tell(`Campaign ${head.id} is not finished: the bundle has the trials so far.`);
    tellElsewhere(store, head.id);
    await withFolder(async (folder) => {
      const alone = join(folder, BUNDLE.store);
      copyAlone(store, head, alone);
      await writeBundle(alone, aboutBundle(head.id, thisMaker(), license), path);
    });
    process.stdout.write(`${path}\n`);
  });
}

function refuseFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new CliError(EXIT.usage, `${path} is a folder: name a file, as -o ${join(path, 'campaign.zip')}`);
  }
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CliError(EXIT.usage, `there is no folder ${dirname(path)}: make it, or name another with -o`);
  }
}

/** A bundle stands alone: what the report here takes from other campaigns is not in it. */
function tellElsewhere(store: Store, id: string): void {
  const others = new Set(
    requireResult(store, id).results.flatMap(({ ceiling }) =>
      ceiling === undefined || ceiling.campaign === id ? [] : [ceiling.campaign],
    ),
  );
  if (others.size === 0) return;
  tell(`Left out: ceilings of ${[...others].join(', ')}; its report has those of its own trials alone.`);
}

/** The campaign in a results file of its own, without what is of nobody's concern. */
export function copyAlone(store: Store, head: StoredCampaign, path: string): void {
  const copy = openFileStore(path);
  try {
    const trialsOf = (index: number) => publicTrials(store.trials(head.id, index));
    copy.importCampaign(withoutPerson(head), trialsOf, store.searches(head.id).map(publicSearch));
    copy.seal();
  } finally {
    copy.close();
  }
}

function withoutPerson(head: StoredCampaign): StoredCampaign {
  const shown = StoredCampaignSchema.parse(mapTexts(head, withoutPrivate));
  return { ...shown, hosts: shown.hosts.map((host) => ({ ...host, name: withoutUser(host.name) })) };
}

function publicSearch({ loads, ...of }: CutSearch): CutSearch {
  return { ...of, loads: loads.map((load) => SearchLoadSchema.parse(mapTexts(load, withoutPrivate))) };
}

function* publicTrials(trials: Iterable<Trial>): Generator<Trial, void> {
  for (const trial of trials) {
    // Histograms and samples are numbers, and most of a trial.
    const { histograms, ...rest } = trial;
    const isPlain = withoutPrivate(JSON.stringify(rest)) === JSON.stringify(rest);
    yield isPlain ? trial : { ...TrialSchema.parse({ ...Object(mapTexts(rest, withoutPrivate)), histograms }) };
  }
}

/** Writes the bundle of a store with one campaign. Half of one is not left. */
export async function writeBundle(alone: string, about: BundleAbout, path: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeZip(alone, about, partial);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    throw new CliError(EXIT.trialFailed, `the bundle cannot be written to ${path}: ${code}: ${mendOf(code, syscall)}`);
  }
}

async function writeZip(alone: string, about: BundleAbout, path: string): Promise<void> {
  const zip = new ZipWriter(path);
  try {
    // Before anything is kept in it.
    zip.add(BUNDLE.store, fileBytes(alone));
    const store = openFileStore(alone);
    try {
      for (const { name, pieces } of await contentsOf(store, about)) zip.add(name, bytesOf(pieces()));
      const crate = crateText(requireResult(store, about.campaign), about, zip.listed);
      zip.add(BUNDLE.crate, bytesOf([crate]));
    } finally {
      store.close();
    }
    zip.add(BUNDLE.manifest, bytesOf([manifestText(zip.listed)]));
    zip.end();
  } finally {
    zip.close();
  }
}

const PIECE_BYTES = 2 ** 20;

function* fileBytes(path: string): Generator<Uint8Array, void> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const length = readSync(file, piece);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
