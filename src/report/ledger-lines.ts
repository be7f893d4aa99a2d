// SPDX-License-Identifier: Apache-2.0
// A ledger hop by hop, for a terminal.
import type { Ledger } from '../model/result.ts';
import { grouped } from './format.ts';
import { clean, wrap } from './text.ts';

/** A line of a ledger: what was counted at a hop, or lost at a place. */
export interface LedgerRow {
  what: string;
  packets: number;
  isDrop: boolean;
}

export function ledgerRows({ hops, drops }: Pick<Ledger, 'hops' | 'drops'>): LedgerRow[] {
  return [
    ...hops.map(({ hop, packets }) => ({ what: hop, packets, isDrop: false })),
    ...drops.map(({ where, packets }) => ({ what: `lost: ${where}`, packets, isDrop: true })),
  ];
}

/** Whose packets a ledger is of, where each end sends; of one end's there is nothing to tell apart. */
export function senderWords({ from }: Ledger, ledgers: readonly Ledger[]): string {
  return ledgers.some((one) => one.from === 'sink') ? `, sent by its ${from}` : '';
}

/** What was counted at each hop, and where packets were lost. */
export function ledgerLines(ledger: Pick<Ledger, 'hops' | 'drops'>, columns: number): string[] {
  const counts = ledgerRows(ledger);
  const width = Math.max(...counts.map(({ packets }) => grouped(packets).length));
  return counts.flatMap(({ what, packets }) =>
    wrap(`${grouped(packets).padStart(width)}  ${clean(what)}`, columns, width + 2),
  );
}
