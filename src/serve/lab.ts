// SPDX-License-Identifier: Apache-2.0
// A lab as the browser has it: what it shows, and what people may ask of it. What is behind it is the command line's to know.
import type { Holder } from './door.ts';

export interface QueuedRow {
  id: number;
  user: string;
  title: string;
  priority: number;
  submittedAt: string;
  /** In the store; null before it began. */
  campaign: string | null;
  roundsDone: number;
  /** Null before it began. */
  rounds: number | null;
  /** What is measured of it now: `rounds` in words, `until` as far as that can be told. */
  on: { testbed: string; rounds: string; until: string | null }[];
  notBefore: string | null;
  testbedLike: string | null;
  /** Why no testbed takes of it. */
  waits: { testbeds: string; text: string }[];
}

export interface OverRow {
  id: number;
  user: string;
  title: string;
  state: string;
  reason: string | null;
  campaign: string | null;
}

export interface TestbedRow {
  name: string;
  /** What it does, in words. */
  doing: string;
  until: string | null;
  /** In one word. */
  health: string;
  /** It may be given work. */
  isWell: boolean;
  /** What is not good about it, since when, and what is to be done, by a command perhaps; null where nothing is to be told. */
  ailment: { what: string; mend: string; command: string | null } | null;
  /** What it is made of. */
  machine: string;
  seenAt: string;
  worker: string;
}

export interface ReservationRow {
  id: number;
  testbed: string;
  user: string;
  from: string;
  until: string;
  why: string | null;
}

/** Somebody's share of the lab, in words. */
export interface UserRow {
  user: string;
  shares: string;
  usedHours: string;
  usedHoursPerShare: string;
}

export interface LabDocument {
  /** The first of those that wait or are measured. */
  queue: QueuedRow[];
  /** How many there are beside them. */
  more: number;
  /** The latest that are over. */
  over: OverRow[];
  testbeds: TestbedRow[];
  reservations: ReservationRow[];
  /** The first is served next. */
  users: UserRow[];
}

/** What is told of the lab to those who look on. */
export interface LabNews {
  /** Null where it could not be read. */
  lab: LabDocument | null;
  error: string | null;
}

/** What is to be measured: a campaign file as text, one that comes with vswbench, or what was submitted before as this campaign. */
export type Wanted = { yaml: string } | { file: string } | { again: string };

export interface Submitted {
  what: Wanted;
  testbedLike: string | null;
  priority: number;
  /** Not before; as `submit --at` takes it. */
  at: string | null;
}

export interface Reserved {
  testbed: string;
  /** As `reserve` takes it. */
  duration: string;
  from: string | null;
  why: string | null;
}

/** Throws Complained where something cannot be done. */
export interface Lab {
  read(): Promise<LabDocument>;
  /** Another one as soon as something is asked of it, begins, ends or falls ill; not as time passes. */
  stamp(): Promise<string>;
  /** Campaigns that are under way. */
  running(): Promise<ReadonlySet<string>>;
  /** Returns its number. */
  submit(asked: Submitted, by: Holder): Promise<number>;
  cancel(id: number, by: Holder): Promise<void>;
  reserve(asked: Reserved, by: Holder): Promise<ReservationRow>;
  release(id: number, by: Holder): Promise<void>;
  /** The submission that a campaign was measured for; null for any other. */
  submissionOf(campaign: string): Promise<{ id: number; user: string } | null>;
}
