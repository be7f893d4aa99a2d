// SPDX-License-Identifier: Apache-2.0
// A ledger hop by hop, for a terminal.
import type { Ledger } from '../model/result.ts';
import { grouped } from './format.ts';
import { clean, wrap } from './text.ts';

/** What was counted at each hop, and where packets were lost. */
export function ledgerLines({ hops, drops }: Pick<Ledger, 'hops' | 'drops'>, columns: number): string[] {
  const counts = [
    ...hops.map(({ hop, packets }) => ({ what: hop, packets })),
    ...drops.map(({ where, packets }) => ({ what: `lost: ${where}`, packets })),
  ];
  const width = Math.max(...counts.map(({ packets }) => grouped(packets).length));
  return counts.flatMap(({ what, packets }) =>
    wrap(`${grouped(packets).padStart(width)}  ${clean(what)}`, columns, width + 2),
  );
}
