// SPDX-License-Identifier: Apache-2.0
// A lab as it changes, told to all who look on. Nobody looks on: nothing is read.
import type { Lab, LabNews } from './lab.ts';
import type { Send } from './route.ts';

/** How often is looked whether something has changed. */
const LOOK_MS = 2_000;
/** How often the lab is read all the same: time passes, and testbeds fall silent. */
const READ_MS = 30_000;

export class LabWatch {
  private readonly lab: Pick<Lab, 'read' | 'stamp'>;
  private readonly lookMs: number;
  private readonly nowMs: () => number;
  private readonly watchers = new Set<Send>();
  private timer: NodeJS.Timeout | null = null;
  /** What was told last, as text. */
  private told = '';
  /** Of what was read last. */
  private stamp: string | null = null;
  private readAtMs = 0;
  private reading: Promise<void> | null = null;

  constructor(
    lab: Pick<Lab, 'read' | 'stamp'>,
    { lookMs = LOOK_MS, nowMs = () => performance.now() }: { lookMs?: number; nowMs?: () => number } = {},
  ) {
    this.lab = lab;
    this.lookMs = lookMs;
    this.nowMs = nowMs;
  }

  /** Tells what the lab is like; returns what ends that. */
  watch(send: Send): () => void {
    this.watchers.add(send);
    if (this.timer === null) {
      this.timer = setInterval(() => void this.look(), this.lookMs);
      this.told = '';
      this.stamp = null;
      void this.look();
    } else if (this.told !== '') send('lab', JSON.parse(this.told));
    return () => {
      this.watchers.delete(send);
      if (this.watchers.size > 0 || this.timer === null) return;
      clearInterval(this.timer);
      this.timer = null;
    };
  }

  /** Looks at it now, as somebody has changed something; ends when that is told. */
  async look(): Promise<void> {
    const before = this.reading;
    // What is being read may be of a moment before the change; of several who wait for it the first reads for all.
    if (before !== null) {
      await before;
      if (this.reading !== null && this.reading !== before) return this.reading;
    }
    this.reading = this.readOnce();
    await this.reading;
    this.reading = null;
  }

  private async readOnce(): Promise<void> {
    const news = await this.news();
    if (news === null) return;
    const text = JSON.stringify(news);
    if (text === this.told) return;
    this.told = text;
    for (const send of this.watchers) send('lab', news);
  }

  /** Null where nothing has changed. */
  private async news(): Promise<LabNews | null> {
    try {
      const stamp = await this.lab.stamp();
      if (stamp === this.stamp && this.nowMs() - this.readAtMs < READ_MS) return null;
      const lab = await this.lab.read();
      // The lab may have changed since, which its next stamp tells.
      this.stamp = stamp;
      this.readAtMs = this.nowMs();
      return { lab, error: null };
    } catch (error) {
      this.stamp = null;
      return { lab: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
