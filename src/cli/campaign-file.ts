// SPDX-License-Identifier: Apache-2.0
// What is to be measured: a campaign file, and the options that override it.
import { chooseKnobs } from '../host/knobs/choose.ts';
import { type Campaign, type CampaignFile, CampaignFileSchema, parseCampaign } from '../model/campaign.ts';
import { itemsOf } from '../model/given.ts';
import { mixOfFile } from '../model/size-file.ts';
import { testbedError } from '../model/testbed.ts';
import { overridesIn } from './campaign-options.ts';
import { CliError, EXIT } from './errors.ts';
import { readText } from './text-file.ts';
import { readYaml, yamlIn } from './yaml-file.ts';

/** The campaign that a file and the options on top of it ask for. Throws CliError: nothing has been touched by then. */
export function readCampaign(file: string | undefined, options: Record<string, unknown>): Campaign {
  return campaignOf(fieldsOf(file, options));
}

/** The fields of that campaign, none of which needs another file any more. Throws CliError. */
export function fieldsOf(file: string | undefined, options: Record<string, unknown>): CampaignFile {
  const base = file === undefined ? {} : readFile(file);
  return withSizeFiles({ ...base, ...overridesIn(options) });
}

/** The fields of a campaign that somebody else has written, for whom no file of ours is read. Throws CliError. */
export function fieldsIn(text: string): CampaignFile {
  const fields = fieldsOfYaml(yamlIn(text, 'the campaign'), 'the campaign');
  const file = itemsOf(fields.packetSize ?? []).find(isSizeFile);
  if (file === undefined) return fields;
  throw new CliError(
    EXIT.usage,
    `packetSize (-P): '${file}' is a file: give the sizes themselves, as imix, or mix:64*2+1514*1`,
  );
}

/** The same of what is known to be of the right form. */
export function campaignOf(fields: CampaignFile): Campaign {
  const parsed = parseCampaign(withSizeFiles(fields));
  if (!parsed.ok) throw new CliError(EXIT.usage, parsed.error);
  const chosen = chooseKnobs(parsed.value.tune);
  if (!chosen.ok) throw new CliError(EXIT.usage, chosen.error);
  return { ...parsed.value, tune: chosen.value };
}

/** With the histograms of sizes in place of the files that hold them: a campaign needs these no more. */
function withSizeFiles(file: CampaignFile): CampaignFile {
  if (file.packetSize === undefined) return file;
  return {
    ...file,
    packetSize: itemsOf(file.packetSize).map((item) => (isSizeFile(item) ? sizeFile(item) : item)),
  };
}

function isSizeFile(item: string): boolean {
  return /\.csv$/i.test(item);
}

function sizeFile(path: string): string {
  const mix = mixOfFile(readText(path, 'the sizes (-P) of'));
  if (!mix.ok) throw new CliError(EXIT.usage, `packetSize (-P): ${path}: ${mix.error}`);
  return mix.value;
}

function readFile(path: string): CampaignFile {
  const fields = fieldsOfYaml(readYaml(path, 'campaign file'), path);
  return { title: path.replace(/^.*\//, '').replace(/\.ya?ml$/, ''), ...fields };
}

function fieldsOfYaml(content: unknown, path: string): CampaignFile {
  const result = CampaignFileSchema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.path[0] === 'testbeds') throw new CliError(EXIT.usage, `${path}: ${testbedError(result.error, content)}`);
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(CampaignFileSchema.shape).join(', ');
    throw new CliError(EXIT.usage, `${path}: unknown key '${issue.keys.join("', '")}'; known keys: ${known}`);
  }
  const where = issue?.path.join('.') || 'the file';
  throw new CliError(EXIT.usage, `${path}: ${where} is not of the right form (a value, or a list of values)`);
}
