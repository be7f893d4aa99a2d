// SPDX-License-Identifier: Apache-2.0
// Standard output of any length, for whoever reads it as slowly as they like.
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** So many characters are handed over at once: a write for each small piece would take longer than the piece. */
const CHUNK = 2 ** 16;

/**
 * Writes the pieces of a text. The next piece is asked for only when the reader has taken those before; a
 * reader that has seen enough and goes (`| head`) ends it without a word.
 */
export async function print(pieces: Iterable<string>, output: Writable = process.stdout): Promise<void> {
  await send(Readable.from(chunks(pieces), { objectMode: false, encoding: 'utf8' }), output);
}

/** The same of what is no text. */
export async function printBytes(pieces: Iterable<Uint8Array>, output: Writable = process.stdout): Promise<void> {
  await send(Readable.from(pieces, { objectMode: false }), output);
}

async function send(pieces: Readable, output: Writable): Promise<void> {
  const out = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      output.write(chunk, encoding, done);
    },
  });
  try {
    await pipeline(pieces, out);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

function* chunks(pieces: Iterable<string>): Generator<string, void> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
