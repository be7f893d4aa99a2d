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
  { flags: '--fcs', key: 'fcs', text: 'sizes include the FCS: -P 64,1518 means 60 and 1514 without it' },
  ...[...NEXT, ...OTHERS].map(optionFor),
  optionFor('wait'),
  {
    flags: '--warmup <time>',
    key: 'warmup',
    text: 'time discarded before each measurement (default: 500ms), or auto: until the figures show no trend',
  },
  { flags: '--duration <time>', key: 'duration', text: 'measured time of each trial (default: 3s)' },
  { flags: '--trials <n>', key: 'trials', text: 'trials per test case (default: 6)' },
  {
    flags: '--precision <percent>',
    key: 'precision',
    text: 'add trials until each 95 % interval is within ± this, as 2%',
  },
  {
    flags: '--max-trials <n>',
    key: 'maxTrials',
    text: 'with --precision: maximum trials per test case (default: 30)',
  },
  {
    flags: '--objective <list>',
    key: 'objective',
    text: 'with -D capacity: objectives that a rate must meet, as loss=0.1%,p999=100us,cpu=1.5 (default: loss=0,loss=0.5%: NDR and PDR); the binding one decides',
  },
  {
    flags: '--width <percent>',
    key: 'width',
    text: 'with -D capacity: relative width of the bounds of a rate (default: 0.5%)',
  },
  {
    flags: '--duration-sum <time>',
    key: 'durationSum',
    text: 'with -D capacity: measured time that decides whether a rate meets an objective (default: 21s)',
  },
  {
    flags: '--budget <time>',
    key: 'budget',
    text: 'with -D capacity: maximum measured time of a search (default: 5m)',
  },
  {
    flags: '--repeat <which>',
    key: 'repeat',
    text: 'disturbed (default): repeat each disturbed trial once at the end of its round; none: keep it, flagged',
  },
  {
    flags: '--reuse',
    key: 'reuse',
    text: 'keep applications running between trials that differ only in rate or arrivals: saves a third of a second per trial, and hides variance between starts (flagged)',
  },
  {
    flags: '--cpus <list>',
    key: 'cpus',
    text: 'use these CPUs only, as 2-15 (default: all allowed ones); a testbed may name those of each host',
  },
  optionFor('testbed'),
  {
    flags: '--tune [knobs]',
    key: 'tune',
    bare: 'paper',
    text: 'tune the machine while measuring, then restore it: paper (also without a value: governor, turbo, smt), all, off (default), or names, as governor,irqs (docs/tuning.md)',
  },
  {
    flags: '--host-network',
    key: 'hostNetwork',
    text: "run kernel switches in the host's own network namespace, behind its firewall (default: in one of their own)",
  },
  { flags: '--title <text>', key: 'title', text: 'title of the campaign (default: what varies in it)' },
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

export const NO_REPORT = "skip the HTML report, which takes half a second: 'vswbench report' writes it later";

export const JUNIT = 'write JUnit XML for CI systems too: each case passed, failed or skipped';

/** How a campaign is run that begins now, beside what it measures. */
export function addNewRunOptions(command: Command): Command {
  return command
    .option('--switch <file...>', 'load a switch driver of your own (TypeScript; see docs/adding-a-switch.md)')
    .option('--dry-run', 'show what would run, where and for how long; change nothing')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .option('--junit <file>', JUNIT)
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
