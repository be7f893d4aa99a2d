// SPDX-License-Identifier: Apache-2.0
// Campaigns that come with vswbench.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkout } from './context.ts';

export const campaignsFolder = resolve(checkout.root, 'campaigns');

export function campaignFiles(): string[] {
  return readdirSync(campaignsFolder).filter((name) => name.endsWith('.yaml'));
}
