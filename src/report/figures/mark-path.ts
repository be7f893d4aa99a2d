// SPDX-License-Identifier: Apache-2.0
// Vega's marks as paths about the origin, for legends that a page writes itself.
const R = 4;
const B = 1.4;

const PATHS: Readonly<Record<string, string>> = {
  circle: `M${R},0A${R},${R},0,1,1,${-R},0A${R},${R},0,1,1,${R},0Z`,
  square: `M-3.5,-3.5H3.5V3.5H-3.5Z`,
  diamond: `M0,${-R - 0.8}L${R},0L0,${R + 0.8}L${-R},0Z`,
  'triangle-up': `M${-R},3.5L0,-4L${R},3.5Z`,
  'triangle-down': `M${-R},-3.5L0,4L${R},-3.5Z`,
  'triangle-left': `M3.5,${-R}L-4,0L3.5,${R}Z`,
  'triangle-right': `M-3.5,${-R}L4,0L-3.5,${R}Z`,
  cross: `M${-R},${-B}H${-B}V${-R}H${B}V${-B}H${R}V${B}H${B}V${R}H${-B}V${B}H${-R}Z`,
};

/** A circle stands for a mark that nobody knows. */
export function markPath(shape: string): string {
  return (
    (Object.hasOwn(PATHS, shape) ? PATHS[shape] : undefined) ??
    `M${R},0A${R},${R},0,1,1,${-R},0A${R},${R},0,1,1,${R},0Z`
  );
}
