// SPDX-License-Identifier: Apache-2.0
// The line of a report by which a campaign is run again: whatever `run` can be asked for that changes what is measured is in it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { hostPair, hostRecord, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { lastWord } from '../../test/fixtures/words.ts';
import type { Campaign } from '../model/campaign.ts';
import { CELL_KEYS, optionOf } from '../model/parameters.ts';
import type { HostRecord } from '../model/testbed.ts';
import { cellsOf, pointOf, sweepOf } from '../plan/sweep.ts';
import { reproduceCommand } from '../report/command.ts';
import { shownResult } from '../report/shown.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { readCampaign } from './campaign-file.ts';
import { addCampaignOptions, campaignOptionsIn } from './campaign-options.ts';
import { declare } from './commands/run.ts';

const NAMED = [
  ...[
    '-D',
    'capacity',
    '-L',
    'remote',
    '-S',
    '2vs2',
    '-V',
    'ovs',
    '-P',
    '1518',
    '--fcs',
    '--reuse',
    '-R',
    '5k',
    '-B',
    '8',
  ],
  ...['--io', 'raw-mmsg', '--port', 'netdev', '--touch', 'none', '--rx-moderation', 'off', '--placement', 'same-core'],
  ...['--wait', 'block', '--warmup', '1s', '--duration', '2s', '--trials', '7', '--precision', '3%'],
  ...['--max-trials', '20', '--repeat', 'none', '--cpus', '0-1,3', '--testbed', 'lab', '--tune', 'governor,irqs'],
  ...['--host-network', '--seed', '42', '--flows', '1k', '--flow-fields', 'mac', '--flow-order', 'uniform'],
  ...['--vlan', '100-199', '--qinq', '200', '--switch-threads', '2', '--queues', '4', '--arrivals', 'poisson'],
  ...['--background', '50%', '--macs', '1k', '--announce-rate', '100k', '--idle', '1500ms', '--nft-rules', '100'],
  ...['--objective', 'loss=0.1%,loss=0', '--width', '1%', '--duration-sum', '10s', '--budget', '2min'],
];
const LATER = CELL_KEYS.filter((key) => !NAMED.includes(optionOf(key)));
/** Each option with a value that is not its default. */
const ASKED = [...NAMED, ...LATER.flatMap((key) => [optionOf(key), lastWord(key) ?? assert.fail(`name ${key} above`)])];

/** Options of `run` that do not change what is measured; the file of a driver of the user's own is not recorded. */
const NO_MATTER = [
  '--as',
  '--dry-run',
  '--json',
  '--junit',
  '--no-report',
  '--resume',
  '--shard',
  '--switch',
  '--title',
];

function optionsOf(args: readonly string[]): Record<string, unknown> {
  return addCampaignOptions(new Command()).exitOverride().parse(args, { from: 'user' }).opts();
}

function campaignOf(args: readonly string[]): Campaign {
  return { ...readCampaign(undefined, optionsOf(args)), title: null };
}

/** What is recorded of a campaign of one case. */
function recordOf(campaign: Campaign, hosts: HostRecord[]) {
  const [dimension = 'throughput'] = campaign.dimensions;
  const [cell = assert.fail()] = cellsOf(sweepOf(campaign));
  const one = testCase({
    ...{ dimension, location: campaign.locations[0] ?? 'local', pairs: campaign.pairs[0] ?? 1 },
    testbed: hosts[0]?.testbed ?? '',
    ...{ switch: campaign.switches?.[0] ?? '', io: campaign.ios?.[0] ?? '', port: campaign.ports?.[0] ?? 'netdev' },
    ...pointOf(cell, dimension, campaign),
    wait: campaign.wait === 'auto' ? 'poll' : campaign.wait,
  });
  const { warmupMs, warmupAuto, durationMs, trials, precision, search, repeat, reuse, fcs, tune, hostNetwork, seed } =
    campaign;
  return storedCampaign({
    ...{
      warmupMs,
      warmupAuto,
      durationMs,
      trialsPlanned: trials,
      precision,
      search,
      repeat,
      reuse,
      fcs,
      tune,
      hostNetwork,
      seed: seed ?? 0,
      hosts,
    },
    cases: [storedCase({ case: one, pps: 1000 })],
  });
}

/** The words of the line, as a shell hands them over. */
function lineOf(campaign: Campaign, hosts: HostRecord[]): string[] {
  const line = reproduceCommand(shownResult(toCampaignResult(recordOf(campaign, hosts))));
  return line.split(' ').slice(2);
}

/** Hosts of which these CPUs were used. */
function usedOf(hosts: readonly HostRecord[], ...used: (readonly number[])[]): HostRecord[] {
  const topology = { caches: [], distances: {} };
  return hosts.map((host, index) => ({
    ...host,
    inventory: {
      ...host.inventory,
      topology,
      cpus: host.inventory.cpus.map((cpu) => ({
        ...cpu,
        allowed: used[index % used.length]?.includes(cpu.id) === true,
      })),
    },
  }));
}

describe('the line of a report', () => {
  it('asks for the same campaign, whatever was asked for', () => {
    const command = new Command();
    declare(command);
    const given = campaignOptionsIn(optionsOf(ASKED));
    const options = command.options.map(({ long }) => String(long));
    assert.deepEqual(options.filter((long) => !given.includes(long)).sort(), [...NO_MATTER].sort());
    const asked = campaignOf(ASKED);
    assert.deepEqual(campaignOf(lineOf(asked, usedOf(hostPair('lab'), [0, 1, 3]))), asked);
  });

  it('names no CPUs where all were used, where hosts used unlike ones, and where the record does not tell', () => {
    const asked = campaignOf(['-V', 'ovs', '--io', 'dpdk']);
    const here = [hostRecord()];
    const cpusOf = (hosts: HostRecord[]) => campaignOf(lineOf(asked, hosts)).cpus;
    assert.equal(cpusOf(usedOf(here, [0, 1, 2])), '0-2');
    assert.equal(cpusOf(usedOf(here, [0, 1, 2, 3])), null);
    assert.equal(cpusOf(usedOf(hostPair('lab'), [0, 1], [2, 3])), null);
    const untold = usedOf(here, [0, 1]).map((host) => ({ ...host, inventory: { ...host.inventory, topology: null } }));
    assert.equal(cpusOf(untold), null);
  });
});
