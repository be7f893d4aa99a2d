// SPDX-License-Identifier: Apache-2.0
// Debian packages for the lab, by an apt of their own: its lists, its cache and its idea of what is installed (nothing) lie in a
// folder of ours, so that the host's packages do not matter, and nothing of its apt changes. Proxy and credentials are the host's.
import { type Host, HostError, lastLine, runOrThrow } from '../host/host.ts';
import { LAB_MARK } from './machine.ts';
import { type Archive, parseUris } from './recipe.ts';
import { type Source, sourcesFrom, sourcesOfMirror, writtenSources } from './sources.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Longest that a download may take: 200 MB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 30 * 60_000;

/** Where the lab's apt lives, and what it has downloaded. */
export class Packages {
  private readonly host: Host;
  private readonly folder: string;
  /** The address of a mirror; null is where the host's own apt takes its packages from. */
  private readonly mirror: string | null;

  constructor(host: Host, folder: string, mirror: string | null) {
    this.host = host;
    this.folder = folder;
    this.mirror = mirror;
  }

  /** Fetches the lists of packages. Throws HostError where Debian is not reached. */
  async update(): Promise<void> {
    for (const part of ['lists/partial', 'archives/partial', 'none/partial']) {
      await this.host.makeDirectory(`${this.folder}/${part}`);
    }
    const sources = this.mirror === null ? await hostSources(this.host) : sourcesOfMirror(this.mirror, KEYRING);
    await this.host.write(`${this.folder}/lab.sources`, writtenSources(sources));
    await this.host.write(`${this.folder}/status`, '');
    await this.apt('update', []);
  }

  /** Files of packages and of all that they depend on; `release` prefers one, such as bookworm-backports. */
  async resolve(names: readonly string[], release: string | null): Promise<Archive[]> {
    // With an empty cache, so that those that are here already are listed as well.
    const cache = ['-o', `Dir::Cache::archives=${this.folder}/none/`];
    return parseUris(await this.apt('install', [...cache, '--print-uris', ...ofRelease(release), ...names]));
  }

  /** Downloads what `resolve` has listed; returns the paths, in its order. */
  async download(names: readonly string[], release: string | null, archives: readonly Archive[]): Promise<string[]> {
    await this.apt('install', ['--download-only', ...ofRelease(release), ...names]);
    return archives.map(({ file }) => `${this.folder}/archives/${file}`);
  }

  /** How much of these is still to be downloaded, in bytes. */
  async missingBytes(archives: readonly Archive[]): Promise<number> {
    const here = new Set(await this.host.list(`${this.folder}/archives`));
    return archives.filter(({ file }) => !here.has(file)).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Removes what is downloaded: once unpacked, it is of no use. */
  async forget(): Promise<void> {
    await this.host.remove(`${this.folder}/archives`);
  }

  private async apt(verb: 'update' | 'install', rest: readonly string[]): Promise<string> {
    const command = ['apt-get', '-q', '-q', '--yes', ...this.options(), verb, ...rest];
    const result = await this.host.run(marked(command), { timeoutMs: DOWNLOAD_TIMEOUT_MS, interruptible: true });
    // A mirror that is not reached is a warning to `update`, which goes on with no lists at all.
    const complaint = result.stderr.split('\n').find((line) => /^(E|Err|W: Failed)/.test(line));
    if (result.exitCode !== 0 || complaint !== undefined) {
      const why = complaint ?? (lastLine(result.stderr) || `exit code ${result.exitCode}`);
      throw new HostError(
        `Debian's packages cannot be had (apt-get ${verb}): ${why}: check the network and apt's proxy, or name a mirror (--mirror URL)`,
      );
    }
    return result.stdout;
  }

  private options(): string[] {
    const { folder } = this;
    const settings = {
      'Dir::State': folder,
      'Dir::State::lists': `${folder}/lists/`,
      'Dir::State::status': `${folder}/status`,
      'Dir::Cache': folder,
      'Dir::Cache::archives': `${folder}/archives/`,
      'Dir::Etc::SourceList': `${folder}/lab.sources`,
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::Etc::Preferences': '/dev/null',
      'Dir::Etc::PreferencesParts': '/dev/null',
      'APT::Architecture': 'amd64',
      'APT::Default-Release': '',
      'APT::Install-Recommends': 'false',
      // The folder is root's, and so it fetches as root.
      'APT::Sandbox::User': 'root',
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }
}

/** What the host's apt has of the lab's release. Throws HostError where it has none, as on Ubuntu. */
async function hostSources(host: Host): Promise<Source[]> {
  const parts = (await host.list('/etc/apt/sources.list.d')).filter((name) => /\.(list|sources)$/.test(name));
  const paths = ['/etc/apt/sources.list', ...parts.map((name) => `/etc/apt/sources.list.d/${name}`)];
  const files = await Promise.all(paths.map(async (name) => ({ name, text: (await host.read(name)) ?? '' })));
  const sources = sourcesFrom(files);
  if (sources.length > 0) return sources;
  throw new HostError(
    "this host's apt has no source of Debian 12 (bookworm), of which the lab's machines are made: name a mirror of Debian (--mirror URL)",
  );
}

function ofRelease(release: string | null): string[] {
  return release === null ? [] : ['--target-release', release];
}

/** A command that `lab down` finds and ends, whatever becomes of us. */
export function marked(command: readonly string[]): string[] {
  return ['env', `VSWBENCH_MARK=${LAB_MARK}`, 'LC_ALL=C', ...command];
}

/** How the name of a folder ends while what is in it is being built; removed by `lab down`. */
export const DRAFT = '.draft';

/** Moves a folder that was built aside to its place. Another vswbench may have been quicker, which is as well. */
export async function settle(host: Host, draft: string, target: string): Promise<void> {
  const moved = await host.run(['mv', '--no-target-directory', draft, target]);
  if (moved.exitCode === 0) return;
  await host.remove(draft);
  if ((await host.list(target)).length === 0) await runOrThrow(host, ['test', '-d', target]);
}
