// SPDX-License-Identifier: Apache-2.0
// Checks a bundle: its files against the manifest, and every number and verdict against the trials. Nothing of this machine is compared.
import { randomInt } from 'node:crypto';
import { BUNDLE } from '../model/bundle.ts';
import type { Trial } from '../model/result.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import { crateText } from '../report/bundle/crate.ts';
import { csvDifferences, type Difference, jsonDifferences, textDifferences } from '../report/bundle/differences.ts';
import { renderVerification, type Verification } from '../report/bundle/verification.ts';
import { roundName } from '../report/case-trials.ts';
import { disagreements } from '../stats/derivation.ts';
import { type Store, StoreError } from '../store/store.ts';
import { bytesOf, type Content, contentsOf, thisMaker } from './bundle-content.ts';
import { type OpenBundle, openBundle, sha256Of, textOf, withBundleStore } from './bundle-open.ts';
import type { VerifyOptions } from './commands/verify.ts';
import { tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { requireHead, requireResult } from './load.ts';
import type { Rerun } from './rerun.ts';
import { terminalOf } from './terminal.ts';

export async function verify(path: string, options: VerifyOptions): Promise<void> {
  const again = options.rerun === undefined ? null : rerunOf(options.rerun, options);
  const bundle = openBundle(path);
  const verification = await verificationOf(bundle);
  const json = options.json === true;
  const text = json ? JSON.stringify(verification) : renderVerification(verification, terminalOf(process.stdout));
  if (verification.differences.length > 0) process.exitCode = EXIT.trialFailed;
  if (again === null || verification.trials === 0) {
    process.stdout.write(`${text}\n`);
    return;
  }
  tell(json ? renderVerification(verification, terminalOf(process.stderr)) : text);
  const told = await withBundleStore(bundle, (store) => requireResult(store, bundle.about.campaign));
  await (await import('./rerun.ts')).rerun(told, again, json);
}

/** Throws CliError for what is no share, or no seed. */
function rerunOf(share: string, { seed, testbed = LOCAL_TESTBED }: VerifyOptions): Rerun {
  const percent = Number(/^(\d+(?:\.\d+)?) ?%$/.exec(share.trim())?.[1] ?? Number.NaN);
  if (!(percent > 0 && percent <= 100)) {
    throw new CliError(EXIT.usage, `--rerun: '${share}' is not a share of the cases: give one, as 10%`);
  }
  if (seed !== undefined && !/^\d{1,10}$/.test(seed)) {
    throw new CliError(EXIT.usage, `--seed: '${seed}' is not a whole number from 0`);
  }
  return { share: percent / 100, seed: seed === undefined ? randomInt(2 ** 32) : Number(seed), testbed };
}

/** All that differs in a bundle. */
export async function verificationOf(bundle: OpenBundle): Promise<Verification> {
  const { path, about } = bundle;
  const here = thisMaker();
  const sameProgram = here.sources === about.madeBy.sources && here.node === about.madeBy.node;
  const derived = await derivedDifferences(bundle, sameProgram);
  return {
    schema: 1,
    file: path,
    campaign: about.campaign,
    madeBy: about.madeBy,
    here,
    sameProgram,
    ...derived,
    differences: [...manifestDifferences(bundle), ...derived.differences],
  };
}

/** Files that are not those of which the manifest tells. */
function manifestDifferences({ zip, manifest }: OpenBundle): Difference[] {
  const known = new Set([...manifest.map(({ name }) => name), BUNDLE.manifest]);
  return [
    ...manifest.flatMap(({ name, sha256 }) => {
      const found = sumOfFile(zip, name);
      return found === sha256 ? [] : [{ file: name, where: 'SHA-256', told: sha256, derived: found }];
    }),
    ...zip.names
      .filter((name) => !known.has(name))
      .map((name) => ({ file: name, where: 'the manifest', told: null, derived: 'a file that it does not name' })),
  ];
}

function sumOfFile(zip: OpenBundle['zip'], name: string): string | null {
  try {
    const bytes = zip.read(name);
    return bytes === null ? null : sha256Of(bytes);
  } catch (error) {
    if (error instanceof CliError) return 'damaged';
    throw error;
  }
}

type Derived = Pick<Verification, 'differences' | 'trials' | 'files'>;

/** What the trials say, beside what the bundle says; where they cannot be read, that. */
async function derivedDifferences(bundle: OpenBundle, sameProgram: boolean): Promise<Derived> {
  try {
    return await withBundleStore(bundle, async (store) => {
      const found = await compareFiles(bundle, store, sameProgram);
      const trials = compareTrials(store, bundle.about.campaign);
      return { ...found, trials: trials.count, differences: [...found.differences, ...trials.differences] };
    });
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof CliError)) throw error;
    const difference = { file: BUNDLE.store, where: 'the whole', told: null, derived: error.message };
    return { trials: 0, files: 0, differences: [difference] };
  }
}

