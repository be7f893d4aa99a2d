// SPDX-License-Identifier: Apache-2.0
// The line of the trial that runs: what it is, and how fast it goes.
import { formatPps } from '../model/units.ts';
import { sparkline } from '../report/sparkline.ts';
import { broken, clean } from '../report/text.ts';
import { textWidth } from '../report/text-width.ts';

/** Samples in the bar at most: one is a tenth of a second. */
const SAMPLES_MAX = 24;
/** Drawing takes CPU time, which a measurement may be in need of. */
const INTERVAL_MS = 250;

/** One trial's, from its beginning on. */
export class LiveLine {
  private readonly head: string;
  private readonly rates: number[] = [];
  private most = 0;
  private drawnMs = Number.NEGATIVE_INFINITY;

  /** `head` says which trial it is. */
  constructor(head: string) {
    this.head = head;
  }

  /** Takes a rate in packets/s; the line in at most `columns`, or null where the last one is still new. */
  add(receivedPps: number, nowMs: number, columns: number): string | null {
    this.rates.push(receivedPps);
    if (this.rates.length > SAMPLES_MAX) this.rates.shift();
    this.most = Math.max(this.most, receivedPps);
    if (nowMs - this.drawnMs < INTERVAL_MS) return null;
    this.drawnMs = nowMs;
    const tail = `  ${sparkline(this.rates, this.most, SAMPLES_MAX).padEnd(SAMPLES_MAX)}  ${formatPps(receivedPps)}`;
    const [head = ''] = broken(clean(this.head), Math.max(1, columns - textWidth(tail)));
    return `${head}${tail}`;
  }
}
