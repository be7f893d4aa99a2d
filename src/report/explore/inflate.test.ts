// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { seededRandom } from '../../../test/fixtures/campaign.ts';

const { inflated }: { inflated(data: Uint8Array): Uint8Array } = await import(
  new URL('inflate.js', import.meta.url).href
);

const random = seededRandom(1);
const bytes = (length: number, of: (index: number) => number) => Uint8Array.from({ length }, (_, index) => of(index));

const DATA: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', bytes(1, () => 200)],
  ['a long run', bytes(100_000, () => 7)],
  ['noise, which is stored', bytes(70_000, () => Math.floor(256 * random()))],
  ['numbers', new TextEncoder().encode(Array.from({ length: 9000 }, () => (1e6 * random()).toFixed(2)).join(' '))],
  ['what repeats from as far as can be', bytes(70_000, (index) => (index % 32_768) % 251)],
  ['text of several bytes a character', new TextEncoder().encode('µs − ±95 % … 漢字 '.repeat(500))],
];
const FORMS: ZlibOptions[] = [{ level: 0 }, { level: 1 }, { level: 6 }, { level: 9 }, { strategy: constants.Z_FIXED }];

for (const [what, data] of DATA) {
  it(`gives back ${what}, however it was deflated`, () => {
    for (const form of FORMS) {
      assert.deepEqual(inflated(deflateRawSync(data, form)), data, JSON.stringify(form));
    }
  });
}

it('refuses what is cut short or no deflated data', () => {
  const whole = deflateRawSync(DATA[4]?.[1] ?? new Uint8Array(0));
  for (const length of [0, 1, 10, 1000, whole.length - 1]) {
    assert.throws(() => inflated(whole.subarray(0, length)), RangeError, `${length} bytes`);
  }
  assert.throws(() => inflated(Uint8Array.of(7)), RangeError);
  assert.throws(() => inflated(Uint8Array.of(0x63, 0x64, 0xff, 0xff)), RangeError);
});
