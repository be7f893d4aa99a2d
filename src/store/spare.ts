// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A usual trial takes a hundredth of it. One of hours, with a sample for every 0.1 s, may take more. */
export const SPARE_BYTES = 4 * 1024 * 1024;

/**
 * Space on the disk that is held until there is no other. It is a file without a name: the system takes it back whatever becomes of us.
 */
export class Spare {
  private descriptor: number | null;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Throws the system's error where so much cannot be written to the folder. */
  static hold(folder: string): Spare {
    const path = join(folder, `.vswbench-spare-${process.pid}`);
    const descriptor = openSync(path, 'w');
    try {
      unlinkSync(path);
      // Not zeros: a file system that compresses would hold next to nothing.
      const content = randomBytes(SPARE_BYTES);
      for (let written = 0; written < content.length; ) written += writeSync(descriptor, content, written);
      // Some say only now that there is no space, as those on a network do.
      fsyncSync(descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return new Spare(descriptor);
  }

  /** It is no longer held. */
  get isReleased(): boolean {
    return this.descriptor === null;
  }

  /** Gives the space back; false where that has been done before. */
  release(): boolean {
    if (this.descriptor === null) return false;
    closeSync(this.descriptor);
    this.descriptor = null;
    return true;
  }
}
