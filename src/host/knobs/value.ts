// SPDX-License-Identifier: Apache-2.0
// How the kernel spells the values of knobs: what is written is not always what is read back.

/** The same text for all spellings of a value: of a choice the one in brackets, of a mask without commas and leading zeros. */
export function canonical(text: string): string {
  const trimmed = text.trim();
  const chosen = /\[([^\]]+)\]/.exec(trimmed)?.[1];
  if (chosen !== undefined) return chosen;
  // Groups of eight hexadecimal digits behind the first one: no list of CPUs looks like that.
  if (!/^[0-9a-f]+(,[0-9a-f]{8})*$/i.test(trimmed)) return trimmed;
  return trimmed
    .toLowerCase()
    .replaceAll(',', '')
    .replace(/^0+(?=.)/, '');
}

export function sameValue(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** CPUs as a mask: groups of 32 bits, the highest first (bitmap_parse of the kernel). */
export function maskOf(cpus: readonly number[]): string {
  const bits = cpus.reduce((sum, cpu) => sum | (1n << BigInt(cpu)), 0n).toString(16);
  return bits.length <= 8 ? bits : bits.replace(/(?=(?:.{8})+$)(?!^)/g, ',');
}

/** CPUs of a mask, ascending. */
export function cpusOfMask(mask: string): number[] {
  const bits = BigInt(`0x${mask.trim().replaceAll(',', '') || '0'}`);
  return Array.from({ length: bits.toString(2).length }, (_, cpu) => cpu).filter((cpu) => (bits >> BigInt(cpu)) & 1n);
}
