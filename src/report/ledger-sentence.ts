// SPDX-License-Identifier: Apache-2.0
// What the ledgers of a campaign say together, and no more than they know.
import type { LedgerTotals } from '../model/result.ts';
import { grouped } from './format.ts';

/** How many ledgers close, and whether each packet that did not arrive has a place. Ends in a full stop. */
export function ledgerSentence(totals: LedgerTotals): string {
  const { ledgers, closed } = totals;
  const open = ledgers - closed;
  const beginning =
    open === 0
      ? ledgers === 1
        ? 'The ledger closes'
        : `All ${grouped(ledgers)} ledgers close`
      : `${grouped(open)} of ${grouped(ledgers)} ledgers do not close, and their trials are not used`;
  if (closed === 0) return `${beginning}.`;
  const rest = placesOf(totals);
  return rest === null ? `${beginning}.` : `${beginning}${open === 0 ? ': ' : '. In the others '}${rest}.`;
}

/** Null where the records do not tell. */
function placesOf({ lostPackets: lost, unplacedPackets: unplaced }: LedgerTotals): string | null {
  if (lost === null) return null;
  return unplaced === 0
    ? 'each packet that was offered has arrived or has a place where it was lost'
    : `${grouped(lost - unplaced)} of ${grouped(lost)} lost packets have a place where they were lost, the others were made up for by duplicates or by packets of others`;
}
