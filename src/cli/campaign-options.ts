// SPDX-License-Identifier: Apache-2.0
// The options that say what to measure. What they mean is told elsewhere: this file is loaded to show them, too.
import { type Command, Option } from 'commander';
import type { CampaignFile } from '../model/campaign.ts';

/** Options that say what to measure: each overrides the campaign file's key of the same meaning. */
const OPTIONS: { flags: string; key: Exclude<keyof CampaignFile, 'testbeds'>; text: string; bare?: string }[] = [
  { flags: '-D, --dimension <list>', key: 'dimension', text: 'throughput, latency' },
  { flags: '-L, --location <list>', key: 'location', text: 'local, remote' },
  { flags: '-S, --pairs <list>', key: 'pairs', text: 'container pairs, as 1vs1,4vs4 or 1vs1..4vs4' },
  { flags: '-V, --virtual-switch <list>', key: 'switch', text: 'switches (default: all that this machine can run)' },
  {
    flags: '-P, --packet-size <list>',
    key: 'packetSize',
    text: "bytes of the whole Ethernet frame without FCS, 60 to 9014; RFC 2544's 64 and 1518 are 60 and 1514 (default: 64)",
  },
  { flags: '--fcs', key: 'fcs', text: 'sizes are stated and shown with the FCS: -P 64,1518 is 60 and 1514 without' },
  { flags: '-R, --rate <list>', key: 'rate', text: "packets/s of each sender, as 100k or 1M..5M/1M, or 'max'" },
  { flags: '-B, --burst <list>', key: 'burst', text: 'packets per burst, 1 to 1024 (default: 64; latency: 4)' },
  { flags: '--io <list>', key: 'io', text: 'I/O frameworks (default: all that the switch can serve)' },
  {
    flags: '--port <list>',
    key: 'port',
    text: 'kinds of port: netdev, vhost-user, memif, netmap, vf (default: all that fit)',
  },
  { flags: '--touch <list>', key: 'touch', text: 'full: every byte generated and checked (default); none' },
  {
    flags: '--rx-moderation <list>',
    key: 'rxModeration',
    text: 'on (default): receivers on sockets leave their queue alone for up to 10 µs at high rates; off',
  },
  {
    flags: '--placement <list>',
    key: 'placement',
    text: 'where sender, receiver and switch sit: spread (a core each, default), same-core, same-cache, cross-socket',
  },
  {
    flags: '--wait <how>',
    key: 'wait',
    text: 'poll, yield, block (sleep until a packet comes), or auto: yield where CPUs are shared (default)',
  },
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
    flags: '--cpus <list>',
    key: 'cpus',
    text: 'CPUs to use, and no others, as 2-15 (default: all that may be used); a testbed may name those of each host',
  },
  {
    flags: '--testbed <list>',
    key: 'testbed',
    text: 'machines to measure on, as lab or lab-1,lab-2; netns: two network namespaces of this one (default: local)',
  },
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
