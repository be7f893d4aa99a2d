// SPDX-License-Identifier: Apache-2.0
import { FCS_BYTES } from '../model/frame.ts';
import type { SizeCount } from '../model/result.ts';

/** The sizes that are counted together: `566 B`, or `60 to 105 B`. */
export function bytesText({ from, to }: Pick<SizeCount, 'from' | 'to'>, fcs: boolean): string {
  const [least, most] = [from, to].map((bytes) => bytes + (fcs ? FCS_BYTES : 0));
  return least === most ? `${least} B` : `${least} to ${most} B`;
}
