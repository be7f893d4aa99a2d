// SPDX-License-Identifier: Apache-2.0
// A capacity card: what a switch can do on one page, from several campaigns.
import { z } from 'zod';
import { PORT_KINDS } from './names.ts';

/** In the order in which they are measured. Those behind the first two need what these found. */
export const CARD_PARTS = ['capacity', 'load', 'delay', 'burst', 'flows', 'fairness', 'churn'] as const;
export type CardPart = (typeof CARD_PARTS)[number];

/** A campaign, whether it has been measured to its end or not; or why there is none. */
const PartStateSchema = z.union([z.strictObject({ campaign: z.string() }), z.strictObject({ skipped: z.string() })]);

/** One page of the card. */
export const CardSubjectSchema = z.strictObject({
  switch: z.string(),
  io: z.string(),
  port: z.enum(PORT_KINDS),
  parts: z.partialRecord(z.enum(CARD_PARTS), PartStateSchema),
});
export type CardSubject = z.infer<typeof CardSubjectSchema>;

export const CardSchema = z.strictObject({
  id: z.string(),
  startedAt: z.string(),
  /** What was asked for, by the keys of campaign files. */
  asked: z.record(z.string(), z.string()),
  /** Files with drivers of the user's own. */
  driverFiles: z.array(z.string()),
  subjects: z.array(CardSubjectSchema).min(1),
});
export type Card = z.infer<typeof CardSchema>;

/** Loads at which delays and CPUs are told, as shares of what loses half a percent at most (PDR). */
export const CARD_SHARES = [0.1, 0.5, 0.9] as const;

/** These shares as rates of a sender, packets/s; a background has 2 at the least. */
export function cardRates(pdrPps: number): number[] {
  return CARD_SHARES.map((share) => Math.max(2, Math.round(share * pdrPps)));
}

/** What a sender can send without a loss, and with half a percent at most, packets/s; null where there is no such rate. */
export interface CardFound {
  ndrPps: number | null;
  pdrPps: number | null;
}
