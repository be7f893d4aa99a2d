// SPDX-License-Identifier: Apache-2.0
import type { ClaimedFigure } from '../model/claim.ts';
import { GIGABITS, MICROSECONDS, ppsScale, type Scale } from './format.ts';

/** In which unit a figure of a paper is told; of packets, one that suits all of `pps`. */
export function claimedScale(figure: ClaimedFigure, pps: readonly number[]): Scale {
  switch (figure) {
    case 'packets':
      return ppsScale(pps);
    case 'bits':
      return GIGABITS;
    case 'round-trip':
      return MICROSECONDS;
    default:
      return figure satisfies never;
  }
}
