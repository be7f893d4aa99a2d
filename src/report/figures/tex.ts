// SPDX-License-Identifier: Apache-2.0

/** A number as TeX reads it: six digits are more than a page shows. */
export function texNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
