// SPDX-License-Identifier: Apache-2.0
// How to cite the tool, the paper whose framework it is, and a campaign: BibTeX, APA, or CFF.
import type { Author, Citation, Reference } from '../model/citation.ts';
import type { CampaignResult } from '../model/result.ts';
import { nearOf } from '../model/testbed.ts';
import { sumOf } from '../stats/sum.ts';
import { counted, listed } from './format.ts';
import { escapeLatex } from './latex.ts';
import { clean } from './text.ts';

export const CITATION_FORMATS = ['bibtex', 'apa', 'cff'] as const;
export type CitationFormat = (typeof CITATION_FORMATS)[number];

/** Figures that somebody measured. */
export interface CitedCampaign {
  id: string;
  title: string;
  /** When it began. */
  date: Date;
  version: string;
  /** `84 trials of 14 cases on AMD EPYC, 2 CPUs, Linux 6.18.2`. */
  about: string;
  /** Of the bundle it was read from; null of a store. */
  sha256: string | null;
  /** Who measured; empty where nobody is named. */
  authors: readonly Author[];
}

export function citedCampaign(
  result: CampaignResult,
  { sha256, authors }: Pick<CitedCampaign, 'sha256' | 'authors'>,
): CitedCampaign {
  const { cpuModel, cpus, kernel, vswbenchVersion } = nearOf(result);
  const measured = result.results.filter(({ evidence }) => evidence.measured > 0);
  const trials = sumOf(measured, ({ evidence }) => evidence.measured);
  const emulated = measured.some(({ flags }) => flags.includes('emulated')) ? ', emulated' : '';
  const machine = `${cpuModel}, ${counted(cpus.length, 'CPU')}, Linux ${kernel}${emulated}`;
  return {
    ...{ id: result.id, title: result.title, date: new Date(result.startedAt), version: vswbenchVersion },
    about: `${counted(trials, 'trial')} of ${counted(measured.length, 'case')} on ${machine}`,
    ...{ sha256, authors },
  };
}

/** The name of somebody as an option has it: `Family, Given`, else the name of a group. */
export function authorOf(name: string): Author {
  const [family = '', given = '', ...more] = name.split(',').map((part) => part.trim());
  return family === '' || given === '' || more.length > 0
    ? { name: name.trim() }
    : { 'family-names': family, 'given-names': given };
}

/** The text, in lines; without a campaign that of the tool and of the paper. */
export function citationText(tool: Citation, campaign: CitedCampaign | null, format: CitationFormat): string {
  switch (format) {
    case 'bibtex':
      return bibtex(tool, campaign);
    case 'apa':
      return apa(tool, campaign);
    case 'cff':
      return cff(tool, campaign);
    default:
      return format satisfies never;
  }
}

function bibtex(tool: Citation, campaign: CitedCampaign | null): string {
  return [
    entry('misc', tool.title, {
      author: bibtexAuthors(tool.authors),
      title: `{${escapeLatex(tool.title)}}`,
      note: escapeLatex(`Computer software, version ${campaign?.version ?? tool.version}`),
    }),
    ...tool.references.map((paper) =>
      entry('inproceedings', keyOf(paper), {
        author: bibtexAuthors(paper.authors),
        title: `{${escapeLatex(paper.title)}}`,
        booktitle: escapeLatex(paper['collection-title']),
        publisher: escapeLatex(paper.publisher.name),
        year: String(paper.year),
        doi: paper.doi,
      }),
    ),
    ...(campaign === null ? [] : [campaignEntry(tool, campaign)]),
  ].join('\n\n');
}

function campaignEntry(
  { title: software }: Citation,
  { id, title, date, version, about, sha256, authors }: CitedCampaign,
) {
  const sum = sha256 === null ? '' : `, SHA-256 of the bundle ${sha256}`;
  return entry('misc', `${software}-${id}`, {
    ...(authors.length === 0 ? {} : { author: bibtexAuthors(authors) }),
    title: `{${escapeLatex(clean(title))}}`,
    howpublished: escapeLatex(`Data set, ${software} campaign ${id}`),
    year: String(date.getUTCFullYear()),
    month: (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3).toLowerCase(),
    note: escapeLatex(`${clean(about)}; ${software} ${version}${sum}`),
  });
}

