// SPDX-License-Identifier: Apache-2.0
// A lab as it changes, told to all who look on. Nobody looks on: nothing is read.
import type { Lab, LabNews } from './lab.ts';
import type { Send } from './route.ts';

/** How often the lab is read. */
const LOOK_MS = 2_000;

export class LabWatch {
  private readonly lab: Pick<Lab, 'read'>;
  private readonly lookMs: number;
  private readonly watchers = new Set<Send>();
  private timer: NodeJS.Timeout | null = null;
  /** What was told last, as text. */
  private told = '';
  private reading: Promise<void> | null = null;

  constructor(lab: Pick<Lab, 'read'>, lookMs: number = LOOK_MS) {
    this.lab = lab;
    this.lookMs = lookMs;
  }

  /** Tells what the lab is like; returns what ends that. */
  watch(send: Send): () => void {
    this.watchers.add(send);
    if (this.timer === null) {
      this.timer = setInterval(() => void this.look(), this.lookMs);
      this.told = '';
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
    const text = JSON.stringify(news);
    if (text === this.told) return;
    this.told = text;
    for (const send of this.watchers) send('lab', news);
  }

  private async news(): Promise<LabNews> {
    try {
      return { lab: await this.lab.read(), error: null };
    } catch (error) {
      return { lab: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
