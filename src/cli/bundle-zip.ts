// SPDX-License-Identifier: Apache-2.0
// Bundles as ZIP files. Written: the same files give the same bytes on every machine, as deflate is here a program of its own and
// no time stands in them. Read: as if an enemy had written them.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { unzipSync, Zip, ZipDeflate } from 'fflate';
import { type Listed, refusalOfName } from '../model/bundle.ts';
import { CliError, EXIT } from './errors.ts';

/** ZIP cannot name a time before this; in the fields of this machine's own clock, so that it is the same in every time zone. */
const NO_TIME = new Date(1980, 0, 1, 0, 0, 0);

const MIB = 2 ** 20;

/** What a bundle may take: ten times what 100 000 trials do. */
export const LIMITS = {
  /** Of the file itself: more is not read at once. */
  fileBytes: 2047 * MIB,
  /** Of all that is in it, unpacked. */
  contentBytes: 4096 * MIB,
  entries: 1000,
  /** Results shrink by ten; what shrinks by more than this was made to fill a memory. */
  ratio: 200,
  /** Below, a file may shrink as it likes. */
  smallBytes: MIB,
};

/** A file that is being written. */
export class ZipWriter {
  /** What was added, in this order. */
  readonly listed: Listed[] = [];
  private readonly zip: Zip;
  private readonly file: number;
  private failure: Error | null = null;

  /** Throws the system's error where the file cannot be made. */
  constructor(path: string) {
    this.file = openSync(path, 'w');
    this.zip = new Zip((error, chunk) => {
      if (error !== null) this.failure = error;
      else writeWhole(this.file, chunk);
    });
  }

  /** Adds a file, piece by piece. */
  add(name: string, pieces: Iterable<Uint8Array>): void {
    const entry = new ZipDeflate(name, { level: 6 });
    entry.mtime = NO_TIME;
    this.zip.add(entry);
    const hash = createHash('sha256');
    for (const piece of pieces) {
      hash.update(piece);
      entry.push(piece, false);
    }
    entry.push(new Uint8Array(0), true);
    this.listed.push({ name, sha256: hash.digest('hex') });
    if (this.failure !== null) throw this.failure;
  }

  end(): void {
    this.zip.end();
    if (this.failure !== null) throw this.failure;
  }

  close(): void {
    closeSync(this.file);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** An entry as the directory of a ZIP file tells it. */
interface Entry {
  name: string;
  size: number;
  originalSize: number;
}

/** A ZIP file that somebody sent. */
export class ZipReader {
  /** Names of its files, in their order. */
  readonly names: readonly string[];
  private readonly path: string;
  private readonly bytes: Uint8Array;
  private readonly sizes: ReadonlyMap<string, number>;

  /** Throws CliError where it is none, or asks for more than a bundle needs; nothing is unpacked by this. */
  constructor(path: string) {
    this.path = path;
    this.bytes = bytesOf(path);
    const entries = entriesOf(path, this.bytes);
    this.names = entries.map(({ name }) => name);
    this.sizes = new Map(entries.map(({ name, originalSize }) => [name, originalSize]));
  }

  /** A file's bytes; null where there is none. Throws CliError where they are damaged. */
  read(name: string): Uint8Array | null {
    const size = this.sizes.get(name);
    if (size === undefined) return null;
    const found = unpacked(this.path, name, () => unzipSync(this.bytes, { filter: (entry) => entry.name === name }));
    if (found === undefined || found.length !== size) throw damaged(this.path, name, 'its size is not the one told');
    return found;
  }
}

function bytesOf(path: string): Uint8Array {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw notBundle(path, found === undefined ? 'does not exist' : 'is not a file');
  const { size } = found;
  if (size > LIMITS.fileBytes) throw notBundle(path, `has ${mib(size)}, and ${mib(LIMITS.fileBytes)} are read at most`);
  return readFileSync(path);
}

/** The directory, of which each line is looked at before any file is unpacked. */
function entriesOf(path: string, bytes: Uint8Array): Entry[] {
  const entries = new Map<string, Entry>();
  let content = 0;
  const look = (entry: Entry) => {
    const refusal = refusalOfEntry(entry) ?? (entries.has(entry.name) ? 'is there twice' : null);
    if (refusal !== null) throw notBundle(path, `its file '${printable(entry.name)}' ${refusal}`);
    entries.set(entry.name, entry);
    content += entry.originalSize;
    if (entries.size > LIMITS.entries) throw notBundle(path, `has more than ${LIMITS.entries} files`);
    if (content > LIMITS.contentBytes) throw notBundle(path, `unpacks to more than ${mib(LIMITS.contentBytes)}`);
    return false;
  };
  try {
    unzipSync(bytes, { filter: look });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw notBundle(path, 'is not a ZIP file');
  }
  return [...entries.values()];
}

function refusalOfEntry({ name, size, originalSize }: Entry): string | null {
  if (originalSize > LIMITS.smallBytes && originalSize > LIMITS.ratio * size) {
    return `grows from ${size} bytes to ${mib(originalSize)}`;
  }
  return refusalOfName(name);
}

function unpacked(path: string, name: string, unzip: () => Record<string, Uint8Array>): Uint8Array | undefined {
  try {
    return unzip()[name];
  } catch (error) {
    throw damaged(path, name, error instanceof Error ? error.message : String(error));
  }
}

/** Exit code of a file that is no bundle: a wrong argument. */
export function notBundle(path: string, why: string): CliError {
  return new CliError(EXIT.usage, `${path} ${why}: give a file that 'vswbench bundle' wrote`);
}

function damaged(path: string, name: string, why: string): CliError {
  return new CliError(EXIT.trialFailed, `${path}: ${name} is damaged (${why}): get the bundle anew`);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}

function printable(name: string): string {
  return name.slice(0, 60).replace(/[^\w./ -]/g, '?');
}