/** A month is a word of BibTeX's own. */
function entry(type: string, key: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(
    ([name, value]) => `  ${name} = ${name === 'month' ? value : `{${value}}`},`,
  );
  return [`@${type}{${key},`, ...lines, '}'].join('\n');
}

/** `ara2021`. */
function keyOf({ authors, year }: Reference): string {
  const [first] = authors;
  const name = first === undefined ? '' : 'name' in first ? first.name : first['family-names'];
  return `${name.toLowerCase().replaceAll(/[^a-z]/g, '')}${year}`;
}

/** The name of a group is in braces, or a part of it would be a family's. */
function bibtexAuthors(authors: readonly Author[]): string {
  return authors
    .map((one) =>
      'name' in one
        ? `{${escapeLatex(clean(one.name))}}`
        : `${escapeLatex(clean(one['family-names']))}, ${escapeLatex(clean(one['given-names']))}`,
    )
    .join(' and ');
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
] as const;

function apa(tool: Citation, campaign: CitedCampaign | null): string {
  const software = `${apaAuthors(tool.authors)}. ${tool.title} (Version ${campaign?.version ?? tool.version}) [Computer software].`;
  const papers = tool.references.map(
    (paper) =>
      `${apaAuthors(paper.authors)} (${paper.year}). ${paper.title}. In ${paper['collection-title']}. ${paper.publisher.name}. https://doi.org/${paper.doi}`,
  );
  return [software, ...papers, ...(campaign === null ? [] : [apaCampaign(tool, campaign)])].join('\n\n');
}

function apaCampaign(
  { title: software }: Citation,
  { id, title, date, about, version, sha256, authors }: CitedCampaign,
) {
  const day = `(${date.getUTCFullYear()}, ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCDate()})`;
  const kind = `[Data set; ${software} ${version}, campaign ${id}]`;
  // Where nobody is named, the title stands first.
  const begun =
    authors.length === 0
      ? `${clean(title)} ${kind}. ${day}.`
      : `${apaAuthors(authors)} ${day}. ${clean(title)} ${kind}.`;
  return `${begun} ${clean(about)}.${sha256 === null ? '' : ` SHA-256 of the bundle: ${sha256}`}`;
}

function apaAuthors(authors: readonly Author[]): string {
  const names = authors.map((one) =>
    'name' in one ? clean(one.name) : `${clean(one['family-names'])}, ${clean(one['given-names'])}`,
  );
  return listed(names).replace(' and ', names.length > 2 ? ', & ' : ' & ');
}

/** A JSON text is YAML as well, and quotes whatever a name may hold. */
function cff(tool: Citation, campaign: CitedCampaign | null): string {
  if (campaign === null) return yaml({ ...tool });
  const { id, title, date, version, about, sha256, authors } = campaign;
  return yaml({
    'cff-version': tool['cff-version'],
    message: 'If these figures are part of your work, please cite them as below.',
    type: 'dataset',
    title: clean(title),
    authors: authors.length === 0 ? [{ name: `Whoever measured campaign ${id}` }] : authors,
    abstract: `${clean(about)}; measured with ${tool.title} ${version}.`,
    'date-released': date.toISOString().slice(0, 10),
    identifiers: [
      { type: 'other', value: id, description: `The id of the ${tool.title} campaign` },
      ...(sha256 === null ? [] : [{ type: 'other', value: sha256, description: 'SHA-256 of the bundle' }]),
    ],
    references: [
      { type: 'software', title: tool.title, version, license: tool.license, authors: tool.authors },
      ...tool.references,
    ],
  });
}

function yaml(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join('\n');
}
