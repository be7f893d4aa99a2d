// SPDX-License-Identifier: Apache-2.0
// The loads that a search tries: from the highest one down, each lower by the width that is asked for. Goals whose bounds are neighbours
// on the same ladder share their trials.

/** Level 0 is the highest load. */
export class Ladder {
  readonly levels: number;
  private readonly maxPps: number;
  private readonly ratio: number;

  /** Throws RangeError where there is no load between them. */
  constructor({ minPps, maxPps, widthRatio }: { minPps: number; maxPps: number; widthRatio: number }) {
    if (!(minPps > 0 && minPps <= maxPps && widthRatio > 0 && widthRatio < 1)) {
      throw new RangeError(`no loads from ${minPps} to ${maxPps} packets/s, ${widthRatio} apart`);
    }
    this.maxPps = maxPps;
    this.ratio = 1 - widthRatio;
    this.levels = Math.floor(Math.log(minPps / maxPps) / Math.log(this.ratio) + 1e-9) + 1;
  }

  /** Whole packets/s. */
  loadPps(level: number): number {
    return Math.round(this.maxPps * this.ratio ** level);
  }

  /** The first level whose load is not above this, at most the last one. */
  levelBelow(loadPps: number): number {
    const level = Math.ceil(Math.log(loadPps / this.maxPps) / Math.log(this.ratio) - 1e-9);
    return Math.min(this.levels - 1, Math.max(0, level));
  }
}
