// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mixOfFile } from './size-file.ts';
import { isPacketSize, largestBytes, meanBytes, shifted, sizeLabel, sizesOf, sizesOption } from './sizes.ts';

const unit = 'bytes';
const read = (text: string, extra = 0) => {
  const sizes = sizesOf(text, { extra, unit });
  return sizes.ok ? sizes.value : sizes.error;
};

describe('mixes of sizes', () => {
  it('are told to applications packet by packet', () => {
    assert.equal(sizesOption('imix'), '60*7,566*4,1514*1');
    assert.equal(sizesOption('imix:abgi'), '60*1,124*1,1514*1,8996*1');
    assert.equal(sizesOption('60-1514'), 'shuffled:60-1514*1');
    assert.equal(sizesOption('mix:60*7+1514*3'), 'shuffled:60*7,1514*3');
  });

  it('have a mean and a largest frame', () => {
    assert.equal(meanBytes('imix'), (7 * 60 + 4 * 566 + 1514) / 12);
    assert.equal(meanBytes('60-1514'), 787);
    assert.equal(meanBytes('mix:60*3+100*1'), 70);
    assert.equal(meanBytes(64), 64);
    assert.equal(largestBytes('imix:aah'), 2108);
    assert.equal(largestBytes(9014), 9014);
  });

  it('stand beside sizes in a list, with the FCS or without', () => {
    assert.deepEqual(read('64,imix,1514'), [64, 'imix', 1514]);
    assert.deepEqual(read('64, imix:aag ,64-1518,mix:64*2+65*1', 4), [60, 'imix:aag', '60-1514', 'mix:60*2+61*1']);
    for (const size of ['imix:aag', '60-1514', 'mix:60*2+61*1']) assert.equal(shifted(shifted(size, 4), -4), size);
    assert.equal(shifted('mix:60*2+61*1', 4), 'mix:64*2+65*1');
  });

  it('are refused in a line with the mend', () => {
    for (const [text, mend] of [
      ['imix:az', /z is whatever the MTU allows; give letters a to i/],
      ['imix:j', /j is 16000 bytes/],
      ['imix:', /1 to 1024 letters/],
      ['imix:A', /none of RFC 6985's letters/],
      ['imixx', /is no mix; give imix/],
      ['59-100', /sizes of 60 to 9014 bytes/],
      ['100-60', /the smaller first/],
      ['mix:60*0', /counts from 1/],
      ['mix:60*65537', /65536 at most/],
      ['64x', /nor is it a mix, as imix/],
      ['1,5k', /reads as 1 and 5 k/],
    ] as const) {
      assert.match(String(read(text)), mend, text);
      assert.equal(String(read(text)).includes('\n'), false);
    }
    assert.equal(isPacketSize('mix:60*1+9015*1'), false);
    assert.equal(isPacketSize('imix'), true);
  });

  it('are told apart by readers though they are long', () => {
    const long = (last: number) =>
      `mix:${Array.from({ length: 20 }, (_, index) => `${60 + index}*1`).join('+')}+1514*${last}`;
    assert.match(sizeLabel(long(1)), /^mix [0-9a-f]{4} of 21 sizes, 138 B on average$/);
    assert.notEqual(sizeLabel(long(1)), sizeLabel(long(2)));
  });
});

describe('a file of sizes', () => {
  const mix = (content: string) => {
    const parsed = mixOfFile(content);
    return parsed.ok ? parsed.value : parsed.error;
  };

  it('is recorded by what it says', () => {
    assert.equal(mix('bytes,count\n60,70\n566,40\n\n1514,10\n'), 'mix:60*7+566*4+1514*1');
    assert.equal(mix('\uFEFF1514;1\r\n60;3\r\n# end\r\n'), 'mix:60*3+1514*1');
    assert.equal(mix('60,0.5\n64,0.25\n1514,0.25\n70,0'), 'mix:60*2+64*1+1514*1');
  });

  it('has each size at least once in the longest period, and the others by their shares', () => {
    const text = mix('60,1000000000\n64,1\n1514,1000000001');
    const [, ...counts] = /^mix:60\*(\d+)\+64\*(\d+)\+1514\*(\d+)$/.exec(text) ?? [];
    const [small, rare, large] = counts.map(Number);
    assert.equal(rare, 1);
    assert.equal((small ?? 0) + (rare ?? 0) + (large ?? 0), 65_536);
    assert.ok(Math.abs((small ?? 0) - (large ?? 0)) <= 1);
    assert.equal(isPacketSize(text), true);
  });

  it('is refused with the number of the line', () => {
    assert.match(mix('bytes,count\n60,1\nfoo'), /^line 3: 'foo' is not 'bytes,count'/);
    assert.match(mix('60,1\n60,2'), /^line 2: 60 bytes are there twice/);
    assert.match(mix('60,-1'), /^line 1:/);
    assert.match(mix('bytes,count\n'), /no line 'bytes,count'/);
  });
});
