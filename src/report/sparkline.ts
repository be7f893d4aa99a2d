// SPDX-License-Identifier: Apache-2.0
// A course of values in one line of a terminal.
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * One block for each value, or for each run of neighbours where there are more than `width` of them: its height is their mean, between 0
 * and `most`. What is above is as high as that.
 */
export function sparkline(values: readonly number[], most: number, width: number): string {
  return means(values, width)
    .map((value) => BLOCKS[heightOf(value, most)] ?? '')
    .join('');
}

function heightOf(value: number, most: number): number {
  if (!(most > 0)) return 0;
  const steps = BLOCKS.length - 1;
  return Math.max(0, Math.min(steps, Math.round((steps * value) / most)));
}

/** Neighbours put together, as evenly as they can be. */
function means(values: readonly number[], width: number): number[] {
  const count = Math.min(values.length, Math.max(1, width));
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => Math.round((edge * values.length) / count));
    const run = values.slice(from, to);
    return run.reduce((sum, value) => sum + value, 0) / run.length;
  });
}
