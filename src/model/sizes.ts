// SPDX-License-Identifier: Apache-2.0
// Sizes of a test case's packets: one for all, or a mix of several. A mix is a text, in the form that records, keys and options have of it;
// its numbers are bytes of frames without FCS, as all are here.
//
//   imix               7, 4 and 1 of 64, 570 and 1518 bytes with FCS, one behind the other
//   imix:aaaaaaaddddg  the sizes of RFC 6985's letters, in that order, again and again
//   60-1514            each size from one to the other, as often as any, in an order that is drawn
//   mix:60*7+1514*3    each size as often as it says, in an order that is drawn
import { FCS_BYTES, FRAME_BYTES_MAX, FRAME_BYTES_MIN } from './frame.ts';
import { type Given, itemsOf } from './given.ts';
import { commaAmbiguity, type Parsed, parseQuantities } from './units.ts';

/** Bytes of every frame without FCS, or a mix. */
export type PacketSize = number | string;

/** So many packets of each size from one to the other. */
interface Part {
  from: number;
  to: number;
  packets: number;
}

interface Mix {
  parts: Part[];
  /** In an order that is drawn; else one behind the other, as they stand here. */
  drawn: boolean;
}

/** Packets until sizes come again in the same order, at most (dataplane/frame/sizes.h). */
export const PERIOD_MAX = 65_536;

/** The sizes that RFC 6985, section 4, gives its letters, with FCS. */
const GENOME: ReadonlyMap<string, number> = new Map([
  ['a', 64],
  ['b', 128],
  ['c', 256],
  ['d', 512],
  ['e', 1024],
  ['f', 1280],
  ['g', 1518],
  ['h', 2112],
  ['i', 9000],
]);
const GENOME_MAX = 1024;

const IMIX: readonly Part[] = [part(60, 7), part(566, 4), part(1514, 1)];

/** What a mix is made of; null where the text is none. */
export function mixOf(text: string): Mix | null {
  if (text === 'imix') return { parts: [...IMIX], drawn: false };
  if (/^imix:[a-i]+$/.test(text)) {
    return { parts: [...text.slice('imix:'.length)].map((letter) => part(bytesOf(letter), 1)), drawn: false };
  }
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) {
    return { parts: [{ from: Number(from), to: Number(to), packets: 1 }], drawn: true };
  }
  if (!/^mix:\d+\*\d+(\+\d+\*\d+)*$/.test(text)) return null;
  const parts = text.slice('mix:'.length).split('+');
  return { parts: parts.map((one) => weighted(one)), drawn: true };
}

function part(bytes: number, packets: number): Part {
  return { from: bytes, to: bytes, packets };
}

function bytesOf(letter: string): number {
  return (GENOME.get(letter) ?? 0) - FCS_BYTES;
}

function weighted(text: string): Part {
  const [bytes = '', packets = ''] = text.split('*');
  return part(Number(bytes), Number(packets));
}

/** A size is one where it is a number or a mix of frames that there are. */
export function isPacketSize(size: PacketSize): boolean {
  if (typeof size === 'number') return Number.isInteger(size) && isFrame(size, size);
  const mix = mixOf(size);
  return mix !== null && whyNotOne(mix, size, 0) === null;
}

function isFrame(from: number, to: number): boolean {
  return from >= FRAME_BYTES_MIN && to >= from && to <= FRAME_BYTES_MAX;
}

/** Why a mix is none that can be sent, with the mend; null where it is one. `extra` is what sizes are given with beyond their frame. */
function whyNotOne({ parts }: Mix, text: string, extra: number): string | null {
  const odd = parts.find(({ from, to, packets }) => !isFrame(from, to) || packets < 1);
  if (odd !== undefined) {
    const range = `${FRAME_BYTES_MIN + extra} to ${FRAME_BYTES_MAX + extra}`;
    return `'${shortened(text)}' has sizes or counts out of range; give sizes of ${range} bytes, the smaller first, and counts from 1`;
  }
  const period = packetsOf(parts);
  return period > PERIOD_MAX
    ? `'${shortened(text)}' takes ${period} packets until it begins again; give ${PERIOD_MAX} at most, or a file, whose shares are rounded to that`
    : null;
}

function packetsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { from, to, packets }) => sum + (to - from + 1) * packets, 0);
}

function partsOf(size: PacketSize): Part[] {
  return typeof size === 'number' ? [part(size, 1)] : (mixOf(size)?.parts ?? []);
}

/** The mean of the frames' bytes. */
export function meanBytes(size: PacketSize): number {
  if (typeof size === 'number') return size;
  const parts = partsOf(size);
  const bytes = parts.reduce((sum, { from, to, packets }) => sum + ((from + to) / 2) * (to - from + 1) * packets, 0);
  return bytes / packetsOf(parts);
}

