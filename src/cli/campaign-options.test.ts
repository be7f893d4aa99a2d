// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import type { Campaign } from '../model/campaign.ts';
import { readCampaign } from './campaign-file.ts';
import { addCampaignOptions } from './campaign-options.ts';
import { CliError, EXIT } from './errors.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The campaign that a file of this text and a command line ask for. */
function campaignOf(text: string | null, ...args: string[]): Campaign {
  const file = join(folder, 'sweep.yaml');
  if (text !== null) writeFileSync(file, text);
  const command = addCampaignOptions(new Command()).exitOverride().parse(args, { from: 'user' });
  return readCampaign(text === null ? undefined : file, command.opts());
}

function refuses(what: () => unknown, message: RegExp): void {
  assert.throws(what, (error) => {
    assert.ok(error instanceof CliError);
    assert.equal(error.exitCode, EXIT.usage);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/, 'one line');
    return true;
  });
}

it('takes sizes with the FCS', () => {
  assert.deepEqual(campaignOf(null, '-P', '64,1518', '--fcs').sweep.packetSize, [60, 1514]);
  assert.deepEqual(campaignOf('fcs: true\npacketSize: 64').sweep.packetSize, [60]);
  assert.equal(campaignOf('packetSize: 64').fcs, false);
});

it('measures in the host’s own network where that is asked for', () => {
  assert.equal(campaignOf(null, '--host-network').hostNetwork, true);
  assert.equal(campaignOf('hostNetwork: true').hostNetwork, true);
  assert.equal(campaignOf('hostNetwork: true\nswitch: linux-bridge', '-P', '64').hostNetwork, true);
  assert.equal(campaignOf(null).hostNetwork, false);
  refuses(() => campaignOf('hostNetwork: perhaps'), /^hostNetwork \(--host-network\): /);
});

describe('tune', () => {
  it('is off unless asked for, the paper’s three without a value, and named one by one', () => {
    assert.deepEqual(campaignOf(null).tune, []);
    assert.deepEqual(campaignOf(null, '--tune').tune, ['governor', 'turbo', 'smt']);
    assert.deepEqual(campaignOf(null, '--tune', 'irqs,governor').tune, ['governor', 'irqs']);
    assert.deepEqual(campaignOf('tune: [turbo]').tune, ['turbo']);
    assert.deepEqual(campaignOf('tune: all', '--tune', 'off').tune, []);
  });
  it('is refused in one line where a knob is not known', () => {
    refuses(() => campaignOf(null, '--tune', 'warp'), /^tune \(--tune\): 'warp' is no knob; give off, paper, all, or /);
  });
});

describe('testbeds', () => {
  const far = (host: string) =>
    `testbeds: { lab: { near: { host: local, uplink: eth1 }, far: { host: ${host}, uplink: eth1 } } }`;

  it('are named and defined in a campaign file, and named on the command line', () => {
    const campaign = campaignOf(`testbed: [lab, netns]\n${far('user@far')}`);
    assert.deepEqual(campaign.testbeds, ['lab', 'netns']);
    assert.equal(campaign.testbedSpecs.lab?.far?.host, 'user@far');
    assert.deepEqual(campaignOf(far('user@far'), '--testbed', 'local').testbeds, ['local']);
    assert.deepEqual(campaignOf(null).testbeds, ['local']);
    refuses(() => campaignOf(null, '--testbed', 'a;b'), /^testbed \(--testbed\): 'a;b' is not a name of a testbed/);
  });

  it('are refused in one line with the value where a host could be taken for code', () => {
    refuses(
      () => campaignOf(far("'a; rm -rf /'")),
      /^\S+: testbeds\.lab\.far\.host: 'a; rm -rf \/' is not a host: give 'local', /,
    );
    for (const host of [
      '"a b"',
      '"$(x)"',
      '"`x`"',
      '-x',
      '"-oProxyCommand=x"',
      '"a\\nb"',
      '"a\\0"',
      `"'"`,
      '""',
      'a'.repeat(9999),
    ]) {
      refuses(() => campaignOf(far(host)), /^\S+: testbeds\.lab\.far\.host: '.*' is not a host: /);
    }
    refuses(() => campaignOf('testbeds: 1'), /^\S+: testbeds: '1' is not of type record$/);
    refuses(
      () => campaignOf('testbeds: { lab: { near: { host: 1 } } }'),
      /testbeds\.lab\.near\.host: '1' is not of type string: put it in quotes$/,
    );
  });
});

