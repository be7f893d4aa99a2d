// SPDX-License-Identifier: Apache-2.0
// What the ledgers of a campaign say together, and no more than they know.
import type { Ledger } from '../model/result.ts';
import { grouped } from './format.ts';

/** How many ledgers close, and whether each packet that did not arrive has a place. Ends in a full stop. */
export function ledgerSentence(ledgers: readonly Ledger[]): string {
  const closed = ledgers.filter(({ closes }) => closes);
  const open = ledgers.length - closed.length;
  const beginning =
    open === 0
      ? `All ${grouped(ledgers.length)} ledgers close`
      : `${grouped(open)} of ${grouped(ledgers.length)} ledgers do not close, and their trials are not used`;
  if (closed.length === 0) return `${beginning}.`;
  const rest = placesOf(closed);
  return rest === null ? `${beginning}.` : `${beginning}${open === 0 ? ': ' : '. In the others '}${rest}.`;
}

/** Null where the records do not tell. */
function placesOf(closed: readonly Ledger[]): string | null {
  let [lost, unplaced] = [0, 0];
  for (const { lostPackets, unplacedPackets } of closed) {
    if (lostPackets === null) return null;
    lost += lostPackets;
    unplaced += unplacedPackets;
  }
  return unplaced === 0
    ? 'each packet that was offered has arrived or has a place where it was lost'
    : `${grouped(lost - unplaced)} of ${grouped(lost)} lost packets have a place where they were lost, the others were made up for by duplicates or by packets of others`;
}
