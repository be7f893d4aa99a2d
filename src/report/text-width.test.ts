// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import stringWidth from 'string-width';
import { textWidth } from './text-width.ts';

it('is what string-width says: of each character, between others and behind itself', () => {
  for (let code = 0; code < 0x3100; code += 1) {
    const character = String.fromCodePoint(code);
    for (const text of [character, `#${character}é`, `${character}${character}—`])
      assert.equal(textWidth(text), stringWidth(text), `U+${code.toString(16)}`);
  }
});

it('is that of text that is wide, joined or invisible', () => {
  assert.equal(textWidth('95 % interval – 12.5 µs'), 23);
  assert.equal(textWidth('日本語 👩‍👩‍👧 e\u0301'), 6 + 1 + 2 + 1 + 1);
  assert.equal(textWidth('\u001b[1mbold\u001b[0m'), 4);
});
