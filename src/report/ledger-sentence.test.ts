// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Ledger } from '../model/result.ts';
import { ledgerTotals } from '../stats/evidence.ts';
import { ledgerSentence } from './ledger-sentence.ts';

const ledger = (part: Partial<Ledger> = {}): Ledger => ({
  ...{ pair: 0, from: 'source', hops: [], drops: [], lostPackets: 7, unplacedPackets: 0, closes: true },
  ...part,
});

it('claims a place for each packet where each has one', () => {
  assert.equal(
    ledgerSentence(ledgerTotals([ledger(), ledger({ lostPackets: 0 })])),
    'All 2 ledgers close: each packet that was offered has arrived or has a place where it was lost.',
  );
});
it('speaks of one as of one', () => {
  assert.match(ledgerSentence(ledgerTotals([ledger()])), /^The ledger closes: each packet/);
});
it('does not where one packet has none', () => {
  assert.equal(
    ledgerSentence(ledgerTotals([ledger(), ledger({ unplacedPackets: 1 })])),
    'All 2 ledgers close: 13 of 14 lost packets have a place where they were lost, the others were made up for by duplicates or by packets of others.',
  );
});
it('does not of records that followed one way only', () => {
  assert.equal(ledgerSentence(ledgerTotals([ledger(), ledger({ lostPackets: null })])), 'All 2 ledgers close.');
});
it('does not of ledgers that do not close', () => {
  const open = ledger({ closes: false, unplacedPackets: 3 });
  assert.equal(ledgerSentence(ledgerTotals([open])), '1 of 1 ledgers do not close, and their trials are not used.');
  assert.equal(
    ledgerSentence(ledgerTotals([open, ledger()])),
    '1 of 2 ledgers do not close, and their trials are not used. In the others each packet that was offered has arrived or has a place where it was lost.',
  );
});
