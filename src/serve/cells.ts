// SPDX-License-Identifier: Apache-2.0
import type { Cell } from './documents.ts';

/**
 * A cell of a column whose numbers all have the same unit: it is sorted by its first number, and where it has none by its text. What was not
 * measured comes last.
 */
export function cellOf(text: string): Cell {
  return { text, order: orderOf(text.trim()) };
}

function orderOf(text: string): Cell['order'] {
  if (text === '' || text === '–') return null;
  // Thousands are set apart by a narrow space, and a minus is a minus.
  const number = Number.parseFloat(text.replace(/(?<=\d)[\u202f\u00a0 ](?=\d{3})/g, '').replace(/^[−]/, '-'));
  if (!Number.isNaN(number)) return number;
  return text.startsWith('<') ? 0 : text;
}
