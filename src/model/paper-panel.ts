// SPDX-License-Identifier: Apache-2.0
// A paper as data: what it measured, figure by figure, so that a machine can measure and draw the same (papers/*/paper.yaml).
import { z } from 'zod';
import { type CampaignFile, CampaignFileSchema } from './campaign.ts';
import { CLAIMED_FIGURES, SELECTED_KEYS } from './claim.ts';

/** What goes from the sender to the receiver: one line of a figure. */
const LineSchema = z.strictObject({
  switch: z.string().min(1),
  io: z.string().min(1),
  /** Any that fits, where it is absent. */
  port: z.string().optional(),
});
export type PaperLine = z.infer<typeof LineSchema>;

/** Fields of a campaign file that say what is measured; the lines say with which switches. */
const PanelCasesSchema = CampaignFileSchema.omit({ title: true, switch: true, io: true, port: true, testbeds: true });

const scale = z.enum(['linear', 'log', 'ordinal']);

export const PaperPanelSchema = z.strictObject({
  /** As the paper calls it, usable as a file's name: `figure-4a`, `table-2`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'give lower-case letters, digits and -'),
  title: z.string().min(1),
  /** `cost`: CPUs over throughput. */
  draws: z.enum(['lines', 'bars', 'cost']),
  figure: z.enum(CLAIMED_FIGURES),
  /** What its points differ in. */
  along: z.enum(SELECTED_KEYS),
  xScale: scale,
  yScale: scale.default('linear'),
  lines: z.array(LineSchema).min(1),
  cases: PanelCasesSchema,
  /** In place of these fields where it has to be quick. */
  quick: PanelCasesSchema.default({}),
  /** What the paper has, by framework, in the unit of `figure`. */
  published: z.record(z.string(), z.number()).optional(),
});
export type PaperPanel = z.infer<typeof PaperPanelSchema>;

/** How trials are run that make a figure. */
const TrialsSchema = CampaignFileSchema.pick({ warmup: true, duration: true, trials: true, repeat: true });

export const PaperSchema = z
  .strictObject({
    title: z.string().min(1),
    citation: z.string().min(1),
    doi: z.string().optional(),
    machine: z.string().min(1),
    asPublished: TrialsSchema,
    quick: TrialsSchema,
    panels: z.array(PaperPanelSchema).min(1),
  })
  .superRefine(({ panels }, context) => {
    const known = new Set<string>();
    for (const [index, { id }] of panels.entries()) {
      if (known.has(id))
        context.addIssue({ code: 'custom', path: ['panels', index, 'id'], message: `'${id}' is there twice` });
      known.add(id);
    }
  });
export type Paper = z.infer<typeof PaperSchema>;

/** What is measured for some lines of a panel that share framework and port. */
export function panelFile(panel: PaperPanel, lines: readonly PaperLine[], quick: boolean): CampaignFile {
  const [first] = lines;
  return {
    ...panel.cases,
    ...(quick ? panel.quick : {}),
    switch: lines.map((line) => line.switch),
    ...(first === undefined ? {} : { io: first.io }),
    ...(first?.port === undefined ? {} : { port: first.port }),
  };
}
