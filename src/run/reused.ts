// SPDX-License-Identifier: Apache-2.0
// Applications that stay from one trial of a campaign to the next (--reuse), as long as these are alike.
import { KeptApplications } from './trial.ts';

export class ReusedApplications {
  private held: { key: string; kept: KeptApplications } | null = null;
  private readonly complain: (complaint: string) => void;

  constructor(complain: (complaint: string) => void) {
    this.complain = complain;
  }

  /** Those of the trial before, where it had this key; else they end, and new ones will stay. Null: this trial has its own. */
  async of(key: string | null, signal: AbortSignal): Promise<KeptApplications | null> {
    if (this.held !== null && this.held.key !== key) await this.end(signal);
    if (key === null) return null;
    this.held ??= { key, kept: new KeptApplications() };
    return this.held.kept;
  }

  async end(signal: AbortSignal): Promise<void> {
    const complaints = await this.held?.kept.end(signal);
    this.held = null;
    for (const complaint of complaints ?? []) this.complain(complaint);
  }

  /** At once: something went wrong. */
  async drop(): Promise<void> {
    const complaints = await this.held?.kept.drop();
    this.held = null;
    for (const complaint of complaints ?? []) this.complain(complaint);
  }
}
