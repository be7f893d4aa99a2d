// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { NFT_NOTHING, NFT_RULESET } from '../../test/fixtures/filter-answers.ts';
import { mangled } from '../../test/fixtures/fuzz.ts';
import { parseRuleset } from './nftables.ts';

function chain(name: string) {
  return parseRuleset(NFT_RULESET)?.find((known) => `${known.table} ${known.name}` === name);
}

describe('parseRuleset', () => {
  it('has a chain with its hook, its policy and its rules', () => {
    const found = chain('nft bridge b c');
    assert.deepEqual([found?.family, found?.hook, found?.policyDrops, found?.devices], ['bridge', 'forward', true, []]);
    assert.deepEqual(
      found?.rules.map(({ text, drops, targets }) => [text, drops, targets]),
      [
        ['ether saddr @s accept', false, []],
        ['iifname eth0 limit 10 5 second drop', true, []],
        ['jump other', false, ['other']],
      ],
    );
  });

  it('has chains without a hook, and policies that accept', () => {
    assert.deepEqual([chain('nft bridge b other')?.hook, chain('nft inet i f')?.policyDrops], [null, false]);
  });

  it('finds a verdict in a map, and those of iptables that nft has no words for', () => {
    assert.deepEqual(
      chain('nft inet i f')?.rules.map(({ drops }) => drops),
      [true, true, false, true],
    );
    assert.deepEqual(
      chain('nft ip filter FORWARD')?.rules.map(({ text, drops }) => [text, drops]),
      [
        ['iifname eth0 match comment accept', false],
        ['match addrtype target REJECT', true],
      ],
    );
  });

  it('has the interfaces of a chain where nft tells them, one or several', () => {
    const of = (dev: string) =>
      parseRuleset(`{"nftables": [{"chain": {"family": "netdev", "table": "t", "name": "c", "dev": ${dev}}}]}`)?.[0]
        ?.devices;
    assert.deepEqual([of('"eth0"'), of('["eth0", "eth1"]')], [['eth0'], ['eth0', 'eth1']]);
  });

  it('takes an empty ruleset, and refuses what is none', () => {
    assert.deepEqual(parseRuleset(NFT_NOTHING), []);
    for (const text of ['', 'Error: Operation not permitted', '[]', '{"nftables": 3}']) {
      assert.equal(parseRuleset(text), null, text);
    }
  });

  it('refuses what is mangled, or names what is there', () => {
    const random = seededRandom(13);
    for (let round = 0; round < 3000; round += 1) {
      const text = mangled(NFT_RULESET, random);
      for (const { name } of parseRuleset(text) ?? [])
        assert.ok(text.includes(JSON.stringify(name).slice(1, -1)) || text.includes('\\'), name);
    }
  });
});
