// SPDX-License-Identifier: Apache-2.0
// What is asked of a lab, checked before it is asked: a campaign that can be measured somewhere, and on what and when.
import { stringify } from 'yaml';
import type { NewSubmission } from '../fleet/lab.ts';
import { parseTestbedLike } from '../fleet/testbed-like.ts';
import type { CampaignFile } from '../model/campaign.ts';
import { frameworksKnown, switchesKnown } from '../plan/names.ts';
import { switchRegistry } from '../switches/registry.ts';
import { beginOf } from './begin-time.ts';
import { campaignOf } from './campaign-file.ts';
import { checkout } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { frameworksInSource } from './frameworks.ts';

export interface Wishes {
  testbedLike: string | null;
  /** Not before. */
  at: string | null;
}

/** A submission of a campaign, but for whose it is and how urgent. Throws CliError. */
export function submissionOf(
  fields: CampaignFile,
  { testbedLike, at }: Wishes,
  now: Date,
): Omit<NewSubmission, 'user' | 'title' | 'priority'> {
  const campaign = campaignOf(fields);
  if (fields.testbed !== undefined || fields.testbeds !== undefined) {
    throw new CliError(
      EXIT.usage,
      'testbed (--testbed): a lab chooses where a campaign is measured: leave it out, and say what it needs with --testbed-like, as name=lab-3',
    );
  }
  const ids = switchRegistry.map(({ id }) => id);
  const frameworks = frameworksInSource(checkout.root) ?? [];
  for (const known of [switchesKnown(campaign, ids), frameworksKnown(campaign, frameworks)]) {
    if (!known.ok) throw new CliError(EXIT.usage, known.error);
  }
  if (testbedLike !== null) {
    const wish = parseTestbedLike(testbedLike, [...ids, ...frameworks]);
    if (!wish.ok) throw new CliError(EXIT.usage, `--testbed-like: ${wish.error}`);
  }
  const begin = at === null ? null : beginOf(at, now);
  if (begin !== null && !begin.ok) throw new CliError(EXIT.usage, `--at: ${begin.error}`);
  return {
    campaignText: stringify(fields),
    testbedLike,
    notBefore: begin === null ? null : begin.value.toISOString(),
  };
}
