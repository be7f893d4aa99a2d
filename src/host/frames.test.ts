// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { encodeFrame, FrameReader } from './frames.ts';

/** Bytes that look random and are the same each time. */
function bytesOf(seed: number, length: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, length) })
    .update(String(seed))
    .digest()
    .subarray(0, length);
}

it('gives back what was sent, in whatever pieces it arrives', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const sent = Array.from({ length: seed % 7 }, (_, index) => {
      const length = bytesOf(seed * 10 + index, 1).readUInt8();
      return { id: index * seed, word: 'out', bytes: bytesOf(seed + index, length) };
    });
    let stream = Buffer.concat(sent.map(({ id, word, bytes }) => encodeFrame(id, word, bytes)));
    const reader = new FrameReader();
    const got = [...bytesOf(seed, 40)].flatMap((cut) => {
      const piece = stream.subarray(0, cut % 50);
      stream = stream.subarray(cut % 50);
      return reader.take(piece);
    });
    got.push(...reader.take(stream));
    assert.deepEqual(got, sent);
  }
});

it('refuses what is not the protocol, as soon as that is certain', () => {
  const refusal = { name: 'SyntaxError', message: /^not the agent's protocol: / };
  for (const text of ['Welcome!\n', '1 done\n', '1 done x\n', '-1 done 0\n', '1 DONE 0\n', 'x'.repeat(64)]) {
    assert.throws(() => new FrameReader().take(Buffer.from(text)), refusal, text);
  }
  assert.deepEqual(new FrameReader().take(Buffer.from('x'.repeat(63))), []);
});
