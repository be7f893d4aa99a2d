// SPDX-License-Identifier: Apache-2.0
// Deflated data (RFC 1951) at once: what a browser has for it (DecompressionStream) answers later, when a page that is being printed is on paper.

const CODE_BITS_MAX = 15;

/** Of each length code from 257 on, and of each distance code: the smallest value, and how many bits more follow. */
const LENGTHS = basesOf(29, 3, 4);
const DISTANCES = basesOf(30, 1, 2);
// The last length has a code of its own.
LENGTHS.bases[28] = 258;
LENGTHS.extra[28] = 0;

/** In which order the lengths of the code of code lengths come. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** @param {number} codes @param {number} first @param {number} step codes that share a number of extra bits */
function basesOf(codes, first, step) {
  const [bases, extra] = [new Uint16Array(codes), new Uint8Array(codes)];
  let base = first;
  for (let code = 0; code < codes; code += 1) {
    extra[code] = Math.max(0, Math.floor(code / step) - 1);
    bases[code] = base;
    base += 1 << (extra[code] ?? 0);
  }
  return { bases, extra };
}

/** @typedef {{ counts: Uint16Array, symbols: Uint16Array }} Code a canonical Huffman code: how many words of each length, and their symbols in order */

/** @param {ArrayLike<number>} lengths @returns {Code} */
function codeOf(lengths) {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (let symbol = 0; symbol < lengths.length; symbol += 1)
    counts[lengths[symbol] ?? 0] = (counts[lengths[symbol] ?? 0] ?? 0) + 1;
  counts[0] = 0;
  const starts = new Uint16Array(CODE_BITS_MAX + 2);
  for (let bits = 1; bits <= CODE_BITS_MAX; bits += 1) starts[bits + 1] = (starts[bits] ?? 0) + (counts[bits] ?? 0);
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const bits = lengths[symbol] ?? 0;
    if (bits === 0) continue;
    symbols[starts[bits] ?? 0] = symbol;
    starts[bits] = (starts[bits] ?? 0) + 1;
  }
  return { counts, symbols };
}

const FIXED = {
  literal: codeOf([...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)]),
  distance: codeOf(Array(30).fill(5)),
};

/** The data; throws RangeError where they are cut short or no such data. @param {Uint8Array} data @returns {Uint8Array<ArrayBuffer>} */
export function inflated(data) {
  let [at, held, heldBits] = [0, 0, 0];
  let out = new Uint8Array(Math.max(1024, data.length * 8));
  let size = 0;

  /** @param {number} count */
  const bits = (count) => {
    while (heldBits < count) {
      if (at >= data.length) throw new RangeError('deflated data are cut short');
      held |= (data[at] ?? 0) << heldBits;
      at += 1;
      heldBits += 8;
    }
    const value = held & ((1 << count) - 1);
    held >>>= count;
    heldBits -= count;
    return value;
  };
  /** @param {Code} code */
  const symbol = ({ counts, symbols }) => {
    let [word, first, index] = [0, 0, 0];
    for (let length = 1; length <= CODE_BITS_MAX; length += 1) {
      word |= bits(1);
      const count = counts[length] ?? 0;
      if (word - first < count) return symbols[index + word - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    throw new RangeError('there is no such code word');
  };
  /** @param {number} more */
  const reserve = (more) => {
    if (size + more <= out.length) return;
    const larger = new Uint8Array(2 * (size + more));
    larger.set(out.subarray(0, size));
    out = larger;
  };
  const stored = () => {
    [held, heldBits] = [0, 0];
    const length = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
    at += 4;
    if (at + length > data.length) throw new RangeError('deflated data are cut short');
    reserve(length);
    out.set(data.subarray(at, at + length), size);
    at += length;
    size += length;
  };
  const dynamic = () => {
    const [literals, distances, codes] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = new Uint8Array(ORDER.length);
    for (const place of ORDER.slice(0, codes)) own[place] = bits(3);
    const code = codeOf(own);
    /** @type {number[]} */
    const lengths = [];
    while (lengths.length < literals + distances) {
      const next = symbol(code);
      if (next < 16) lengths.push(next);
      else {
        const again = next === 16 ? (lengths.at(-1) ?? 0) : 0;
        const times = next === 16 ? 3 + bits(2) : next === 17 ? 3 + bits(3) : 11 + bits(7);
        for (let time = 0; time < times; time += 1) lengths.push(again);
      }
    }
    return { literal: codeOf(lengths.slice(0, literals)), distance: codeOf(lengths.slice(literals)) };
  };
  /** @param {{ literal: Code, distance: Code }} codes */
  const block = ({ literal, distance }) => {
    for (let next = symbol(literal); next !== 256; next = symbol(literal)) {
      reserve(258);
      if (next < 256) {
        out[size] = next;
        size += 1;
        continue;
      }
      const length = (LENGTHS.bases[next - 257] ?? 0) + bits(LENGTHS.extra[next - 257] ?? 0);
      const far = symbol(distance);
      const back = (DISTANCES.bases[far] ?? 0) + bits(DISTANCES.extra[far] ?? 0);
      if (back > size || back === 0) throw new RangeError('deflated data refer to what is not there');
      for (let index = 0; index < length; index += 1) out[size + index] = out[size + index - back] ?? 0;
      size += length;
    }
  };

  for (let isLast = false; !isLast; ) {
    isLast = bits(1) === 1;
    const kind = bits(2);
    if (kind === 0) stored();
    else if (kind === 1) block(FIXED);
    else if (kind === 2) block(dynamic());
    else throw new RangeError('there is no such kind of block');
  }
  return out.subarray(0, size);
}