describe('readCampaign', () => {
  it('has defaults for everything', () => {
    const campaign = campaignOf(null);
    assert.equal(campaign.title, null);
    assert.equal(campaign.sweep.packetSize, null);
    assert.equal(campaign.switches, null);
    assert.equal(campaign.seed, null);
  });

  it('reads values and lists of either form from a file, and takes its name for a title', () => {
    const campaign = campaignOf('packetSize: [64, 256]\nburst: 32, 64\nrate: max\nduration: 2s\nswitch: direct\n');
    assert.equal(campaign.title, 'sweep');
    assert.deepEqual(campaign.sweep.packetSize, [64, 256]);
    assert.deepEqual(campaign.sweep.burst, [32, 64]);
    assert.deepEqual(campaign.sweep.rate, ['max']);
    assert.equal(campaign.durationMs, 2000);
    assert.deepEqual(campaign.switches, ['direct']);
  });

  const FILE = [
    'title: all keys\ndimension: latency\nlocation: local\npairs: 1vs1\nswitch: direct\nio: udp\npacketSize: 64',
    'rate: 1000\nburst: 1\ntouch: full\nwait: poll\nwarmup: 1s\nduration: 2s\ntrials: 8\nprecision: 3%\nseed: 1\n',
  ].join('\n');
  const OPTIONS: [string[], (campaign: Campaign) => unknown, unknown][] = [
    [['-D', 'throughput'], (c) => c.dimensions, ['throughput']],
    [['-L', 'local,remote'], (c) => c.locations, ['local', 'remote']],
    [['-S', '2vs2,4vs4'], (c) => c.pairs, [2, 4]],
    [['-V', 'linux-bridge'], (c) => c.switches, ['linux-bridge']],
    [['--io', 'raw,udp'], (c) => c.ios, ['raw', 'udp']],
    [['-P', '1500'], (c) => c.sweep.packetSize, [1500]],
    [['-R', '5k,max'], (c) => c.sweep.rate, [5000, 'max']],
    [['-B', '7'], (c) => c.sweep.burst, [7]],
    [['--touch', 'none'], (c) => c.sweep.touch, ['none']],
    [['--wait', 'yield'], (c) => c.wait, 'yield'],
    [['--warmup', '0ms'], (c) => c.warmupMs, 0],
    [['--duration', '300ms'], (c) => c.durationMs, 300],
    [['--trials', '9'], (c) => c.trials, 9],
    [['--precision', '1.5%'], (c) => c.precision, { ratio: 0.015, trialsMax: 30 }],
    [['--max-trials', '12'], (c) => c.precision, { ratio: 0.03, trialsMax: 12 }],
    [['--seed', '0'], (c) => c.seed, 0],
  ];
  for (const [args, field, value] of OPTIONS) {
    it(`${args.join(' ')} overrides the file, and nothing else`, () => {
      const [plain, overridden] = [campaignOf(FILE), campaignOf(FILE, ...args)];
      assert.deepEqual(field(overridden), value);
      assert.notDeepEqual(field(plain), value);
      const changed = Object.entries(overridden).filter(
        ([key, now]) =>
          JSON.stringify(now) !== JSON.stringify(Object.entries(plain).find(([name]) => name === key)?.[1]),
      );
      assert.equal(changed.length, 1);
    });
  }

  it('takes an empty file for one that leaves everything as it is', () => {
    assert.equal(campaignOf('').durationMs, 3000);
    assert.equal(campaignOf('# nothing\n').durationMs, 3000);
  });
  it('lets an option mend what a file has wrong', () => {
    assert.deepEqual(campaignOf('packetSize: 40\n', '-P', '64').sweep.packetSize, [64]);
  });
});

describe('a campaign file that is wrong gets one line', () => {
  const WRONG: [string, string, RegExp][] = [
    ['no YAML', 'rate: [1\n', /sweep\.yaml is not YAML: .*line 2|sweep\.yaml is not YAML/],
    ['a key twice', 'rate: 1\nrate: 2\n', /is not YAML: Map keys must be unique/],
    ['two documents', 'rate: 1\n---\nrate: 2\n', /multiple documents/],
    ['an unknown anchor', 'rate: *none\n', /anchor/],
    ['an unknown key', 'packetsize: 64\n', /unknown key 'packetsize'; known keys: .*packetSize/],
    ['a list', '- 64\n', /the file is not of the right form/],
    ['a text', 'just text\n', /the file is not of the right form/],
    ['a map for a value', 'rate: {a: 1}\n', /rate is not of the right form/],
    ['no value', 'rate:\n', /rate is not of the right form/],
    ['a value out of range', 'packetSize: 40\n', /packetSize \(-P\): 40 is out of range/],
    ['a truth for a number', 'trials: true\n', /trials is not of the right form/],
  ];
  for (const [what, text, message] of WRONG) {
    it(what, () => refuses(() => campaignOf(text), message));
  }
  it('no file', () =>
    refuses(
      () => readCampaign(join(folder, 'none.yaml'), {}),
      /cannot read .*none\.yaml: ENOENT; check that it exists$/,
    ));
  it('a folder', () => refuses(() => readCampaign(folder, {}), /cannot read .*: EISDIR/));
});
