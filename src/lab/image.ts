// SPDX-License-Identifier: Apache-2.0
// Images of lab machines: built once, kept, and never written to by a machine.
import { z } from 'zod';
import { type Host, HostError, lastLine } from '../host/host.ts';
import { DRAFT, marked, type Packages, settle } from './debian.ts';
import type { ImageFiles } from './machine.ts';
import { type Archive, GUEST_FILES, imageDigest, type Recipe, recipeDigest, recipeOf } from './recipe.ts';

/** Files of the guest that are ours. */
const GUEST_FOLDER = `${import.meta.dirname}/guest`;

const ManifestSchema = z.strictObject({
  schema: z.literal(1),
  recipe: z.string(),
  /** Packages that were asked for. */
  packages: z.array(z.string()),
  kernelRelease: z.string(),
  builtAt: z.string(),
  /** Files of Debian that it was made from, with their versions. */
  archives: z.array(z.string()),
});

type Manifest = z.infer<typeof ManifestSchema>;

export interface Image extends ImageFiles {
  /** Twelve hexadecimal digits: what it was made from. */
  id: string;
  kernelRelease: string;
}

export async function readRecipe(host: Host, extraPackages: readonly string[]): Promise<Recipe> {
  const files: Record<string, string> = {};
  for (const name of GUEST_FILES) {
    const text = await host.read(`${GUEST_FOLDER}/${name}`);
    if (text === null) throw new HostError(`${GUEST_FOLDER}/${name} cannot be read: the checkout is not complete`);
    files[name] = text;
  }
  return recipeOf(files, extraPackages);
}

/** The newest image of a recipe; null where none was built. */
export async function findImage(host: Host, folder: string, recipe: Recipe): Promise<Image | null> {
  const digest = recipeDigest(recipe);
  const found = (await imagesOf(host, folder)).filter((image) => image.recipe === digest);
  const newest = found.sort((a, b) => (a.builtAt < b.builtAt ? 1 : -1))[0];
  if (newest === undefined) return null;
  const { id, kernelRelease } = newest;
  return { id, kernelRelease, ...filesOf(`${folder}/${id}`) };
}

/** Those that are complete. */
async function imagesOf(host: Host, folder: string): Promise<(Manifest & { id: string })[]> {
  const found: (Manifest & { id: string })[] = [];
  for (const id of await host.list(folder)) {
    if (id.endsWith(DRAFT)) continue;
    const manifest = ManifestSchema.safeParse(parseJson((await host.read(`${folder}/${id}/manifest.json`)) ?? ''));
    if (manifest.success) found.push({ ...manifest.data, id });
  }
  return found;
}

function filesOf(folder: string): ImageFiles {
  return { kernel: `${folder}/vmlinux`, initrd: `${folder}/initrd`, disk: `${folder}/disk` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function resolveImage(packages: Packages, recipe: Recipe): Promise<Archive[]> {
  return packages.resolve(recipe.packages, null);
}

/** Builds the image of a recipe from these packages, and removes older ones of it; throws HostError. */
export async function buildImage(
  host: Host,
  folder: string,
  packages: Packages,
  recipe: Recipe,
  archives: readonly Archive[],
  tell: (line: string) => void,
): Promise<Image> {
  const id = imageDigest(recipe, archives);
  const target = `${folder}/${id}`;
  const draft = `${target}${DRAFT}`;
  await host.remove(draft);
  await host.makeDirectory(draft);
  const files = await packages.download(recipe.packages, null, archives);
  await host.write(`${draft}/packages`, `${files.join('\n')}\n`);
  const kernelRelease = await runBuild(host, draft, tell);
  const manifest = {
    schema: 1,
    recipe: recipeDigest(recipe),
    packages: recipe.packages,
    kernelRelease,
    builtAt: new Date().toISOString(),
    archives: archives.map(({ file }) => file).sort(),
  };
  await host.write(`${draft}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await removeOlder(host, folder, recipe);
  await settle(host, draft, target);
  return { id, kernelRelease, ...filesOf(target) };
}

async function runBuild(host: Host, draft: string, tell: (line: string) => void): Promise<string> {
  const build = await host.start(marked(['sh', `${GUEST_FOLDER}/build.sh`, draft, GUEST_FOLDER]));
  for await (const line of build.lines) tell(`  ${line} ...`);
  const { exitCode, stderr } = await build.ended;
  const release = (await host.read(`${draft}/release`))?.trim();
  if (exitCode !== 0 || release === undefined) {
    throw new HostError(`the image cannot be built: ${lastLine(stderr) || `exit code ${exitCode}`}`);
  }
  return release;
}

/** Of the same packages, by older versions or another recipe. A machine that runs from one has its files open, and keeps them. */
async function removeOlder(host: Host, folder: string, { packages }: Recipe): Promise<void> {
  for (const image of await imagesOf(host, folder)) {
    if (image.packages.join(' ') === packages.join(' ')) await host.remove(`${folder}/${image.id}`);
  }
}
