// SPDX-License-Identifier: Apache-2.0
// Of a lab: what people may look at, and with a token of theirs change. Nothing is measured by the server itself.
import { z } from 'zod';
import { CAMPAIGN_ID } from '../model/campaign-row.ts';
import { Complained } from './complained.ts';
import type { Lab } from './lab.ts';
import type { LabWatch } from './lab-watch.ts';
import { type Answer, change, documentOf, type Request, type Route, read } from './route.ts';

/** A lab with many testbeds. */
export interface LabPlace {
  kind: 'lab';
  lab: Lab;
  watch: LabWatch;
}

const line = (most: number) => z.string().trim().max(most);
/** An empty field of a form says nothing. */
const optional = (most: number) =>
  line(most)
    .nullish()
    .transform((text) => text || null);

const SubmittedSchema = z.strictObject({
  what: z.union([
    z.strictObject({ yaml: z.string().max(200_000) }),
    z.strictObject({ file: line(200) }),
    z.strictObject({ again: z.string().regex(new RegExp(`^${CAMPAIGN_ID}$`)) }),
  ]),
  testbedLike: optional(500),
  priority: z.int().min(-1000).max(1000).default(0),
  at: optional(40),
});

const ReservedSchema = z.strictObject({
  testbed: line(200),
  duration: line(20),
  from: optional(40),
  why: optional(200),
});

const NUMBER = '([1-9]\\d{0,8})';

export function labRoutes({ lab, watch }: LabPlace): Route[] {
  /** Whoever has changed something sees it at once. */
  const done = async (value: unknown): Promise<Answer | null> => {
    await watch.look();
    return documentOf(value);
  };
  return [
    read('/api/lab', async () => documentOf(await lab.read())),
    read(`/api/lab/campaigns/(${CAMPAIGN_ID})`, async ({ parts: [id = ''] }) =>
      documentOf({ submission: await lab.submissionOf(id) }),
    ),
    change('/api/lab/submissions', async (request, holder) =>
      done({ id: await lab.submit(asked(request, SubmittedSchema), holder) }),
    ),
    change(`/api/lab/submissions/${NUMBER}/cancel`, async ({ parts: [id] }, holder) => {
      await lab.cancel(Number(id), holder);
      return done({});
    }),
    change('/api/lab/reservations', async (request, holder) =>
      done(await lab.reserve(asked(request, ReservedSchema), holder)),
    ),
    change(`/api/lab/reservations/${NUMBER}/cancel`, async ({ parts: [id] }, holder) => {
      await lab.release(Number(id), holder);
      return done({});
    }),
  ];
}

function asked<T>({ body }: Request, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Complained(
    400,
    `${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'is not of the right form'}`,
  );
}
