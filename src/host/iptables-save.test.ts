// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { EBTABLES_SAVED, IPTABLES_SAVED } from '../../test/fixtures/filter-answers.ts';
import { mangled } from '../../test/fixtures/fuzz.ts';
import { parseSaved } from './iptables-save.ts';

describe('parseSaved', () => {
  it('has tables, chains, policies, and rules with where they lead', () => {
    const chains = parseSaved('iptables', IPTABLES_SAVED);
    const forward = chains.find(({ name }) => name === 'FORWARD');
    assert.deepEqual([forward?.table, forward?.hook, forward?.policyDrops], ['iptables filter', 'forward', true]);
    assert.deepEqual(forward?.rules[1], { text: '-j USER', drops: false, targets: ['USER'] });
    assert.equal(chains.find(({ name }) => name === 'USER')?.hook, null);
    assert.deepEqual(chains.find(({ table }) => table === 'iptables raw')?.rules, [
      { text: '-j DROP', drops: true, targets: ['DROP'] },
    ]);
  });

  it('knows ebtables, whose policies have no counters', () => {
    const forward = parseSaved('ebtables', EBTABLES_SAVED).find(({ name }) => name === 'FORWARD');
    assert.deepEqual(
      forward?.rules.map(({ text, drops }) => [text, drops]),
      [
        ['-s 02:00:00:00:00:02 -j DROP', true],
        ['--limit 2/sec --limit-burst 5 -j DROP', true],
      ],
    );
  });

  it('takes no word of a comment for a target', () => {
    const [chain] = parseSaved(
      'iptables',
      '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m comment --comment "a -j DROP" -j ACCEPT\n',
    );
    assert.equal(chain?.rules[0]?.drops, false);
  });

  it('passes over what is mangled, and names what is there', () => {
    const random = seededRandom(14);
    for (let round = 0; round < 3000; round += 1) {
      const text = mangled(IPTABLES_SAVED, random);
      for (const { name, rules } of parseSaved('iptables', text)) {
        assert.ok(text.includes(name));
        for (const rule of rules) assert.ok(text.includes(rule.text), rule.text);
      }
    }
  });
});