async function compareFiles(bundle: OpenBundle, store: Store, sameProgram: boolean): Promise<Omit<Derived, 'trials'>> {
  const contents = await contentsOf(store, bundle.about);
  const differences = contents.flatMap((content) => compareFile(bundle, content, sameProgram));
  if (sameProgram) differences.push(...compareCrate(bundle, store));
  const names = new Set(contents.map(({ name }) => name));
  const more = sameProgram ? bundle.zip.names.filter((name) => name.endsWith('.csv') && !names.has(name)) : [];
  differences.push(...more.map((file) => ({ file, where: 'the whole', told: 'a table', derived: null })));
  return { files: contents.length, differences };
}

function compareFile(bundle: OpenBundle, { name, form, pieces }: Content, sameProgram: boolean): Difference[] {
  // What another vswbench writes in other words is no difference.
  if (form === 'text' && !sameProgram) return [];
  const told = readable(bundle, name);
  if (told === null) {
    return sameProgram ? [{ file: name, where: 'the whole', told: null, derived: 'a file' }] : [];
  }
  const derived = Buffer.concat([...bytesOf(pieces())]).toString();
  switch (form) {
    case 'json':
      return jsonDifferences(name, told, derived, { sameProgram });
    case 'csv':
      return csvDifferences(name, told, derived, { sameProgram });
    case 'text':
      return textDifferences(name, told, derived);
    default:
      return form satisfies never;
  }
}

/** Of the files that there are, whatever the manifest says. */
function compareCrate(bundle: OpenBundle, store: Store): Difference[] {
  const files = bundle.manifest.filter(({ name }) => name !== BUNDLE.crate);
  const derived = crateText(requireResult(store, bundle.about.campaign), bundle.about, files);
  return jsonDifferences(BUNDLE.crate, readable(bundle, BUNDLE.crate) ?? '', derived, { sameProgram: true });
}

/** Null where it is absent, or damaged, which the manifest tells. */
function readable({ zip }: OpenBundle, name: string): string | null {
  try {
    return textOf(zip, name);
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}

/** Trials whose own figures their histograms, samples or pairs contradict. */
function compareTrials(store: Store, id: string): { count: number; differences: Difference[] } {
  let count = 0;
  const differences: Difference[] = [];
  for (const [index, { case: testCase }] of requireHead(store, id).cases.entries()) {
    for (const trial of store.trials(id, index)) {
      count += 1;
      for (const { figure, recorded, derived } of disagreements(testCase, trial)) {
        differences.push({
          file: BUNDLE.store,
          where: `trial ${nameOf(index, trial)}: ${figure}`,
          told: String(recorded),
          derived: String(derived),
        });
      }
    }
  }
  return { count, differences };
}

/** As `show --trial` takes it. */
function nameOf(caseIndex: number, trial: Pick<Trial, 'round' | 'ordinal'>): string {
  return `${caseIndex}/${roundName(trial)}`;
}
