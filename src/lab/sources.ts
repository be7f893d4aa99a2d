// SPDX-License-Identifier: Apache-2.0
// Where the lab's packages come from: what the host's own apt has of the lab's release of Debian, or a mirror that the user names.
// Pure: sources.list(5) in both of its formats.

/** Debian's release whose kernel, LXC, DPDK and Open vSwitch the machines run, whatever the host is. */
export const RELEASE = 'bookworm';

/** Where QEMU is new enough for a network card with virtual functions. */
export const BACKPORTS = `${RELEASE}-backports`;

/** Suites of the release that are wanted where a source has them. */
const SUITES = [RELEASE, `${RELEASE}-updates`, `${RELEASE}-security`, BACKPORTS];

/** A suite at one place. */
export interface Source {
  uri: string;
  suite: string;
  /** A key or keyrings that its signature is checked with, as a `Signed-By` field has it; null is whatever the host's apt trusts. */
  signedBy: string | null;
}

/** A file of the host's apt: `sources.list` and `*.list` have a line for each source, `*.sources` a stanza. */
export interface SourceFile {
  name: string;
  text: string;
}

/** What the host's apt has of the lab's release; empty where it has none. Backports are taken from beside the release. */
export function sourcesFrom(files: readonly SourceFile[]): Source[] {
  const all = files.flatMap(({ name, text }) => (name.endsWith('.sources') ? parseStanzas(text) : parseLines(text)));
  const wanted = all.filter(({ suite }) => SUITES.includes(suite));
  const release = wanted.find(({ suite }) => suite === RELEASE);
  if (release === undefined) return [];
  const known = new Map(wanted.map((source) => [`${source.uri} ${source.suite}`, source]));
  const backports = wanted.some(({ suite }) => suite === BACKPORTS) ? [] : [{ ...release, suite: BACKPORTS }];
  return [...known.values(), ...backports];
}

/** What a mirror of Debian has, whose signatures are Debian's own. Security updates are elsewhere, and nobody gets into a lab. */
export function sourcesOfMirror(uri: string, keyring: string): Source[] {
  return SUITES.filter((suite) => !suite.endsWith('-security')).map((suite) => ({ uri, suite, signedBy: keyring }));
}

/** The text of a file `*.sources` of these. */
export function writtenSources(sources: readonly Source[]): string {
  return sources
    .map(({ uri, suite, signedBy }) => {
      const fields = ['Types: deb', `URIs: ${uri}`, `Suites: ${suite}`, 'Components: main', 'Architectures: amd64'];
      return [...fields, ...(signedBy === null ? [] : [`Signed-By: ${signedBy}`])]
        .map((field) => `${field}\n`)
        .join('');
    })
    .join('\n');
}

/** `deb [option=value …] URI SUITE COMPONENT…` */
function parseLines(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const [, options = '', uri, suite, components = ''] =
      /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || !serves(uri, components)) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1]?.replaceAll(',', ' ') ?? null;
    return [{ uri, suite, signedBy }];
  });
}

/** Stanzas of `Field: value`, whose value goes on in lines that begin with a space; comments are lines of their own. */
function parseStanzas(text: string): Source[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map(
        [...stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(([, name = '', value = '']) => [
          name.toLowerCase(),
          value.trimEnd(),
        ]),
      );
      const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
      if (!words('types').includes('deb') || /^(no|false|off|0)$/i.test(fields.get('enabled') ?? '')) return [];
      const uris = words('uris').filter((uri) => serves(uri, fields.get('components') ?? ''));
      const signedBy = fields.get('signed-by') || null;
      return uris.flatMap((uri) => words('suites').map((suite) => ({ uri, suite, signedBy })));
    });
}

/** Whether there is Debian's free software at it, and no disc to be put in. */
function serves(uri: string, components: string): boolean {
  return !uri.startsWith('cdrom:') && components.split(/\s+/).includes('main');
}
