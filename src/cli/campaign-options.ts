// SPDX-License-Identifier: Apache-2.0
// The options that say what to measure.
import { type Command, Option } from 'commander';
import type { CampaignFile } from '../model/campaign.ts';
import { CELL_KEYS, PARAMETERS, type ParameterKey } from '../model/parameters.ts';

/** An option, the campaign file's key of the same meaning, and the value where it is given without one. */
interface CampaignOption {
  flags: string;
  key: Exclude<keyof CampaignFile, 'testbeds'>;
  text: string;
  bare?: string;
}

/** What a reader looks for first, in this order. */
const FIRST: readonly ParameterKey[] = ['dimension', 'location', 'pairs', 'switch', 'packetSize'];
const NEXT: readonly ParameterKey[] = ['rate', 'burst', 'io', 'port'];
const OTHERS = CELL_KEYS.filter((key) => !FIRST.includes(key) && !NEXT.includes(key));

function optionFor(key: ParameterKey): CampaignOption {
  const { flags, help } = PARAMETERS[key];
  return { key, flags, text: help };
}

/** Options that say what to measure: each overrides the campaign file's key of the same meaning. */
const OPTIONS: readonly CampaignOption[] = [
  ...FIRST.map(optionFor),
  { flags: '--fcs', key: 'fcs', text: 'sizes are stated and shown with the FCS: -P 64,1518 is 60 and 1514 without' },
  ...[...NEXT, ...OTHERS].map(optionFor),
  optionFor('wait'),
  {
    flags: '--warmup <time>',
    key: 'warmup',
    text: 'discarded time before each measurement (default: 500ms), or auto: until the figures have no trend',
  },
  { flags: '--duration <time>', key: 'duration', text: 'measured time of each trial (default: 3s)' },
  { flags: '--trials <n>', key: 'trials', text: 'trials of each test case (default: 6)' },
  { flags: '--precision <percent>', key: 'precision', text: 'go on until each 95 % interval is this narrow, as 2%' },
  {
    flags: '--max-trials <n>',
    key: 'maxTrials',
    text: 'with --precision: trials of a test case at most (default: 30)',
  },
  {
    flags: '--objective <list>',
    key: 'objective',
    text: 'with -D capacity: what a rate has to meet, as loss=0.1%,p999=100us,cpu=1.5 (default: loss=0,loss=0.5%, which are NDR and PDR); that which binds decides',
  },
  {
    flags: '--width <percent>',
    key: 'width',
    text: 'with -D capacity: how near the bounds of a rate are to be (default: 0.5%)',
  },
  {
    flags: '--duration-sum <time>',
    key: 'durationSum',
    text: 'with -D capacity: measured time that decides on a rate (default: 21s)',
  },
  {
    flags: '--budget <time>',
    key: 'budget',
    text: 'with -D capacity: measured time of a search at most (default: 5m)',
  },
  {
    flags: '--repeat <which>',
    key: 'repeat',
    text: 'disturbed (default): a disturbed trial is measured once more at the end of its round; none: it stands as it is, flagged, and the campaign takes no longer than planned',
  },
  {
    flags: '--reuse',
    key: 'reuse',
    text: 'applications stay for the next trial where that differs in its rate or arrivals at most, and such trials follow each other: a third of a second less for each, and less variance (flagged)',
  },
  {
    flags: '--cpus <list>',
    key: 'cpus',
    text: 'CPUs to use, and no others, as 2-15 (default: all that may be used); a testbed may name those of each host',
  },
  optionFor('testbed'),
  {
    flags: '--tune [knobs]',
    key: 'tune',
    bare: 'paper',
    text: 'knobs of the machine to turn while it measures, and to give back: paper (also without a value: governor, turbo, smt), all, off (default), or names, as governor,irqs (docs/tuning.md)',
  },
  {
    flags: '--host-network',
    key: 'hostNetwork',
    text: "keep kernel switches in the host's own network, with its firewall in their way (default: a namespace of their own)",
  },
  { flags: '--title <text>', key: 'title', text: 'what to call the campaign (default: what varies in it)' },
  { flags: '--seed <n>', key: 'seed', text: 'seed of the random order (default: drawn and recorded)' },
];

const campaignOptions = OPTIONS.map(({ flags, key, text, bare }) => {
  const option = new Option(flags, text);
  return { option: bare === undefined ? option : option.preset(bare), key };
});

export function addCampaignOptions(command: Command): Command {
  for (const option of campaignOptions) command.addOption(option.option);
  return command;
}

export const NO_REPORT = "write no HTML report, which takes half a second: 'vswbench report' does it later";

/** How a campaign is run that begins now, beside what it measures. */
export function addNewRunOptions(command: Command): Command {
  return command
    .option('--switch <file...>', 'a switch driver of your own (TypeScript; see docs/adding-a-switch.md)')
    .option('--dry-run', 'show what would run, where and for how long; touch nothing')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .option('--no-report', NO_REPORT);
}

/** The options of these that were given, as one writes them: `--packet-size`. */
export function campaignOptionsIn(options: Record<string, unknown>): string[] {
  return campaignOptions.flatMap(({ option }) =>
    options[option.attributeName()] === undefined ? [] : [option.long ?? option.flags],
  );
}

/** What the options say, by the keys of the campaign file. */
export function overridesIn(options: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    campaignOptions.flatMap(({ option, key }) => {
      const value = options[option.attributeName()];
      return typeof value === 'string' || value === true ? [[key, String(value)] as const] : [];
    }),
  );
}