/** The largest frame, which has to pass, and the smallest. */
export function largestBytes(size: PacketSize): number {
  return Math.max(...partsOf(size).map(({ to }) => to));
}

export function smallestBytes(size: PacketSize): number {
  return Math.min(...partsOf(size).map(({ from }) => from));
}

/** A mix as `vswload --sizes` takes it. */
export function sizesOption(text: string): string {
  const { parts, drawn } = mixOf(text) ?? { parts: [], drawn: false };
  const list = parts.map(({ from, to, packets }) => `${from === to ? from : `${from}-${to}`}*${packets}`).join(',');
  return `${drawn ? 'shuffled:' : ''}${list}`;
}

/** The same mix with so many bytes more in each size that is written in it. */
export function shifted(size: PacketSize, bytes: number): PacketSize {
  if (typeof size === 'number') return size + bytes;
  if (size.startsWith('imix')) return size;
  if (!size.startsWith('mix:')) return size.replaceAll(/\d+/g, (number) => String(Number(number) + bytes));
  return size.replaceAll(/\d+(?=\*)/g, (number) => String(Number(number) + bytes));
}

/** A size for readers: histograms are long, and are told by how many sizes they have, their mean, and a sum of their content. */
export function sizeLabel(size: PacketSize): string {
  if (typeof size === 'number') return String(size);
  if (!size.startsWith('mix:') || size.length <= LABEL_MAX) return size;
  return `mix ${contentTag(size)} of ${partsOf(size).length} sizes, ${Math.round(meanBytes(size))} B on average`;
}

const LABEL_MAX = 40;

/** Four digits that tell long texts apart (FNV-1a). */
function contentTag(text: string): string {
  let hash = 0x811c_9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x0100_0193) >>> 0;
  return (hash >>> 16).toString(16).padStart(4, '0');
}

function shortened(text: string): string {
  return text.length <= LABEL_MAX ? text : `${text.slice(0, LABEL_MAX)}…`;
}

/** Reads sizes and mixes. `extra` is by how much sizes are given longer than we count them. */
export function sizesOf(given: Given, { extra, unit }: { extra: number; unit: string }): Parsed<PacketSize[]> {
  const sizes = new Set<PacketSize>();
  const ambiguity = [given]
    .flat()
    .map(commaAmbiguity)
    .find((found) => found !== null);
  if (ambiguity !== undefined) return refused(ambiguity);
  for (const item of itemsOf(given)) {
    const parsed = item.startsWith('imix') || /[-+*:]/.test(item) ? mixFrom(item, extra) : plainFrom(item, extra, unit);
    if (!parsed.ok) return parsed;
    for (const size of parsed.value) sizes.add(size);
  }
  return { ok: true, value: [...sizes] };
}

function plainFrom(item: string, extra: number, unit: string): Parsed<PacketSize[]> {
  const parsed = parseQuantities(item);
  if (!parsed.ok) return refused(`${parsed.error}, nor is it a mix, as imix, imix:aaadg, 64-1514 or a file.csv`);
  const [min, max] = [FRAME_BYTES_MIN + extra, FRAME_BYTES_MAX + extra];
  const odd = parsed.value.find((value) => value < min || value > max);
  return odd === undefined
    ? { ok: true, value: parsed.value.map((bytes) => bytes - extra) }
    : refused(`${odd} is out of range; give ${min} to ${max} ${unit}`);
}

function mixFrom(item: string, extra: number): Parsed<PacketSize[]> {
  if (item.startsWith('imix:')) {
    const reason = genomeError(item.slice('imix:'.length));
    if (reason !== null) return refused(reason);
  }
  const size = String(shifted(item, -extra));
  const mix = mixOf(size);
  if (mix === null) return refused(`'${shortened(item)}' is no mix; give imix, imix:aaadg, 64-1514 or a file.csv`);
  const reason = whyNotOne(mix, item, extra);
  return reason === null ? { ok: true, value: [size] } : refused(reason);
}

/** Why letters are no genome that we send. */
function genomeError(letters: string): string | null {
  if (letters === '' || letters.length > GENOME_MAX) return `give 1 to ${GENOME_MAX} letters behind imix:`;
  const odd = [...letters].find((letter) => !GENOME.has(letter));
  if (odd === undefined) return null;
  if (odd === 'j')
    return "RFC 6985's j is 16000 bytes, more than the 9018 of the largest frame here; give letters a to i";
  if (odd === 'z')
    return "RFC 6985's z is whatever the MTU allows; give letters a to i, or sizes in a file.csv as 'bytes,count'";
  return `'${odd}' is none of RFC 6985's letters a (64 bytes) to i (9000); a file.csv takes other sizes as 'bytes,count'`;
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
