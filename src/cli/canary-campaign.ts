// SPDX-License-Identifier: Apache-2.0
// The campaign that is a canary of a testbed: the same for all of them, by hand and in the queue of a lab.
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Campaign, CampaignFile } from '../model/campaign.ts';
import { CANARY_TITLE } from '../model/canary.ts';
import { campaignOf, fieldsOf } from './campaign-file.ts';
import { checkout } from './context.ts';

/** Throws CliError. */
export function canaryCampaign(testbed: string): Campaign {
  return { ...campaignOf(fieldsFor(testbed)), testbeds: [testbed] };
}

/** The same as a campaign file, which leaves its testbed to the lab. Throws CliError. */
export function canaryText(testbed: string): string {
  return stringify(fieldsFor(testbed));
}

function fieldsFor(testbed: string): CampaignFile {
  return { ...fieldsOf(resolve(checkout.root, 'campaigns/canary.yaml'), {}), title: `${CANARY_TITLE}${testbed}` };
}
