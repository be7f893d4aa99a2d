// SPDX-License-Identifier: Apache-2.0
// What is read of a database is checked by the model's schemas; what is damaged is said with its place.
import type { z } from 'zod';
import { firstIssue } from '../checked.ts';
import { damagedOnServer } from './server-errors.ts';

export class Reading {
  private readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  /** The value of a JSON text. */
  parsed(text: unknown): unknown {
    return this.unpacked(() => JSON.parse(String(text)));
  }

  /** What `unpack` returns; whatever it throws is damage. */
  unpacked<T>(unpack: () => T): T {
    try {
      return unpack();
    } catch (error) {
      throw damagedOnServer(this.location, error instanceof Error ? error.message : String(error), error);
    }
  }

  check<T>(schema: z.ZodType<T>, value: unknown, place: readonly PropertyKey[]): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw damagedOnServer(this.location, firstIssue(parsed.error, place), parsed.error);
  }
}
