// SPDX-License-Identifier: Apache-2.0
import type { Campaign } from '../model/campaign.ts';
import type { BegunCampaign } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { readCampaign } from './campaign-file.ts';
import type { RunOptions } from './commands/run.ts';
import { CliError, EXIT } from './errors.ts';
import type { Conclude } from './run-session.ts';
import { refuseUnknown, withSession } from './session.ts';
import { namedBy } from './shard.ts';
import { loadDrivers } from './switch-file.ts';
import { findTestbed, onCpus } from './testbeds.ts';

/** To plan, to measure and to show what was found; loaded when programs have been started that have to end first. */
const rest = () => import('./run-session.ts');

export async function run(file: string | undefined, options: RunOptions): Promise<void> {
  const campaign = readCampaign(file, options);
  if (options.resume !== undefined) (await import('./resume.ts')).refuseIgnored(file, campaign, options);
  const { junit } = options;
  if (junit !== undefined) {
    if (options.dryRun === true) throw new CliError(EXIT.usage, '--dry-run measures nothing: leave out --junit');
    (await import('./junit-file.ts')).refuseUnwritable(junit);
  }
  await runCampaigns([campaign], options, async (...found) => (await rest()).conclude(...found));
}

/** Runs the first campaign, with the cases of the others besides, or goes on with one. Throws CliError. */
export async function runCampaigns(
  [campaign, ...others]: readonly [Campaign, ...Campaign[]],
  options: RunOptions,
  concludeWith: Conclude,
): Promise<void> {
  const named = namedBy(options, campaign);
  const lookOnly = options.dryRun === true;
  if (lookOnly && options.json === true)
    throw new CliError(EXIT.usage, '--dry-run has no JSON document: leave out --json');
  const loaded = await loadDrivers(options.switch ?? []);
  for (const one of [campaign, ...others]) refuseUnknown(one, loaded.drivers);
  const { resume } = options;
  const stored = resume === undefined ? null : await storedToResume(resume);
  const names = stored === null ? campaign.testbeds : testbedsOf(stored);
  const specs = names.map((name) => onCpus(findTestbed(name, campaign), campaign, stored));
  await withSession(
    {
      specs,
      loaded,
      switches: switchesOf([campaign, ...others], stored),
      lookOnly,
      command: 'vswbench run',
      load: rest,
    },
    async (session) => (await rest()).useSession(session, { campaign, others, stored, named, options }, concludeWith),
  );
}

async function storedToResume(resume: string | true): Promise<BegunCampaign> {
  const [{ withStore }, { campaignToResume }] = await Promise.all([import('./load.ts'), import('./resume.ts')]);
  return withStore((store) => campaignToResume(store, resume));
}

/** The switches of campaigns; null for all. */
function switchesOf(
  campaigns: readonly Pick<Campaign, 'switches'>[],
  stored: Pick<BegunCampaign, 'cases'> | null,
): readonly string[] | null {
  if (stored !== null) return stored.cases.map((planned) => planned.case.switch);
  if (campaigns.some(({ switches }) => switches === null)) return null;
  return campaigns.flatMap(({ switches }) => switches ?? []);
}
