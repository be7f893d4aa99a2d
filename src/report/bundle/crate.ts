// SPDX-License-Identifier: Apache-2.0
// What a bundle tells machines of itself: an RO-Crate 1.2 (https://w3id.org/ro/crate/1.2), which archives and search engines read.
import { BUNDLE, type BundleAbout, type Listed } from '../../model/bundle.ts';
import type { CampaignResult } from '../../model/result.ts';
import { nearOf } from '../../model/testbed.ts';
import { type ProgramSum, programSumsOf } from '../../stats/programs.ts';

const SPECIFICATION = 'https://w3id.org/ro/crate/1.2';
const SOFTWARE = '#vswbench';
const CAMPAIGN = '#campaign';

interface FileKind {
  name: string;
  description: string;
  encodingFormat: string;
}

const KINDS: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  [
    BUNDLE.store,
    {
      name: 'Campaign, trials, samples and histograms',
      description:
        'The raw data: a SQLite database, explained by the comments in its schema. All other files are derived from it.',
      encodingFormat: 'application/vnd.sqlite3',
    },
  ],
  [
    BUNDLE.document,
    {
      name: 'Results and verdicts',
      description: 'Every case with its figures, intervals, verdicts and trials, as one JSON document.',
      encodingFormat: 'application/json',
    },
  ],
  [
    BUNDLE.report,
    { name: 'Report', description: 'The report: one page that loads nothing.', encodingFormat: 'text/html' },
  ],
  [
    BUNDLE.machines,
    {
      name: 'Machines',
      description:
        'Hardware, kernel, knobs and versions of the software on each host, as found when the campaign began.',
      encodingFormat: 'application/json',
    },
  ],
  [
    BUNDLE.appendix,
    { name: 'Artifact appendix', description: 'How to check and how to rerun this.', encodingFormat: 'text/markdown' },
  ],
  [BUNDLE.about, { name: 'About', description: 'What made this bundle.', encodingFormat: 'application/json' }],
  [
    BUNDLE.dictionary,
    { name: 'Data dictionary', description: 'Type, unit and meaning of each column.', encodingFormat: 'text/markdown' },
  ],
]);

/** The crate as a JSON text; `files` are all others of the bundle but the manifest. */
export function crateText(result: CampaignResult, about: BundleAbout, files: readonly Listed[]): string {
  const graph = [
    descriptor(),
    rootDataset(result, about, files),
    ...files.map(fileEntity),
    licenseEntity(about),
    softwareEntity(result),
    ...programSumsOf(result).map(programEntity),
    campaignAction(result, files),
  ];
  return `${JSON.stringify({ '@context': `${SPECIFICATION}/context`, '@graph': graph }, null, 1)}\n`;
}

function descriptor(): object {
  return {
    '@id': BUNDLE.crate,
    '@type': 'CreativeWork',
    about: { '@id': './' },
    conformsTo: { '@id': SPECIFICATION },
  };
}

function rootDataset(result: CampaignResult, about: BundleAbout, files: readonly Listed[]): object {
  const { cpuModel, kernel } = nearOf(result);
  return {
    '@id': './',
    '@type': 'Dataset',
    name: `${result.title} (vswbench campaign ${result.id})`,
    description: `Measurements of virtual switches between Linux containers: ${result.results.length} cases on ${cpuModel}, Linux ${kernel}, with raw trials, report and verdicts.`,
    // The day on which it was measured, so that the same campaign makes the same bundle.
    datePublished: (result.endedAt ?? result.startedAt).slice(0, 10),
    license: { '@id': licenseId(about) },
    identifier: result.id,
    hasPart: files.map(({ name }) => ({ '@id': name })),
    mentions: { '@id': CAMPAIGN },
  };
}

function fileEntity({ name, sha256 }: Listed): object {
  return { '@id': name, '@type': 'File', ...(KINDS.get(name) ?? kindInFolder(name)), sha256 };
}

function kindInFolder(name: string): FileKind {
  const bare = name.replace(/^\w+\/|\.\w+$/g, '');
  if (name.endsWith('.svg')) {
    const description = 'A figure of the campaign: medians and their 95 % intervals, or rounds.';
    return { name: `Figure ${bare}`, description, encodingFormat: 'image/svg+xml' };
  }
  const description = `A line for each row, columns as in ${BUNDLE.dictionary}.`;
  return { name: `Table ${bare}`, description, encodingFormat: 'text/csv' };
}

/** SPDX's page of a licence; where the text is a sentence, an entity of its own that holds it. */
function licenseId({ license }: BundleAbout): string {
  return /^[\w.+-]+$/.test(license) ? `https://spdx.org/licenses/${license}` : '#license';
}

function licenseEntity(about: BundleAbout): object {
  return { '@id': licenseId(about), '@type': 'CreativeWork', name: about.license, description: about.license };
}

function softwareEntity(result: CampaignResult): object {
  const { vswbenchVersion, vswbenchCommit } = nearOf(result);
  return {
    '@id': SOFTWARE,
    '@type': 'SoftwareApplication',
    name: 'vswbench',
    version: vswbenchCommit === null ? vswbenchVersion : `${vswbenchVersion} (${vswbenchCommit})`,
  };
}

function programId({ name, sha256 }: ProgramSum): string {
  return `#${name}-${sha256.slice(0, 12)}`;
}

/** A program that ran, byte for byte. */
function programEntity(sum: ProgramSum): object {
  return { '@id': programId(sum), '@type': 'SoftwareApplication', name: sum.name, sha256: sum.sha256 };
}

/** The measuring itself, as RO-Crate tells where data come from. */
function campaignAction(result: CampaignResult, files: readonly Listed[]): object {
  return {
    '@id': CAMPAIGN,
    '@type': 'CreateAction',
    name: result.title,
    instrument: [SOFTWARE, ...programSumsOf(result).map(programId)].map((id) => ({ '@id': id })),
    startTime: result.startedAt,
    ...(result.endedAt === null ? {} : { endTime: result.endedAt }),
    result: files.filter(({ name }) => name === BUNDLE.store).map(({ name }) => ({ '@id': name })),
  };
}
